//! `environment_outputs`
use super::place_options::{OutputsFacts, PlaceOptions, failed, name};
use ansible_module::{Choices, ErrorKind, Failure, Module, Options, Plan, Results, SharedResults, Task};
use environments::{
    DefinitionsCheck, Difference, Generation, Name, OutputsError, Package, Place, Problem, Root,
};
use serde_json::{Value, json};

/// How many names of files are returned.
const MOST_NAMED: usize = 100;

/// Generate the outputs of an environment from its package
///
/// Copies every file and folder that the package provides for the environment, and describes them in `metadata.json`: package, version, the path of
/// each file, and a digest of each. The folder is replaced as a whole, so nobody reads half of it; only this user can open it.
///
/// # Notes
///
/// - Diffs show names and digests of files, never their contents: any of them may hold a secret.
/// - What an earlier version of the package provided is removed. Files that were not generated make the task fail; only the folder `provisioner`,
///   which belongs to `environment_seed`, is left alone.
#[derive(Options)]
pub struct OutputsOptions {
    #[option(flatten)]
    place: PlaceOptions,
    /// The package: a folder in `config/packages`.
    #[option(default = "core")]
    package: String,
    /// Whether to check the definitions of the repository first, and the files of the package for all of its environments.
    #[option(default = true)]
    validate: bool,
    /// Whether the outputs should exist.
    #[option(default = OutputsState::Present)]
    state: OutputsState,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum OutputsState {
    /// They exist, as the package gives them.
    Present,
    /// They do not exist.
    Absent,
}

/// What `environment_outputs` returns.
#[derive(Results, Default)]
pub struct OutputsResults {
    #[result(flatten)]
    facts: OutputsFacts,
    /// The files that were added, changed or removed, or would be in check mode; the first hundred of them.
    #[result(returned = "success", sample = ["terraform.tfvars", "kubespray/inventory.ini"])]
    changed_files: Option<Vec<String>>,
    /// How many there are.
    #[result(returned = "success", sample = 2)]
    changed_count: Option<u64>,
}

/// The module `environment_outputs`.
pub struct EnvironmentOutputs {
    task: Task,
    root: Root,
    place: Place,
    package: Name,
    validates: bool,
    state: OutputsState,
    is_done: bool,
}

impl Module for EnvironmentOutputs {
    const NAME: &'static str = "environment_outputs";
    const EXAMPLES: &'static str = include_str!("environment_outputs.yml");
    type Options = OutputsOptions;
    type Results = OutputsResults;
    type Change = ();

    fn new(options: OutputsOptions, task: &Task) -> Result<Self, Failure> {
        let (root, place) = options.place.place()?;
        Ok(EnvironmentOutputs {
            task: task.clone(),
            root,
            place,
            package: name("package", &options.package)?,
            validates: options.validate,
            state: options.state,
            is_done: false,
        })
    }

    fn discover(&mut self, results: &SharedResults<OutputsResults>) -> Result<Plan<()>, Failure> {
        results.update(|r| r.facts = OutputsFacts::nothing(&self.place));
        if self.state == OutputsState::Absent {
            let found =
                environments::would_remove(&self.place, self.package.as_str()).map_err(|e| failed(&e))?;
            let difference = found.map(|(_, difference)| difference).or_else(|| self.clearance());
            return Ok(self.plan(difference.as_ref(), "", results));
        }
        let package = self.read_package()?;
        if self.validates {
            let definitions = DefinitionsCheck::of(&self.root);
            refuse(definitions.problems.into_iter().chain(package.check_files()).collect())?;
        }
        let generation = self.of(&package, environments::plan)?;
        if let Some(before) = &generation.same_version_before {
            self.task.warn(format!(
                "{} {} was generated before with other contents. Raise the version in package.json, so that each version always means the same files.",
                before.package, before.version
            ));
        }
        results.update(|r| r.facts = OutputsFacts::of(&self.place, &generation.metadata));
        let version = format!("{} {}", package.id, package.version);
        let difference = generation.difference.or_else(|| self.clearance());
        Ok(self.plan(difference.as_ref(), &version, results))
    }

    fn process(&mut self, (): (), results: &SharedResults<OutputsResults>) -> Result<(), Failure> {
        if self.state == OutputsState::Absent {
            if !environments::remove(&self.place, self.package.as_str()).map_err(|e| failed(&e))? {
                self.task.unchanged();
            }
        } else {
            let generation = self.of(&self.read_package()?, environments::generate)?;
            if generation.difference.is_none() {
                // Another process has generated the same meanwhile.
                self.task.unchanged();
            }
            results.update(|r| r.facts = OutputsFacts::of(&self.place, &generation.metadata));
        }
        self.is_done = true;
        Ok(())
    }

    fn housekeep(&mut self, results: &SharedResults<OutputsResults>) -> Result<(), Failure> {
        if !self.is_done {
            // The folder is exchanged as a whole: if it is not as it is to be, it is as it was.
            if self.is_to_be_changed() {
                self.task.unchanged();
            }
            return Ok(());
        }
        match (environments::read_outputs(&self.place), self.state) {
            (Ok(metadata), OutputsState::Present) => {
                results.update(|r| r.facts = OutputsFacts::of(&self.place, &metadata));
                Ok(())
            }
            (Err(OutputsError::NotGenerated(_)), OutputsState::Absent) => Ok(()),
            (Err(e), OutputsState::Present) => Err(failed(&e)),
            (_, OutputsState::Absent) => Err(Failure::new(
                ErrorKind::Conflict,
                format!(
                    "Another process generated the outputs of {} at the same time. Run the task again.",
                    self.place.environment()
                ),
            )),
        }
    }
}

impl EnvironmentOutputs {
    fn read_package(&self) -> Result<Package, Failure> {
        Package::read(&self.root, &self.package).map_err(|problems| failed(&OutputsError::Sources(problems)))
    }

    fn of(
        &self,
        package: &Package,
        act: fn(&Place, &Package, &environments::Environment) -> Result<Generation, OutputsError>,
    ) -> Result<Generation, Failure> {
        let environment = package
            .environment(self.place.environment())
            .map_err(|why| Failure::new(ErrorKind::NotFound, format!("{why}. Correct `id` or `package`.")))?;
        act(&self.place, package, environment).map_err(|e| failed(&e))
    }

    /// What there is to do if only a process that was killed has left something, which may hold secrets: no difference of the outputs.
    fn clearance(&self) -> Option<Difference> {
        let has_leftovers = environments::has_leftovers(&self.place).unwrap_or(false);
        (has_leftovers && !self.task.check_mode()).then(Difference::default)
    }

    fn is_to_be_changed(&self) -> bool {
        match self.state {
            OutputsState::Absent => environments::would_remove(&self.place, self.package.as_str())
                .is_ok_and(|found| found.is_some()),
            OutputsState::Present => {
                let planned = self.read_package().and_then(|package| self.of(&package, environments::plan));
                planned.is_ok_and(|generation| generation.difference.is_some())
            }
        }
    }

    fn plan(
        &self,
        difference: Option<&Difference>,
        version: &str,
        results: &SharedResults<OutputsResults>,
    ) -> Plan<()> {
        let files = difference.map_or(&[][..], |difference| &difference.files);
        results.update(|r| {
            r.changed_count = Some(files.len() as u64);
            r.changed_files = Some(files.iter().take(MOST_NAMED).cloned().collect());
        });
        let Some(difference) = difference else { return Plan::Nothing };
        let path = self.place.folder().display().to_string();
        let after = match self.state {
            OutputsState::Present => json!({ "path": path, "package": version, "files": difference.after() }),
            OutputsState::Absent => Value::Null,
        };
        Plan::change(json!({ "path": path, "files": difference.before() }), after)
    }
}

fn refuse(problems: Vec<Problem>) -> Result<(), Failure> {
    if problems.is_empty() { Ok(()) } else { Err(failed(&OutputsError::Sources(problems))) }
}

#[cfg(test)]
mod tests;
