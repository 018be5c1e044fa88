//! Removes the outputs of an environment.
use super::{Difference, Metadata, OutputsError, Place, existing::Existing, lock_outputs, staging};
use crate::contents::Contents;
use hardened_host::OpenFolder;
use std::{fs, io};

/// What removing the outputs of this package would do: what they were, and which files go. None if there are none. Only reads.
pub fn would_remove(
    place: &Place,
    package: &str,
) -> Result<Option<(Option<Metadata>, Difference)>, OutputsError> {
    let existing = Existing::read(place)?;
    if existing.folder.is_none() || existing.has_seeds && !existing.has_others {
        return Ok(None);
    }
    existing.belongs_to(place, package)?;
    existing.holds_nothing_foreign(place, &[])?;
    let difference = Difference::between(&existing.contents, &Contents::new());
    Ok(Some((existing.metadata, difference)))
}

/// Removes the outputs of this package; false if there were none. The records of seed images stay: they tell which images there are.
pub fn remove(place: &Place, package: &str) -> Result<bool, OutputsError> {
    let place = &match place.held(OpenFolder::at) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        held => held.map_err(|e| OutputsError::system("open", &place.outputs, &e))?,
    };
    let path = place.folder_at_work();
    if path.symlink_metadata().is_err() && staging::leftovers(place)?.is_empty() {
        return Ok(false);
    }
    let _lock = lock_outputs(place)?;
    staging::clean_up(place)?;
    if would_remove(place, package)?.is_none() {
        return Ok(false);
    }
    let existing = Existing::read(place)?;
    if existing.has_seeds
        && let Some(old) = &existing.folder
    {
        staging::keep_seeds(place, old)?;
        return Ok(true);
    }
    let aside = place.staging();
    // In one step; what is left after a kill is removed by the next run.
    fs::rename(&path, &aside).map_err(|e| OutputsError::system("remove", &place.shown(&path), &e))?;
    staging::remove_tree(&aside).map_err(|e| OutputsError::system("remove", &place.shown(&aside), &e))?;
    Ok(true)
}
