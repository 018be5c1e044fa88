//! `environment_check`
use ansible_module::{ErrorKind, Failure, InfoModule, Options, Results, SharedResults, Task};
use environments::{BumpCheck, DefinitionsCheck, Package, Problem, Root};
use serde_json::{Map, Value, json};
use std::{
    iter,
    path::{Path, PathBuf},
};

/// Check the definitions and packages of a repository of environments
///
/// Definitions, `api/definitions/KIND/*.yml`, are checked against the schema `KIND_schema` in `api/schemas/*.schema.yml`, in the dialect of
/// yaml-validator 0.2. In addition, a file that is empty or holds two documents, a required field without a value, and a key that appears
/// twice are errors. Then they are compared with each other: the names that a role uses are defined, partitions fit on their disk, a range
/// does not end before it begins, and a gateway is within its network.
///
/// Packages, `config/packages/ID/package.json`, have an id, a version by the rules of Semantic Versioning, and environments whose files
/// exist in the package.
///
/// Nothing is changed. All errors are returned, not only the first one.
///
/// # Notes
///
/// - With `base`, each package is compared by git with the merge base of that commit and the checkout. If anything differs, committed or
///   not, the version must be higher than it was there.
/// - Each version is also compared with what was generated from it in `api/outputs` of the repository: different contents cause a warning,
///   or an error with `require_bump`.
#[derive(Options)]
pub struct EnvironmentCheckOptions {
    /// The root of the repository. Defaults to the working directory, or the nearest folder above it that holds `config/packages`.
    root: Option<PathBuf>,
    /// Whether to check the definitions.
    #[option(default = true)]
    definitions: bool,
    /// Whether to check the packages.
    #[option(default = true)]
    packages: bool,
    /// A commit to compare the packages with, such as `origin/main`.
    base: Option<String>,
    /// Whether it is an error if a version was generated with different contents before.
    #[option(default = false)]
    require_bump: bool,
}

/// What `environment_check` returns.
#[derive(Results, Default)]
pub struct EnvironmentCheckResults {
    /// What is wrong: `file`, `line` (none if it concerns the whole file), `path` (the place within the file's content, empty for the whole
    /// file) and `message`.
    #[result(returned = "always", sample = [{ "file": "/srv/lab/api/definitions/roles/k8s-worker.yml", "line": 12, "path": "network.vlans[1]", "message": "There is no vlan storage; there are management. Correct the name, or define it." }])]
    errors: Option<Vec<Value>>,
    /// The packages that could be read: `id`, `version` as it is written, and the names of the `environments`.
    #[result(returned = "with `packages`", sample = [{ "id": "core", "version": "v0.2.0", "environments": ["development", "staging"] }])]
    packages: Option<Vec<Map<String, Value>>>,
    /// The files that were checked: schemas, definitions and package.json files.
    #[result(returned = "always", sample = ["/srv/lab/api/schemas/role.schema.yml", "/srv/lab/config/packages/core/package.json"])]
    checked: Option<Vec<String>>,
}

/// The module `environment_check`.
pub struct EnvironmentCheck {
    task: Task,
    root: Root,
    definitions: bool,
    packages: bool,
    base: Option<String>,
    require_bump: bool,
}

/// At most so many errors are in the message; all are in the result.
const MOST_SHOWN: usize = 10;

impl InfoModule for EnvironmentCheck {
    const NAME: &'static str = "environment_check";
    const IN_ACTION_GROUP: bool = false; // it needs no outputs, whose place the others share
    const EXAMPLES: &'static str = include_str!("environment_check.yml");
    type Options = EnvironmentCheckOptions;
    type Results = EnvironmentCheckResults;

    fn new(options: EnvironmentCheckOptions, task: &Task) -> Result<Self, Failure> {
        let root = match &options.root {
            Some(root) => Root::at(root),
            None => Root::above(Path::new(".")),
        };
        if !options.packages && (options.base.is_some() || options.require_bump) {
            let msg = "base and require_bump compare packages, but packages is false. Leave them out, or set packages to true.";
            return Err(Failure::invalid(msg));
        }
        Ok(EnvironmentCheck {
            task: task.clone(),
            root: root.map_err(|e| Failure::new(ErrorKind::NotFound, e.to_string()))?,
            definitions: options.definitions,
            packages: options.packages,
            base: options.base,
            require_bump: options.require_bump,
        })
    }

    fn read(&mut self, results: &SharedResults<EnvironmentCheckResults>) -> Result<(), Failure> {
        let mut found = Found::default();
        if self.definitions {
            let check = DefinitionsCheck::of(&self.root);
            found.checked.extend(check.checked);
            found.problems.extend(check.problems);
            found.warnings.extend(check.warnings);
        }
        if self.packages {
            let packages = self.packages(&mut found);
            results.update(|r| r.packages = Some(packages.iter().map(told).collect()));
        }
        let checked = found.checked.iter().map(|path| path.display().to_string()).collect();
        let errors = found.problems.iter().map(error).collect();
        results.update(|r| (r.checked, r.errors) = (Some(checked), Some(errors)));
        for warning in found.warnings {
            self.task.warn(warning);
        }
        if found.problems.is_empty() { Ok(()) } else { Err(self.failure(&found.problems)) }
    }
}

#[derive(Default)]
struct Found {
    checked: Vec<PathBuf>,
    problems: Vec<Problem>,
    warnings: Vec<String>,
}

impl EnvironmentCheck {
    /// The packages that can be read. They and their files are checked.
    fn packages(&self, found: &mut Found) -> Vec<Package> {
        let ids = Package::all(&self.root).unwrap_or_else(|problem| {
            found.problems.push(problem);
            vec![]
        });
        let mut packages = vec![];
        if ids.is_empty() && found.problems.is_empty() {
            found
                .warnings
                .push(format!("There are no packages in {}.", self.root.packages_folder().display()));
        }
        for id in ids {
            found.checked.push(self.root.package_folder(&id).join("package.json"));
            match Package::read(&self.root, &id) {
                Ok(package) => packages.push(package),
                Err(problems) => found.problems.extend(problems),
            }
        }
        found.problems.extend(packages.iter().flat_map(Package::check_files));
        let check = match &self.base {
            Some(base) => BumpCheck::against(&self.root, &packages, base),
            None => BumpCheck::default(),
        };
        let outputs = self.root.path().join("api/outputs");
        let by_outputs = BumpCheck::against_outputs(&outputs, &packages, self.require_bump);
        for check in [check, by_outputs] {
            found.problems.extend(check.problems);
            found.warnings.extend(check.warnings);
        }
        packages
    }

    fn failure(&self, problems: &[Problem]) -> Failure {
        let root = self.root.path();
        let head = match problems.len() {
            1 => format!("There is an error in {}:", root.display()),
            count => format!("There are {count} errors in {}:", root.display()),
        };
        let shown = problems.iter().take(MOST_SHOWN).enumerate().map(|(index, problem)| {
            let file = problem.file.strip_prefix(root).unwrap_or(&problem.file);
            let file = if file == Path::new("") { root } else { file };
            let problem = Problem { file: file.to_owned(), ..problem.clone() };
            format!("({}) {problem}", index + 1)
        });
        let more = problems.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0);
        let more = more.map(|more| format!("There are {more} more in errors."));
        let msg = iter::once(head).chain(shown).chain(more).collect::<Vec<_>>().join(" ");
        Failure::invalid(msg)
    }
}

fn error(problem: &Problem) -> Value {
    json!({
        "file": problem.file.display().to_string(),
        "line": problem.line,
        "path": problem.path,
        "message": problem.message,
    })
}

fn told(package: &Package) -> Map<String, Value> {
    let environments: Vec<_> =
        package.environments.iter().map(|environment| environment.name.as_str()).collect();
    Map::from_iter([
        ("id".into(), package.id.as_str().into()),
        ("version".into(), package.version.as_str().into()),
        ("environments".into(), environments.into()),
    ])
}

#[cfg(test)]
mod tests;
