//! A file or folder that a package gives to an environment, and the name that it gets among the outputs.
use crate::Name;
use std::path::Path;

/// A file or folder of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageFile {
    /// By which key consumers find it in `metadata.json`.
    pub key: Name,
    /// Where it is in the package's folder: a relative path without `..`. Links on the way are not yet judged.
    pub path: String,
}

/// What the folder of an environment's outputs holds beside the package's files.
const RESERVED: [(&str, &str); 2] =
    [("metadata.json", "which describes all files"), ("provisioner", "the folder of the seed images")];

impl PackageFile {
    /// A file by its key and path as package.json has them. The error is a clause.
    pub fn parse(key: &str, path: &str) -> Result<Self, String> {
        let key = Name::parse(key)?;
        relative(path)?;
        Ok(PackageFile { key, path: path.to_owned() })
    }

    /// The name that it gets among the outputs: its key and the last ending of the source (`terraform.tfvars`); of a folder, the key alone.
    /// The folder `kubesprayInventory` is named `kubespray`.
    pub fn output_name(&self, is_folder: bool) -> String {
        const RENAMED: &str = "kubesprayInventory";
        let key = self.key.as_str();
        if is_folder {
            return if key == RENAMED { "kubespray".into() } else { key.into() };
        }
        match Path::new(&self.path).extension() {
            Some(ending) => format!("{key}.{}", ending.to_string_lossy()),
            None => key.into(),
        }
    }

    /// Why it can't have this name among the outputs: a clause.
    pub(crate) fn reserved(output_name: &str) -> Option<String> {
        let (name, what) = RESERVED.iter().find(|(name, _)| *name == output_name)?;
        Some(format!("its output would replace {name}, {what}"))
    }
}

/// Whether this path leads into the package as far as its text goes. The error is a clause.
fn relative(path: &str) -> Result<(), String> {
    let refused = |why: &str| Err(format!("the path {path:?} {why}"));
    if path.is_empty() {
        return Err("the path is empty".into());
    }
    if path.contains('\0') {
        return refused("contains a NUL character");
    }
    if path.starts_with('/') {
        return refused("is absolute; give it relative to the folder of the package");
    }
    if path.starts_with('~') {
        return refused(
            "begins with `~`, which is not expanded; give it relative to the folder of the package",
        );
    }
    if path.split('/').any(|part| part == "..") {
        return refused("contains `..`; everything that an environment uses is in its package");
    }
    if Path::new(path).file_name().is_none() {
        return refused("names no file; give a file or folder in the package");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(key: &str, path: &str, is_folder: bool) -> String {
        PackageFile::parse(key, path).unwrap().output_name(is_folder)
    }

    #[test]
    fn an_output_has_the_key_and_the_last_ending_of_its_source() {
        assert_eq!(named("terraform", "environments/lab.terraform.tfvars", false), "terraform.tfvars");
        assert_eq!(named("terraform", "environments/lab.terraform.tfvars.json", false), "terraform.json");
        assert_eq!(named("ansible", "Makefile", false), "ansible");
        assert_eq!(named("x", "folder.d/.hidden", false), "x");
        assert_eq!(named("inventory", "kubespray/inventory/lab.d", true), "inventory");
        assert_eq!(named("kubesprayInventory", "kubespray/inventory/lab", true), "kubespray");
        assert_eq!(named("kubesprayInventory", "hosts.ini", false), "kubesprayInventory.ini");
    }

    #[test]
    fn a_path_whose_text_leads_out_is_refused() {
        for bad in ["", "/etc/passwd", "..", "../x", "a/../b", "a/..", ".", "./", "~/.ssh/id_rsa", "a\0b"] {
            assert!(PackageFile::parse("key", bad).is_err(), "{bad:?}");
        }
        for good in ["a", "./a", "a/b", "a//b", "a/", "..a", "a..", "a/...", "ä b"] {
            assert!(PackageFile::parse("key", good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn a_key_never_replaces_what_is_not_its_own() {
        assert!(PackageFile::parse("../evil", "a").is_err());
        assert!(PackageFile::parse("a/b", "a").is_err());
        assert!(PackageFile::reserved("metadata.json").is_some());
        assert!(PackageFile::reserved("provisioner").is_some());
        assert!(PackageFile::reserved("provisioner.json").is_none());
        assert!(PackageFile::reserved("metadata.yaml").is_none());
    }
}
