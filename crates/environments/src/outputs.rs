//! The outputs of an environment: `OUTPUTS/ENVIRONMENT/`, a copy of what a package gives to it, and `metadata.json`.
//!
//! The folder is made beside the old one and exchanged with it as a whole, under a lock. So whoever reads it finds the old outputs or the new
//! ones, also if the writer is killed; and whoever reads several files notices by the digests if they were exchanged in between.
mod difference;
mod error;
mod existing;
mod lock;
mod metadata;
mod place;
mod reading;
mod removal;
mod staging;

pub use difference::Difference;
pub use error::OutputsError;
pub use metadata::{METADATA, Metadata, OutputFile};
pub use place::Place;
pub use reading::{check_against_package, read_outputs};
pub use removal::{remove, would_remove};

use crate::{
    Environment, Package,
    contents::{self, Contents, FileContent},
    sources::Sources,
};
use existing::Existing;
use hardened_host::OpenFolder;
use std::time::Duration;

/// How long to wait for another process that writes the same outputs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the outputs are to be, and how they differ from what is there.
#[derive(Debug)]
pub struct Generation {
    /// What `metadata.json` is to say. If nothing changes, it is what it says already.
    pub metadata: Metadata,
    /// What changes; none if nothing does.
    pub difference: Option<Difference>,
    /// The earlier generation of the same version, if its contents were others: the version should have been raised.
    pub same_version_before: Option<Metadata>,
}

/// What generating would do. Only reads.
pub fn plan(place: &Place, package: &Package, environment: &Environment) -> Result<Generation, OutputsError> {
    let sources = Sources::of(package, environment).map_err(OutputsError::Sources)?;
    plan_of(place, package, &sources).map(|(generation, _)| generation)
}

/// Generates the outputs, if they are not there as they should be.
pub fn generate(
    place: &Place,
    package: &Package,
    environment: &Environment,
) -> Result<Generation, OutputsError> {
    let place =
        &place.held(OpenFolder::made).map_err(|e| OutputsError::system("make", &place.outputs, &e))?;
    let _lock = lock_outputs(place)?;
    staging::clean_up(place)?;
    let sources = Sources::of(package, environment).map_err(OutputsError::Sources)?;
    let (mut generation, existing) = plan_of(place, package, &sources)?;
    if generation.difference.is_some() {
        // The package may have been changed since the plan: what is copied counts.
        let staged = staging::stage(place, &sources, existing.folder.as_ref())?;
        generation.metadata = described(place, package, &sources, &staged);
        staging::put_in_place(place, &generation.metadata)?;
    }
    Ok(generation)
}

/// Whether processes that were killed have left folders beside the outputs, which the next one that writes removes. A process that writes
/// right now has such folders, too.
pub fn has_leftovers(place: &Place) -> Result<bool, OutputsError> {
    Ok(!staging::leftovers(place)?.is_empty())
}

/// The lock of these outputs, for what is written into their folder besides. It ends when it is dropped.
pub(crate) fn lock_outputs(place: &Place) -> Result<std::fs::File, OutputsError> {
    lock::lock(place, PATIENCE)
}

fn plan_of(
    place: &Place,
    package: &Package,
    sources: &Sources,
) -> Result<(Generation, Existing), OutputsError> {
    let wanted = contents_of(sources)?;
    let metadata = described(place, package, sources, &wanted);
    let existing = Existing::read(place)?;
    existing.belongs_to(place, package.id.as_str())?;
    existing.holds_nothing_foreign(place, &sources.outputs)?;
    let same = existing.metadata.clone().filter(|before| before.says_the_same(&metadata));
    let difference = Difference::between(&existing.contents, &wanted);
    let is_same = same.is_some() && difference.is_empty() && existing.is_closed;
    let before = existing.metadata.clone();
    let same_version_before =
        before.filter(|before| before.version == metadata.version && before.digest != metadata.digest);
    let metadata = if is_same { same.unwrap_or(metadata) } else { metadata };
    let difference = (!is_same).then_some(difference);
    Ok((Generation { metadata, difference, same_version_before }, existing))
}

/// What is in the files of the package.
fn contents_of(sources: &Sources) -> Result<Contents, OutputsError> {
    let content = |(name, file): (&String, &crate::sources::SourceFile)| {
        let digest = sources
            .open(file)
            .and_then(|mut opened| contents::copied(&mut opened, &mut std::io::sink()))
            .map_err(|e| OutputsError::system("read", &file.path, &e))?;
        Ok((name.clone(), FileContent { digest, is_executable: file.is_executable }))
    };
    sources.files.iter().map(content).collect()
}

fn described(place: &Place, package: &Package, sources: &Sources, contents: &Contents) -> Metadata {
    let file = |output: &crate::sources::Output| OutputFile {
        key: output.key.clone(),
        path: place.folder().join(&output.name),
        digest: contents::digest_of_output(contents, &output.name, output.is_folder),
    };
    Metadata {
        environment: place.environment.clone(),
        package: package.id.to_string(),
        version: package.version.to_string(),
        generated_at: now(),
        files: sources.outputs.iter().map(file).collect(),
        digest: contents::digest_of_all(contents),
    }
}

/// RFC 3339 in UTC, to the second.
pub(crate) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests;
