//! `environment_info`
use super::place_options::{OutputsFacts, PlaceOptions, failed, name};
use ansible_module::{Failure, InfoModule, Options, Results, SharedResults, Task};
use environments::{OutputsError, Package, Place, Root};

/// Look up the outputs of an environment
///
/// Reads `metadata.json` and compares each file with its digest. If outputs are missing, damaged, or older than their package, the task fails and
/// names the command that generates them. So everything that takes its paths from here uses one generation of one version.
#[derive(Options)]
pub struct InfoOptions {
    #[option(flatten)]
    place: PlaceOptions,
}

/// What `environment_info` returns.
#[derive(Results, Default)]
pub struct InfoResults {
    /// The root of the repository.
    #[result(returned = "always", sample = "/srv/lab")]
    root: Option<String>,
    #[result(flatten)]
    facts: OutputsFacts,
}

/// The module `environment_info`.
pub struct EnvironmentInfo {
    root: Root,
    place: Place,
}

impl InfoModule for EnvironmentInfo {
    const NAME: &'static str = "environment_info";
    const EXAMPLES: &'static str = include_str!("environment_info.yml");
    type Options = InfoOptions;
    type Results = InfoResults;

    fn new(options: InfoOptions, _: &Task) -> Result<Self, Failure> {
        let (root, place) = options.place.place()?;
        Ok(EnvironmentInfo { root, place })
    }

    fn read(&mut self, results: &SharedResults<InfoResults>) -> Result<(), Failure> {
        results.update(|r| {
            r.root = Some(self.root.path().display().to_string());
            r.facts = OutputsFacts::nothing(&self.place);
        });
        let metadata = environments::read_outputs(&self.place).map_err(|e| failed(&e))?;
        results.update(|r| r.facts = OutputsFacts::of(&self.place, &metadata));
        let id = name("configPackage.id", &metadata.package)?;
        // Outputs may be used where their package is not.
        if !self.root.has_package(&id) {
            return Ok(());
        }
        let package =
            Package::read(&self.root, &id).map_err(|problems| failed(&OutputsError::Sources(problems)))?;
        environments::check_against_package(&self.place, &metadata, &package).map_err(|e| failed(&e))
    }
}
