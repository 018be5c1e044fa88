//! Compares packages with the outputs that were generated from them: a version that was generated must go on naming the same files.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
use environments::{BumpCheck, Name, Package, Place, Root, generate};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

const PACKAGE: &str = "config/packages/core";
const OUTPUTS: &str = "api/outputs";

/// A repository with one package and two environments, of which `development` is generated.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Repository(tempfile::tempdir().unwrap());
        repository.package("v0.2.0", r#"{"terraform": "a.tfvars", "inventory": "inventory"}"#);
        repository.write("a.tfvars", "a = 1");
        repository.write("staging.tfvars", "a = 1");
        repository.write("inventory/hosts.ini", "[kube_node]\n");
        let package = repository.read();
        let place = Place::new(&repository.at(OUTPUTS), &Name::parse("development").unwrap()).unwrap();
        generate(&place, &package, package.environment("development").unwrap()).unwrap();
        repository
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, file: &str, content: &str) {
        let path = self.at(PACKAGE).join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn package(&self, version: &str, files: &str) {
        let environments = format!(
            r#"[{{"name": "staging", "files": {{"terraform": "staging.tfvars"}}}}, {{"name": "development", "files": {files}}}]"#
        );
        self.write(
            "package.json",
            &format!(
                "{{\n\"id\": \"core\",\n\"version\": \"{version}\",\n\"environments\": {environments}}}"
            ),
        );
    }

    fn read(&self) -> Package {
        Package::read(&Root::at(self.0.path()).unwrap(), &Name::parse("core").unwrap()).unwrap()
    }

    fn check(&self, outputs: &Path, is_required: bool) -> BumpCheck {
        BumpCheck::against_outputs(outputs, &[self.read()], is_required)
    }
}

const FILES: &str = r#"{"terraform": "a.tfvars", "inventory": "inventory"}"#;

/// What is changed in a repository.
type Change = dyn Fn(&Repository);

#[test]
fn a_version_that_was_generated_names_the_same_files_for_ever() {
    let cases: [(&str, bool, &Change); 10] = [
        ("nothing changed", false, &|_| ()),
        ("contents", true, &|it| it.write("a.tfvars", "a = 2")),
        ("a mode", true, &|it| {
            fs::set_permissions(it.at(PACKAGE).join("a.tfvars"), Permissions::from_mode(0o755)).unwrap();
        }),
        ("a file more in a folder", true, &|it| it.write("inventory/group_vars/all.yml", "")),
        ("a key less", true, &|it| it.package("v0.2.0", r#"{"terraform": "a.tfvars"}"#)),
        ("another name of a source with the same output", false, &|it| {
            it.write("b.tfvars", "a = 1");
            it.package("v0.2.0", r#"{"terraform": "b.tfvars", "inventory": "inventory"}"#);
        }),
        ("contents, and the version raised", false, &|it| {
            it.write("a.tfvars", "a = 2");
            it.package("v0.2.1", FILES);
        }),
        ("what was never generated", false, &|it| it.write("staging.tfvars", "a = 2")),
        ("a metadata.json that nobody can read", false, &|it| {
            it.write("a.tfvars", "a = 2");
            fs::write(it.at(OUTPUTS).join("development/metadata.json"), "{").unwrap();
        }),
        ("a source that is gone", false, &|it| fs::remove_file(it.at(PACKAGE).join("a.tfvars")).unwrap()),
    ];
    for (what, is_found, change) in cases {
        let repository = Repository::new();
        change(&repository);
        let required = repository.check(&repository.at(OUTPUTS), true);
        let told = repository.check(&repository.at(OUTPUTS), false);
        assert_eq!(
            (required.problems.len(), told.warnings.len()),
            (is_found.into(), is_found.into()),
            "{what}"
        );
        assert!(required.warnings.is_empty() && told.problems.is_empty(), "{what}");
        for problem in required.problems {
            let expected =
                "core v0.2.0 was generated before for development with other contents. Raise the version.";
            assert_eq!(
                (problem.line, problem.path.as_str(), problem.message.as_str()),
                (Some(3), "version", expected)
            );
        }
    }
}

#[test]
fn outputs_that_are_elsewhere_say_nothing() {
    let repository = Repository::new();
    repository.write("a.tfvars", "a = 2");
    assert!(repository.check(&repository.at("elsewhere"), true).problems.is_empty());
}
