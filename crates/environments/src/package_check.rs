//! Whether the files of a package are there, are in it, and get different names among the outputs.
use crate::{Package, Problem, Sources};

impl Package {
    /// Checks each file and everything in each folder of every environment. Nothing is opened but regular files and folders of the package.
    pub fn check_files(&self) -> Vec<Problem> {
        self.environments
            .iter()
            .filter_map(|environment| Sources::of(self, environment).err())
            .flatten()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Name, Root};
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    use serde_json::{Value, json};
    use std::{fs, os::unix::fs::symlink, path::PathBuf};

    /// A package `core` with these files of the environment `lab`, beside an empty file and a folder with a file in it.
    fn laid_out(files: &Value) -> (tempfile::TempDir, PathBuf) {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("config/packages/core");
        fs::create_dir_all(folder.join("folder")).unwrap();
        fs::write(folder.join("file.json"), "").unwrap();
        fs::write(folder.join("bare"), "").unwrap();
        fs::write(folder.join("folder/inner"), "").unwrap();
        let content =
            json!({ "id": "core", "version": "v1.0.0", "environments": [{ "name": "lab", "files": files }] });
        fs::write(folder.join("package.json"), content.to_string()).unwrap();
        (base, folder)
    }

    fn problems(base: &tempfile::TempDir) -> Vec<String> {
        let root = Root::at(base.path()).unwrap();
        let package = Package::read(&root, &Name::parse("core").unwrap()).unwrap();
        package
            .check_files()
            .into_iter()
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect()
    }

    #[test]
    fn files_and_folders_that_are_there_are_fine() {
        let (base, folder) =
            laid_out(&json!({ "a": "file.json", "b": "folder", "c": "folder/", "d": "link" }));
        symlink("folder/inner", folder.join("link")).unwrap();
        assert_eq!(problems(&base), Vec::<String>::new());
    }

    #[test]
    fn a_missing_file_is_named_with_key_environment_and_path() {
        let (base, _) = laid_out(&json!({ "terraform": "environments/lab.tfvars" }));
        assert_eq!(
            problems(&base),
            [
                "environments[0].files.terraform: terraform of lab in core: environments/lab.tfvars does not exist. Add it, or correct the path in package.json."
            ]
        );
    }

    #[test]
    fn nothing_leads_out_of_the_package_and_nothing_hangs() {
        let (base, folder) = laid_out(&json!({ "a": "out", "b": "folder", "c": "pipe", "d": "loop" }));
        symlink("../../../..", folder.join("out")).unwrap();
        symlink("/etc/passwd", folder.join("folder/deep")).unwrap();
        symlink("loop", folder.join("loop")).unwrap();
        mknodat(CWD, folder.join("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        let all = problems(&base).join("\n");
        for expected in [
            "a of lab in core: out leads out of its folder",
            "b of lab in core: folder/deep leads out",
            "pipe is a pipe, neither",
            "loop is a link that leads back",
        ] {
            assert!(all.contains(expected), "{all}");
        }
    }

    #[test]
    fn an_ending_that_others_would_split_at_is_refused() {
        let (base, folder) =
            laid_out(&json!({ "a": "x.a b", "b": "x.a,b", "c": "x.a\nb", "d": "folder/x.tar_1-b" }));
        for name in ["x.a b", "x.a,b", "x.a\nb", "folder/x.tar_1-b"] {
            fs::write(folder.join(name), "").unwrap();
        }
        let all = problems(&base);
        assert_eq!(all.len(), 3, "{all:?}");
        assert!(all[2].contains("c of lab: the ending of \"x.a\\nb\" can't be part of a name"), "{all:?}");
    }

    #[test]
    fn no_output_replaces_another_or_what_is_not_the_packages() {
        let (base, _) = laid_out(
            &json!({ "metadata": "file.json", "provisioner": "folder", "kubespray": "bare", "kubesprayInventory": "folder" }),
        );
        let all = problems(&base);
        assert_eq!(all.len(), 3, "{all:?}");
        assert!(
            all[0].contains(
                "metadata of lab can't be used for file.json: its output would replace metadata.json"
            )
        );
        assert!(all[1].contains("would replace provisioner, the folder of the seed images"));
        assert!(
            all[2].contains("kubespray and kubesprayInventory of lab would have the same output, kubespray")
        );
    }
}
