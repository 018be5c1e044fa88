//! The root of a repository: the folder that holds `config/packages`.
use crate::Name;
use hardened_host::SystemFault;
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// A folder with `config/packages`, and `api/schemas` and `api/definitions` if there are definitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root(PathBuf);

/// Where packages are, from the root.
pub(crate) const PACKAGES: &str = "config/packages";

/// There is no root where one was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootError(String);

impl fmt::Display for RootError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Root {
    /// The root that was given. It must be a folder.
    pub fn at(folder: &Path) -> Result<Self, RootError> {
        let failed = |e: &std::io::Error| {
            let fault = SystemFault::of(e);
            RootError(format!(
                "The root {} can't be used: {}. {}.",
                folder.display(),
                fault.cause(),
                fault.remedy()
            ))
        };
        let real = folder.canonicalize().map_err(|e| failed(&e))?;
        if !real.is_dir() {
            let msg = format!(
                "The root {} is not a folder. Give the one that contains {PACKAGES}.",
                folder.display()
            );
            return Err(RootError(msg));
        }
        Ok(Root(real))
    }

    /// The nearest folder with `config/packages`, beginning with this one and going up. A `.git` counts for nothing, since an exported project
    /// has none and a submodule has its own.
    pub fn above(folder: &Path) -> Result<Self, RootError> {
        let real = Root::at(folder)?.0;
        match real.ancestors().find(|folder| folder.join(PACKAGES).is_dir()) {
            Some(found) => Ok(Root(found.to_owned())),
            None => Err(RootError(format!(
                "Neither {} nor a folder above it contains {PACKAGES}. Give the root of the repository.",
                real.display()
            ))),
        }
    }

    /// The root's path, without links.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The folder with all packages.
    pub fn packages_folder(&self) -> PathBuf {
        self.0.join(PACKAGES)
    }

    /// Whether there is anything of the name of this package.
    pub fn has_package(&self, id: &Name) -> bool {
        self.package_folder(id).symlink_metadata().is_ok()
    }

    /// The folder of this package.
    pub fn package_folder(&self, id: &Name) -> PathBuf {
        self.packages_folder().join(id.as_str())
    }

    /// Where this package is, from the root: `config/packages/ID`.
    pub fn package_path(id: &Name) -> String {
        format!("{PACKAGES}/{id}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_nearest_folder_with_packages_and_git_counts_for_nothing() {
        let base = tempfile::tempdir().unwrap();
        let at = |path: &str| base.path().canonicalize().unwrap().join(path);
        std::fs::create_dir_all(at("project/config/packages/core")).unwrap();
        std::fs::create_dir_all(at("project/playbooks/nested/.git")).unwrap();
        for from in ["project", "project/playbooks/nested", "project/config/packages/core"] {
            assert_eq!(Root::above(&at(from)).unwrap().path(), at("project"), "{from}");
        }
        let error = Root::above(base.path()).unwrap_err().to_string();
        assert!(error.contains("Give the root of the repository"), "{error}");
    }

    #[test]
    fn a_root_that_is_given_must_be_a_folder() {
        let base = tempfile::tempdir().unwrap();
        std::fs::write(base.path().join("file"), "").unwrap();
        assert!(Root::at(&base.path().join("file")).unwrap_err().to_string().contains("is not a folder"));
        assert!(Root::at(&base.path().join("missing")).unwrap_err().to_string().contains("does not exist"));
        assert!(Root::at(base.path()).is_ok());
    }
}
