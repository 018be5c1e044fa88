//! Whether the files of a package are there, are in it, and get different names among the outputs.
use crate::{Package, PackageFile, Problem};
use hardened_host::{Contained, ContainedError, ContainedFault, ContainedFolder, SystemFault};
use std::{collections::HashMap, path::Path};

impl Package {
    /// Checks each file and everything in each folder of every environment. Nothing is opened but regular files and folders of the package.
    pub fn check_files(&self) -> Vec<Problem> {
        let folder = match ContainedFolder::open(&self.folder) {
            Ok(folder) => folder,
            Err(e) => {
                let fault = SystemFault::of(&e);
                let message =
                    format!("The package {} can't be read: {}. {}.", self.id, fault.cause(), fault.remedy());
                return vec![Problem::of_file(&self.folder, message)];
            }
        };
        let mut problems = vec![];
        for (index, environment) in self.environments.iter().enumerate() {
            let mut outputs = HashMap::new();
            for file in &environment.files {
                let place = || format!("environments[{index}].files.{}", file.key);
                let mut add = |message: String| {
                    let file = self.folder.join("package.json");
                    let line = self.lines.line(&place());
                    problems.push(Problem { file, line, path: place(), message });
                };
                let is_folder = match kind(&folder, file) {
                    Ok(is_folder) => is_folder,
                    Err(e) => {
                        add(format!(
                            "{} of {} in {}: {e}. {}.",
                            file.key,
                            environment.name,
                            self.id,
                            remedy(&e.what)
                        ));
                        continue;
                    }
                };
                let output = file.output_name(is_folder);
                if let Some(why) = PackageFile::reserved(&output) {
                    add(format!(
                        "The key {} can't be used for {}: {why}. Use another key.",
                        file.key, file.path
                    ));
                } else if let Some(other) = outputs.insert(output.clone(), &file.key) {
                    add(format!(
                        "The keys {other} and {} would have the same output, {output}. Rename one of them.",
                        file.key
                    ));
                }
            }
        }
        problems
    }
}

/// Whether it is a folder. Of a folder, everything in it is checked.
fn kind(folder: &ContainedFolder, file: &PackageFile) -> Result<bool, ContainedError> {
    let path = Path::new(&file.path);
    let mut is_folder = false;
    folder.walk(path, &mut |within, found| {
        if within.as_os_str().is_empty() {
            is_folder = matches!(found, Contained::Folder);
        }
        Ok::<_, ContainedError>(())
    })?;
    Ok(is_folder)
}

fn remedy(what: &ContainedFault) -> &'static str {
    match what {
        ContainedFault::Missing => "Add it, or correct the path in package.json",
        ContainedFault::LeadsOut => {
            "Replace the link by what it leads to; a package holds everything that it uses"
        }
        ContainedFault::Loop => "Remove the link",
        ContainedFault::Special(_) => "Remove it, or move it out of the package",
        ContainedFault::System(fault) => fault.remedy(),
        _ => "Name only what the environment needs",
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
    fn no_output_replaces_another_or_what_is_not_the_packages() {
        let (base, _) = laid_out(
            &json!({ "metadata": "file.json", "provisioner": "folder", "kubespray": "bare", "kubesprayInventory": "folder" }),
        );
        let all = problems(&base);
        assert_eq!(all.len(), 3, "{all:?}");
        assert!(
            all[0].contains("metadata can't be used for file.json: its output would replace metadata.json")
        );
        assert!(all[1].contains("would replace provisioner, the folder of the seed images"));
        assert!(all[2].contains("kubespray and kubesprayInventory would have the same output, kubespray"));
    }
}
