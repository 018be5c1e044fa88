//! Whether the version of a package was raised with what it names: a version must never name two contents.
use crate::{
    Package, Place, Problem, Root, Version,
    bump_git::{Git, GitFailure, ended},
    json::read_json,
    name::listed,
    plan,
};
use serde_json::Value;
use std::{cmp::Ordering, env, path::Path};

/// What a check of versions found.
#[derive(Debug, Default)]
pub struct BumpCheck {
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// Sentences about what will be wrong, or could not be compared.
    pub warnings: Vec<String>,
}

impl BumpCheck {
    /// Compares packages with a base of git, such as `origin/main`: if anything of a package differs from the commit in which what is checked
    /// out and the base have parted, its version must be higher than it was there. Uncommitted and untracked files count, too.
    pub fn against(root: &Root, packages: &[Package], base: &str) -> Self {
        let mut check = BumpCheck::default();
        if let Err(message) = check.compare(root, packages, base) {
            check.problems.push(Problem::of_file(root.path(), message));
        }
        check
    }

    fn compare(&mut self, root: &Root, packages: &[Package], base: &str) -> Result<(), String> {
        let git = Git::on_path(&env::var_os("PATH").unwrap_or_default(), root)?;
        let parted = git.merge_base(base)?;
        let failed = |e: GitFailure| {
            format!("git can't compare with {base}: {} Check the repository.", ended(&e.text))
        };
        let tip = git.commit(base).map_err(failed)?;
        if parted == git.commit("HEAD").map_err(failed)? {
            let remedy = if git.is_shallow() {
                " This clone holds only the newest commits; to compare with earlier ones, run: git fetch --unshallow"
            } else {
                ""
            };
            self.warnings.push(format!(
                "{base} contains the commit that is checked out, so only uncommitted changes were compared with it.{remedy}"
            ));
        }
        for package in packages {
            let changed = git.changed(&parted, &Root::package_path(&package.id)).map_err(failed)?;
            if changed.is_empty() {
                continue;
            }
            let file = format!("{}/package.json", Root::package_path(&package.id));
            let Some(content) = git.content(&parted, &file).map_err(failed)? else { continue };
            match version(&content) {
                None => self.warnings.push(format!(
                    "The package.json of {} had no valid version where {base} was left, so versions were not compared.",
                    package.id
                )),
                Some(before) if package.version.precedence(&before) != Ordering::Greater => {
                    self.problems.push(not_raised(package, &before, base, &changed));
                    continue;
                }
                Some(_) => {}
            }
            let now = if tip == parted { None } else { git.content(&tip, &file).map_err(failed)? };
            if let Some(there) = now.and_then(|content| version(&content))
                && package.version.precedence(&there) != Ordering::Greater
            {
                self.warnings.push(format!(
                    "{base} has moved on to {} {there}, and {} is not higher. Raise the version again before you merge.",
                    package.id, package.version
                ));
            }
        }
        Ok(())
    }

    /// Compares packages with the outputs that were generated from them, below this folder: those of the same version must be of the same
    /// contents. Needs no git. These are problems if a bump is required, else warnings.
    pub fn against_outputs(outputs: &Path, packages: &[Package], is_required: bool) -> Self {
        let mut check = BumpCheck::default();
        for package in packages {
            for environment in &package.environments {
                // Outputs that can't be compared are the business of whoever generates them.
                let Ok(place) = Place::new(outputs, &environment.name) else { continue };
                let Ok(generation) = plan(&place, package, environment) else { continue };
                if generation.same_version_before.is_none() {
                    continue;
                }
                let message = format!(
                    "{} {} was generated before for {} with other contents. Raise the version.",
                    package.id, package.version, environment.name
                );
                if is_required {
                    check.problems.push(of_version(package, message));
                } else {
                    check.warnings.push(message);
                }
            }
        }
        check
    }
}

fn not_raised(package: &Package, before: &Version, base: &str, changed: &[String]) -> Problem {
    let names = listed(changed.iter().cloned());
    let message = format!(
        "{} differs from {base} ({names}), but its version {} is not higher than {before} there. Raise the version.",
        package.id, package.version
    );
    of_version(package, message)
}

fn of_version(package: &Package, message: String) -> Problem {
    let (file, path) = (package.folder.join("package.json"), "version");
    Problem { file, line: package.lines.line(path), path: path.into(), message }
}

/// The version in a package.json of which nothing else need be valid.
fn version(content: &[u8]) -> Option<Version> {
    let content: Value = read_json(content).ok()?;
    Version::parse(content.get("version")?.as_str()?).ok()
}
