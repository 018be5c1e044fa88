use super::*;
use crate::{Name, Root};
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, Permissions},
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, PermissionsExt, symlink},
    },
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A repository with one package.
struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Self {
        let it = Repository { folder: TempDir::new().unwrap() };
        it.package("core", "v0.2.0", r#"{"terraform": "e/d.tfvars", "kubesprayInventory": "inventory"}"#);
        it.write("config/packages/core/e/d.tfvars", "token = \"s3cret\"\n");
        it.write("config/packages/core/inventory/inventory.ini", "[kube_node]\n");
        it.write("config/packages/core/inventory/group_vars/all/all.yml", "a: 1\n");
        it
    }

    fn package(&self, id: &str, version: &str, files: &str) {
        let text = format!(
            r#"{{"id": "{id}", "version": "{version}", "environments": [{{"name": "development", "files": {files}}}]}}"#
        );
        self.write(&format!("config/packages/{id}/package.json"), &text);
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), text).unwrap();
    }

    fn place(&self) -> Place {
        Place::new(&self.at("api/outputs"), &Name::parse("development").unwrap()).unwrap()
    }

    fn package_of(&self, id: &str) -> Package {
        Package::read(&Root::at(self.folder.path()).unwrap(), &Name::parse(id).unwrap()).unwrap()
    }

    fn generate_of(&self, id: &str) -> Result<Generation, OutputsError> {
        let package = self.package_of(id);
        generate(&self.place(), &package, package.environment("development").unwrap())
    }

    fn generate(&self) -> Generation {
        self.generate_of("core").unwrap()
    }

    fn plan(&self) -> Generation {
        let package = self.package_of("core");
        plan(&self.place(), &package, package.environment("development").unwrap()).unwrap()
    }

    /// All files below the outputs, with content and mode.
    fn outputs(&self) -> BTreeMap<String, (String, u32)> {
        fn add(folder: &Path, name: &str, all: &mut BTreeMap<String, (String, u32)>) {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let name = format!("{name}/{}", entry.file_name().to_str().unwrap());
                match entry.path() {
                    path if path.is_dir() => add(&path, &name, all),
                    path => {
                        let mode = path.metadata().unwrap().mode() & 0o777;
                        all.insert(name, (fs::read_to_string(path).unwrap(), mode));
                    }
                }
            }
        }
        let mut all = BTreeMap::new();
        add(&self.at("api/outputs"), "", &mut all);
        all
    }
}

/// A run locks and leaves its lock's file, whatever comes of it.
fn without_locks(all: BTreeMap<String, (String, u32)>) -> Vec<(String, (String, u32))> {
    all.into_iter().filter(|(name, _)| Path::new(name).extension().is_none_or(|it| it != "lock")).collect()
}

#[test]
fn outputs_are_copies_with_metadata_and_nobody_else_can_enter_their_folder() {
    let repository = Repository::new();
    let made = repository.generate();
    let names: Vec<_> = repository.outputs().into_keys().collect();
    let expected = [
        "/.development.lock",
        "/development/kubespray/group_vars/all/all.yml",
        "/development/kubespray/inventory.ini",
        "/development/metadata.json",
        "/development/terraform.tfvars",
    ];
    assert_eq!(names, expected);
    let text = fs::read_to_string(repository.at("api/outputs/development/metadata.json")).unwrap();
    let lines: Vec<_> = text.lines().take(6).collect();
    assert_eq!(lines[1], "  \"environment\": \"development\",");
    assert_eq!((lines[3], lines[4]), ("    \"id\": \"core\",", "    \"version\": \"v0.2.0\""));
    assert!(text.ends_with("}\n"));
    let path = repository.at("api/outputs/development/kubespray");
    assert_eq!(made.metadata.file("kubesprayInventory").unwrap().path, path);
    let sum = crate::digest::sha256_hex(b"token = \"s3cret\"\n");
    assert_eq!(made.metadata.file("terraform").unwrap().digest, sum);
    assert_eq!(repository.at("api/outputs/development").metadata().unwrap().mode() & 0o777, 0o700);
    assert_eq!(read_outputs(&repository.place()).unwrap(), made.metadata);
}

#[test]
fn a_plan_writes_nothing_and_a_second_generate_changes_nothing() {
    let repository = Repository::new();
    assert_eq!(repository.plan().difference.unwrap().files.len(), 3);
    assert!(!repository.at("api").exists());
    repository.generate();
    let before = repository.outputs();
    let folder = repository.at("api/outputs/development").metadata().unwrap().ino();
    assert!(repository.plan().difference.is_none());
    assert!(repository.generate().difference.is_none());
    assert_eq!(repository.outputs(), before);
    assert_eq!(repository.at("api/outputs/development").metadata().unwrap().ino(), folder);
}

#[test]
fn whatever_differs_is_restored_and_named() {
    let repository = Repository::new();
    repository.generate();
    let before = repository.outputs();
    let out = |name: &str| repository.at(&format!("api/outputs/development/{name}"));
    let not_utf8 = OsStr::from_bytes(b"kubespray/\xff");
    let cases: [(&str, &dyn Fn()); 8] = [
        ("kubespray/\u{fffd}", &|| fs::write(out("").join(not_utf8), "x").unwrap()),
        ("terraform.tfvars", &|| fs::write(out("terraform.tfvars"), "other").unwrap()),
        ("terraform.tfvars", &|| fs::remove_file(out("terraform.tfvars")).unwrap()),
        ("kubespray/stale.yml", &|| fs::write(out("kubespray/stale.yml"), "x").unwrap()),
        ("kubespray/inventory.ini", &|| {
            fs::set_permissions(out("kubespray/inventory.ini"), Permissions::from_mode(0o755)).unwrap();
        }),
        ("kubespray/link", &|| symlink("/etc/passwd", out("kubespray/link")).unwrap()),
        ("", &|| fs::write(out("metadata.json"), "{ half").unwrap()),
        ("", &|| fs::set_permissions(out(""), Permissions::from_mode(0o755)).unwrap()),
    ];
    for (name, damage) in cases {
        damage();
        let files = repository.generate().difference.unwrap().files;
        assert_eq!(files.first().map_or("", String::as_str), name);
        let without_time = |mut all: BTreeMap<String, (String, u32)>| {
            let metadata = all.remove("/development/metadata.json").unwrap();
            all.remove("/.development.lock");
            let lines: Vec<_> =
                metadata.0.lines().filter(|line| !line.contains("generatedAt")).map(str::to_owned).collect();
            (all, lines)
        };
        assert_eq!(without_time(repository.outputs()), without_time(before.clone()), "{name}");
    }
}

#[test]
fn the_executable_bit_is_kept_and_counts() {
    let repository = Repository::new();
    repository.generate();
    let script = repository.at("config/packages/core/inventory/inventory.ini");
    fs::set_permissions(script, Permissions::from_mode(0o755)).unwrap();
    let before = read_outputs(&repository.place()).unwrap().digest;
    let made = repository.generate();
    assert_eq!(made.difference.unwrap().files, ["kubespray/inventory.ini"]);
    assert_ne!(made.metadata.digest, before);
    assert_eq!(repository.outputs()["/development/kubespray/inventory.ini"].1, 0o700);
}

#[test]
fn what_an_earlier_version_listed_and_this_one_does_not_is_pruned_but_the_seeds_stay() {
    let repository = Repository::new();
    repository.generate();
    repository.write("api/outputs/development/provisioner/k8s.json", "{}");
    repository.package("core", "v0.3.0", r#"{"terraform": "e/d.tfvars.json"}"#);
    repository.write("config/packages/core/e/d.tfvars.json", "{}");
    repository.generate();
    let names: Vec<_> = repository.outputs().into_keys().collect();
    let expected = [
        "/.development.lock",
        "/development/metadata.json",
        "/development/provisioner/k8s.json",
        "/development/terraform.json",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_new_version_alone_changes_the_metadata_and_the_same_version_with_other_contents_is_told() {
    let repository = Repository::new();
    repository.generate();
    repository.package("core", "v0.3.0", r#"{"terraform": "e/d.tfvars", "kubesprayInventory": "inventory"}"#);
    let made = repository.generate();
    assert!(made.difference.unwrap().files.is_empty() && made.same_version_before.is_none());
    repository.write("config/packages/core/e/d.tfvars", "x = 1\n");
    let made = repository.generate();
    assert_eq!(made.same_version_before.unwrap().version, "v0.3.0");
}

#[test]
fn what_was_not_generated_is_never_lost() {
    let repository = Repository::new();
    repository.generate();
    repository.write("api/outputs/development/notes.txt", "mine");
    for _ in 0..2 {
        let error = repository.generate_of("core").unwrap_err().to_string();
        assert!(error.contains("development/notes.txt") && error.ends_with("Move it away."), "{error}");
        let error = remove(&repository.place(), "core").unwrap_err().to_string();
        assert!(error.contains("development/notes.txt"), "{error}");
    }
    assert_eq!(repository.outputs()["/development/notes.txt"].0, "mine");
}

#[test]
fn a_foreign_file_is_told_whatever_its_name_is() {
    let repository = Repository::new();
    repository.generate();
    fs::write(repository.at("api/outputs/development").join(OsStr::from_bytes(b"\xff")), "mine").unwrap();
    let error = repository.generate_of("core").unwrap_err().to_string();
    assert!(error.contains("was not generated"), "{error}");
}

#[test]
fn removing_the_outputs_keeps_the_records_of_the_seeds() {
    let repository = Repository::new();
    repository.generate();
    repository.write("api/outputs/development/provisioner/k8s.json", "{}");
    assert!(remove(&repository.place(), "core").unwrap());
    let names: Vec<_> = repository.outputs().into_keys().collect();
    assert_eq!(names, ["/.development.lock", "/development/provisioner/k8s.json"]);
    assert!(!remove(&repository.place(), "core").unwrap());
    assert!(matches!(read_outputs(&repository.place()), Err(OutputsError::NotGenerated(_))));
    repository.generate();
}

#[test]
fn folders_that_are_closed_to_their_owner_are_removed_all_the_same() {
    let repository = Repository::new();
    repository.generate();
    repository.write("api/outputs/.development.1.old/a/b/c", "old");
    for folder in ["a/b", "a", ""] {
        let path = repository.at("api/outputs/.development.1.old").join(folder);
        fs::set_permissions(path, Permissions::from_mode(0o000)).unwrap();
    }
    assert!(has_leftovers(&repository.place()).unwrap());
    repository.generate();
    assert!(!has_leftovers(&repository.place()).unwrap());
}

#[test]
fn outputs_of_another_package_are_neither_mixed_nor_removed() {
    let repository = Repository::new();
    repository.generate();
    let before = repository.outputs();
    repository.package("lab", "v1.0.0", r#"{"terraform": "t"}"#);
    repository.write("config/packages/lab/t", "");
    let error = repository.generate_of("lab").unwrap_err();
    assert!(matches!(error, OutputsError::Conflict(_)));
    assert!(error.to_string().contains("holds the outputs of the package core v0.2.0"), "{error}");
    assert!(matches!(remove(&repository.place(), "lab"), Err(OutputsError::Conflict(_))));
    assert_eq!(without_locks(repository.outputs()), without_locks(before));
    assert!(remove(&repository.place(), "core").unwrap());
    assert!(!remove(&repository.place(), "core").unwrap());
    repository.generate_of("lab").unwrap();
}

#[test]
fn a_moved_checkout_gets_new_paths_and_its_old_outputs_are_refused_until_then() {
    let mut repository = Repository::new();
    repository.generate();
    let away = TempDir::new().unwrap();
    fs::rename(repository.at(""), away.path().join("moved")).unwrap();
    let moved = TempDir::new().unwrap();
    fs::remove_dir(moved.path()).unwrap();
    fs::rename(away.path().join("moved"), moved.path()).unwrap();
    repository.folder = moved;
    let error = read_outputs(&repository.place()).unwrap_err();
    assert!(matches!(&error, OutputsError::Damaged(why) if why.contains("was moved or copied")), "{error}");
    assert!(repository.generate().difference.unwrap().files.is_empty());
    read_outputs(&repository.place()).unwrap();
}

#[test]
fn outputs_are_written_into_the_folder_that_was_opened_although_somebody_exchanged_it() {
    let repository = Repository::new();
    repository.generate();
    let held = repository.place().held(OpenFolder::at).unwrap();
    fs::rename(repository.at("api/outputs"), repository.at("api/away")).unwrap();
    repository.write("api/outputs/development/mine", "of somebody");
    repository.write("api/outputs/.development.1.new/mine", "of somebody");
    repository.write("api/away/.development.1.new/x", "half");
    let _lock = lock_outputs(&held).unwrap();
    staging::clean_up(&held).unwrap();
    let old = Existing::read(&held).unwrap().folder.unwrap();
    staging::keep_seeds(&held, &old).unwrap();
    let names = |folder: &str| {
        let entries = fs::read_dir(repository.at(folder)).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("api/outputs"), [".development.1.new", "development"]);
    assert_eq!(names("api/outputs/development"), ["mine"]);
    assert_eq!(names("api/away"), [".development.lock", "development"]);
    assert_eq!(held.shown(&held.staging()).parent(), Some(&*repository.at("api/outputs")));
}

#[test]
fn what_a_killed_process_has_left_is_removed_or_put_back() {
    let repository = Repository::new();
    repository.generate();
    repository.write("api/outputs/.development.1.new/terraform.tfvars", "half");
    repository.write("api/outputs/.development.1.old/terraform.tfvars", "old");
    repository.write("api/outputs/.staging.1.new/x", "of another environment");
    repository.generate();
    assert!(!repository.at("api/outputs/.development.1.new").exists());
    assert!(!repository.at("api/outputs/.development.1.old").exists());
    assert!(repository.at("api/outputs/.staging.1.new").exists());
    // Between the two steps where names can't be exchanged.
    fs::rename(repository.at("api/outputs/development"), repository.at("api/outputs/.development.7.old"))
        .unwrap();
    assert!(repository.generate().difference.is_none());
    read_outputs(&repository.place()).unwrap();
}

#[test]
fn a_consumer_gets_what_was_generated_or_the_command_that_generates_it() {
    let repository = Repository::new();
    let refused = || read_outputs(&repository.place()).unwrap_err().to_string();
    let command = "Run: ansible-playbook hatci.automation.environment -e env=development -e config=core";
    assert!(refused().starts_with("development has not been generated") && refused().ends_with(command));
    repository.generate();
    let out = |name: &str| repository.at(&format!("api/outputs/development/{name}"));
    let cases: [(&str, &dyn Fn()); 8] = [
        ("(terraform) is different from what was generated", &|| {
            fs::write(out("terraform.tfvars"), "other").unwrap();
        }),
        ("(terraform) can't be read", &|| fs::remove_file(out("terraform.tfvars")).unwrap()),
        ("is executable but was not when it was generated", &|| {
            fs::set_permissions(out("terraform.tfvars"), Permissions::from_mode(0o700)).unwrap();
        }),
        ("(terraform) is not a file that this user can read", &|| {
            fs::remove_file(out("terraform.tfvars")).unwrap();
            symlink("/dev/null", out("terraform.tfvars")).unwrap();
        }),
        ("(kubesprayInventory) is different from what", &|| {
            fs::write(out("kubespray/stale.yml"), "x").unwrap();
        }),
        ("is not valid JSON", &|| fs::write(out("metadata.json"), "{").unwrap()),
        ("it has no digests", &|| {
            let text = r#"{"environment": "development", "configPackage": {"id": "core", "version": "v1.0.0"}, "files": {}}"#;
            fs::write(out("metadata.json"), text).unwrap();
        }),
        ("has not been generated", &|| fs::remove_file(out("metadata.json")).unwrap()),
    ];
    for (expected, damage) in cases {
        damage();
        assert!(refused().contains(expected) && refused().ends_with(command), "{}", refused());
        repository.generate();
        read_outputs(&repository.place()).unwrap();
    }
}

#[test]
fn outputs_are_stale_when_the_package_has_gone_on() {
    let repository = Repository::new();
    let metadata = repository.generate().metadata;
    let check = || check_against_package(&repository.place(), &metadata, &repository.package_of("core"));
    check().unwrap();
    repository.write("config/packages/core/e/d.tfvars", "x = 1\n");
    let error = check().unwrap_err().to_string();
    assert!(
        error.contains("other contents (terraform)") && error.contains("Run: ansible-playbook"),
        "{error}"
    );
    repository.package("core", "v0.3.0", r#"{"terraform": "e/d.tfvars"}"#);
    assert!(check().unwrap_err().to_string().contains("the package is v0.3.0 now"));
}

#[test]
fn a_failure_leaves_the_old_outputs_whole_and_nothing_beside_them() {
    let repository = Repository::new();
    repository.generate();
    let before = repository.outputs();
    fs::remove_file(repository.at("config/packages/core/inventory/inventory.ini")).unwrap();
    symlink("/etc/passwd", repository.at("config/packages/core/inventory/inventory.ini")).unwrap();
    let error = repository.generate_of("core").unwrap_err().to_string();
    assert!(error.contains("leads out of its folder"), "{error}");
    assert_eq!(without_locks(repository.outputs()), without_locks(before));
}
