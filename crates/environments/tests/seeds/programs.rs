//! The programs that read such volumes: mtools, fsck.fat and blkid, and cloud-init's own check of what is in them. They are taken from PATH or from
//! `SEED_PROGRAMS`, a folder into which the Debian packages mtools, dosfstools and cloud-init (with its Python libraries) were unpacked. A
//! program that is not there is skipped, with a sentence.
use crate::repository::Repository;
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Where the Debian packages were unpacked.
fn unpacked() -> Option<PathBuf> {
    env::var_os("SEED_PROGRAMS").map(PathBuf::from)
}

fn program(name: &str) -> Option<PathBuf> {
    let unpacked =
        unpacked().into_iter().flat_map(|root| ["usr/bin", "sbin", "usr/sbin"].map(|below| root.join(below)));
    let path = env::var_os("PATH").unwrap_or_default();
    let found =
        unpacked.chain(env::split_paths(&path)).map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        println!("Skipped: {name} is neither on PATH nor below SEED_PROGRAMS, so it was not asked.");
    }
    found
}

fn run(program: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).env("MTOOLSRC", "/dev/null");
    if let Some(root) = unpacked() {
        command.env("PYTHONPATH", root.join("usr/lib/python3/dist-packages"));
    }
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Two images: of any host, and of one host.
fn images() -> (Repository, Vec<String>) {
    let repository = Repository::new();
    Repository::build(&repository.request(&[]));
    let any = repository.at("any.img");
    // That of the role goes when its hosts get theirs.
    std::fs::rename(repository.at("provisioner/outputs/development/k8s-master.img"), &any).unwrap();
    Repository::build(&repository.request(&["k8s-1"]));
    let one = repository.at("provisioner/outputs/development/k8s-master/k8s-1.img");
    (repository, [any, one].map(|path| path.to_str().unwrap().to_owned()).into())
}

#[test]
fn mtools_reads_both_files_under_their_long_names() {
    let (Some(mdir), Some(mtype)) = (program("mdir"), program("mtype")) else { return };
    for image in images().1 {
        let listed = text(&run(&mdir, &["-i", &image, "::"]));
        for expected in ["Volume in drive : is CIDATA", "user-data", "meta-data", "1980-01-01"] {
            assert!(listed.contains(expected), "{expected}\n{listed}");
        }
        let user_data = text(&run(&mtype, &["-i", &image, "::user-data"]));
        assert!(user_data.starts_with("#cloud-config\n{") && user_data.ends_with("}\n"), "{user_data}");
        assert!(text(&run(&mtype, &["-i", &image, "::meta-data"])).contains("\"instance-id\": \"iid-"));
    }
}

#[test]
fn fsck_has_no_complaint() {
    let Some(fsck) = program("fsck.fat") else { return };
    for image in images().1 {
        let checked = run(&fsck, &["-n", "-v", &image]);
        let said = text(&checked);
        assert!(
            checked.status.success() && said.contains("3 files") /* the label counts */ && !said.contains("differ"),
            "{said}"
        );
    }
}

#[test]
fn blkid_finds_the_label_by_which_cloud_init_looks() {
    let Some(blkid) = program("blkid") else { return };
    for image in images().1 {
        let found = text(&run(&blkid, &["-p", &image]));
        assert!(found.contains(" LABEL=\"CIDATA\"") && found.contains("LABEL_FATBOOT=\"CIDATA\""), "{found}");
    }
}

#[test]
fn cloud_init_accepts_the_user_data() {
    let (Some(mtype), Some(cloud_init)) = (program("mtype"), program("cloud-init")) else { return };
    for image in images().1 {
        let file = format!("{image}.user-data");
        std::fs::write(&file, run(&mtype, &["-i", &image, "::user-data"]).stdout).unwrap();
        let checked = run(&cloud_init, &["schema", "-c", &file]);
        let said = text(&checked);
        assert!(checked.status.success() && said.contains("Valid cloud-config"), "{said}");
    }
}
