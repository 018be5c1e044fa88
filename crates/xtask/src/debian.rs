//! Debian's packages, fetched with the machine's sources and keys and unpacked below `target/`: nothing is installed, and nobody need be root.

use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;

use crate::error::{Error, Result};
use crate::process::{self, on_path};
use crate::tree;

/// The programs that this takes.
pub(crate) const PROGRAMS: [&str; 3] = ["apt-get", "apt-cache", "dpkg"];

/// What reads and judges seed images: FAT volumes, and what cloud-init finds on them.
const OF_SEEDS: [&str; 3] = ["mtools", "dosfstools", "cloud-init"];
/// The Python libraries of cloud-init, as Debian 12 names them.
const OF_CLOUD_INIT: [&str; 17] = [
    "python3-attr",
    "python3-certifi",
    "python3-chardet",
    "python3-configobj",
    "python3-idna",
    "python3-jinja2",
    "python3-json-pointer",
    "python3-jsonpatch",
    "python3-jsonschema",
    "python3-markupsafe",
    "python3-oauthlib",
    "python3-pyrsistent",
    "python3-requests",
    "python3-serial",
    "python3-six",
    "python3-urllib3",
    "python3-yaml",
];

/// The folder with the programs that judge seed images, once they are fetched.
pub(crate) fn seed_programs() -> PathBuf {
    tree::target("seed-programs/unpacked")
}

/// Fetches the programs that judge seed images. The error is [`Error::Lacking`] where this machine can't.
pub(crate) fn fetch_seed_programs() -> Result<PathBuf> {
    if let Some(missing) = PROGRAMS.into_iter().find(|name| on_path(name).is_none()) {
        return Err(Error::Lacking(format!(
            "There is no {missing}, and so no Debian that has mtools and cloud-init"
        )));
    }
    let (root, packages) = (seed_programs(), [&OF_SEEDS[..], &OF_CLOUD_INIT].concat());
    let _lock = tree::lock(&tree::target("seed-programs/lock"))?;
    unpacked(&root, &format!("{packages:?}\n"), "what judges seed images, 3 MB", || {
        let packages: Vec<_> = packages.iter().map(ToString::to_string).collect();
        Apt::new(&tree::target("seed-programs/apt"), "")?.download(&packages)
    })?;
    Ok(root)
}

/// Fetches archives and unpacks them into this folder: the first time, and again when `wanted` changes.
pub(crate) fn unpacked(
    root: &Path,
    wanted: &str,
    what: &str,
    archives: impl Fn() -> Result<Vec<PathBuf>>,
) -> Result<()> {
    let stamp = root.join("unpacked-from.txt");
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(());
    }
    println!("Fetching from Debian, into {}, without installing: {what}", root.display());
    let archives = archives()?;
    if root.exists() {
        fs::remove_dir_all(root)?;
    }
    fs::create_dir_all(root)?;
    for archive in archives {
        process::output_of(Command::new("dpkg").arg("--extract").args([&archive, root]))?;
        fs::remove_file(&archive)?;
    }
    Ok(fs::write(stamp, wanted)?)
}

/// apt with the machine's sources and keys, and with lists of its own.
pub(crate) struct Apt {
    folder: PathBuf,
}

impl Apt {
    /// Fetches the lists, with these settings for it besides.
    pub(crate) fn new(folder: &Path, more: &str) -> Result<Self> {
        // What an interrupted run has left must not be unpacked, too.
        if folder.join("packages").exists() {
            fs::remove_dir_all(folder.join("packages"))?;
        }
        for part in ["state/lists/partial", "cache/archives/partial", "packages"] {
            fs::create_dir_all(folder.join(part))?;
        }
        let apt = Self { folder: folder.to_owned() };
        fs::write(apt.settings(), settings(folder) + more)?;
        apt.run("apt-get", &["update"], "Debian's lists of packages")?;
        Ok(apt)
    }

    fn settings(&self) -> PathBuf {
        self.folder.join("apt.conf")
    }

    /// Downloads the packages, and returns the paths of their files.
    pub(crate) fn download(&self, packages: &[String]) -> Result<Vec<PathBuf>> {
        println!("The packages are {}", packages.join(", "));
        let words: Vec<_> = std::iter::once("download").chain(packages.iter().map(String::as_str)).collect();
        self.run("apt-get", &words, "the packages")?;
        let files = fs::read_dir(self.folder.join("packages"))?;
        files.map(|entry| Ok(entry?.path())).collect()
    }

    /// Runs one of apt's programs; the error says in one sentence that `what` is missing.
    pub(crate) fn run(&self, program: &str, words: &[&str], what: &str) -> Result<String> {
        let mut command = Command::new(program);
        command.arg("-c").arg(self.settings()).arg("--quiet").args(words).env("LC_ALL", "C.UTF-8");
        command.current_dir(self.folder.join("packages"));
        process::output_of(&mut command).map_err(|error| match error {
            Error::Failed { output, .. } => {
                Error::Lacking(format!("{program} can't get {what}: {}", first_error(&output)))
            }
            other => other,
        })
    }
}

/// The machine's settings are read before these. Its hooks would tidy up what belongs to the machine.
fn settings(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        r#"Dir::State "{folder}/state";
Dir::Cache "{folder}/cache";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
"#
    )
}

fn first_error(output: &str) -> &str {
    output.lines().find_map(|line| line.strip_prefix("E: ")).unwrap_or("it doesn't say why")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_apt_can_not_get_is_told_in_one_sentence() {
        let output = "Reading package lists...\nW: slow\nE: Unable to locate package x\nE: Broken\n";
        assert_eq!(first_error(output), "Unable to locate package x");
    }
}
