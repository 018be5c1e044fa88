//! `cargo xtask docs`: generates files from the sources of modules and roles: the modules' programs, what Ansible loads,
//! and documentation for `ansible-doc` and readers.
mod module_files;
mod tables;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use ansible_module_docs::{Collection, Page, fragment, index_page, module_page, role_page};
use fs_err as fs;

use crate::error::{Error, Result};
use crate::tree;

const REFERENCE: &str = "collection/docs/reference";
const FRAGMENTS: &str = "collection/plugins/doc_fragments";
/// Folders with generated files only; the files of a removed module are deleted.
const FOLDERS: [&str; 5] =
    [module_files::ACTIONS, module_files::DOCUMENTATION, module_files::PROGRAMS, FRAGMENTS, REFERENCE];
/// The only handwritten file in [`FOLDERS`]: the program that contains all modules.
const BY_HAND: &str = "crates/hatci-modules/src/bin/hatci.rs";

/// Generates everything; with `check`, writes nothing, and fails if a file is outdated.
pub(crate) fn run(check: bool) -> Result<()> {
    let pages = pages()?;
    let stale = stale(tree::root(), &pages)?;
    if check && !stale.is_empty() {
        let names: Vec<_> = stale.iter().map(|path| path.display().to_string()).collect();
        let names = names.join("\n    ");
        return Err(Error::Tree(format!(
            "generated files are outdated; run `cargo xtask docs` and commit:\n    {names}"
        )));
    }
    for path in stale {
        println!("{}", path.display());
        put(&tree::root().join(&path), pages.get(&path))?;
    }
    Ok(())
}

/// Each file's path in the source tree, and its text.
type Pages = BTreeMap<PathBuf, String>;

fn pages() -> Result<Pages> {
    let docs = hatci_modules::docs();
    let names = docs.iter().map(|doc| doc.name.to_owned()).collect();
    let collection = Collection::from_galaxy(&fs::read_to_string(tree::root().join("galaxy.yml"))?, names)?;
    let (mut pages, mut modules, mut roles) = (Pages::new(), vec![], vec![]);
    pages.insert("meta/runtime.yml".into(), tables::runtime(&docs));
    pages.insert(
        Path::new(FRAGMENTS).join("connection.py"),
        fragment("connection", &hatci_modules::connection_options(), &collection)?,
    );
    for doc in &docs {
        pages.extend(module_files::of(doc, &collection)?);
        modules.push(module_page(doc, &collection)?);
    }
    pages.insert(
        "README.md".into(),
        tables::readme(&fs::read_to_string(tree::root().join("README.md"))?, &modules)?,
    );
    for role in names_in(&tree::root().join("roles"))? {
        let specs =
            fs::read_to_string(tree::root().join("roles").join(&role).join("meta/argument_specs.yml"))?;
        roles.push(role_page(&role, &specs, &collection)?);
    }
    let index = index_page(&modules, &roles, &collection)?;
    pages.insert(Path::new(REFERENCE).join("README.md"), index);
    let reference = |Page { file, text, .. }| (Path::new(REFERENCE).join(file), text);
    pages.extend(modules.into_iter().chain(roles).map(reference));
    Ok(pages)
}

/// The files below `root` that are outdated or must be deleted.
fn stale(root: &Path, pages: &Pages) -> Result<Vec<PathBuf>> {
    let mut stale = vec![];
    for (path, text) in pages {
        match fs::read_to_string(root.join(path)) {
            Ok(found) if found == *text => {}
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => stale.push(path.clone()),
        }
    }
    for folder in FOLDERS.map(Path::new) {
        let found = names_in(&root.join(folder))?.into_iter().map(|name| folder.join(name));
        let is_left_over = |path: &PathBuf| {
            root.join(path).is_file() && !pages.contains_key(path) && path != Path::new(BY_HAND)
        };
        stale.extend(found.filter(is_left_over));
    }
    Ok(stale)
}

/// Writes or deletes the file.
fn put(path: &Path, text: Option<&String>) -> Result<()> {
    match (text, path.parent()) {
        (Some(text), Some(folder)) => {
            fs::create_dir_all(folder)?;
            fs::write(path, text)?;
        }
        _ => fs::remove_file(path)?,
    }
    Ok(())
}

/// The names in a folder, sorted; empty if there is no such folder.
fn names_in(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        entries => entries?,
    };
    let mut names = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_follows_from_others_is_as_it_should_be() {
        if let Err(stale) = run(true) {
            panic!("{stale}");
        }
    }

    #[test]
    fn every_module_has_its_program_its_action_its_documentation_and_its_lines_in_the_tables() {
        let pages = pages().unwrap();
        for module in hatci_modules::MODULES.iter().map(|module| module.name) {
            for path in [
                format!("crates/hatci-modules/src/bin/{module}.rs"),
                format!("collection/plugins/action/{module}.py"),
                format!("collection/plugins/modules/{module}.py"),
                format!("{REFERENCE}/{module}.md"),
            ] {
                assert!(pages.contains_key(Path::new(&path)), "{path}");
            }
            assert!(pages[Path::new("README.md")].contains(&format!("| `{module}` |")), "{module}");
            let is_grouped = pages[Path::new("meta/runtime.yml")].contains(&format!("    - {module}\n"));
            let asks_nobody = [
                "environment_check",
                "hatci_fleet_plan",
                "hatci_outcome",
                "hatci_report",
                "jumpstarter_exporter_config",
            ]
            .contains(&module);
            assert_eq!(is_grouped, !asks_nobody, "{module}");
        }
    }

    #[test]
    fn whatever_is_removed_is_missed() {
        let (empty, pages) = (tempfile::tempdir().unwrap(), pages().unwrap());
        assert_eq!(stale(empty.path(), &pages).unwrap(), pages.keys().cloned().collect::<Vec<_>>());
    }

    #[test]
    fn stale_is_what_differs_is_missing_or_left_over() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| Path::new(REFERENCE).join(name);
        let pages =
            Pages::from(["same.md", "other.md", "missing.md"].map(|name| (path(name), "new".to_owned())));
        for (name, text) in [("same.md", "new"), ("other.md", "old"), ("left_over.md", "old")] {
            put(&root.path().join(path(name)), Some(&text.to_owned())).unwrap();
        }
        let found = stale(root.path(), &pages).unwrap();
        assert_eq!(found, ["missing.md", "other.md", "left_over.md"].map(path));
        for path in found {
            put(&root.path().join(&path), pages.get(&path)).unwrap();
        }
        assert_eq!(stale(root.path(), &pages).unwrap(), Vec::<PathBuf>::new());
    }
}
