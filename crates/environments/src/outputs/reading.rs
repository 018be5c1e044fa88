//! Reads the outputs of an environment, as its consumers do: all of one generation, and each file as it was generated, or not at all.
use super::{
    METADATA, Metadata, OutputsError, Place, described,
    existing::{ATTEMPTS, read_metadata},
};
use crate::{
    Package,
    contents::{self, Contents},
    sources::Sources,
};
use hardened_host::OpenFolder;
use std::{io, path::Path};

/// What the outputs are from, once each file was compared with its digest.
pub fn read_outputs(place: &Place) -> Result<Metadata, OutputsError> {
    let mut left = ATTEMPTS;
    loop {
        let folder = match OpenFolder::at(&place.folder()) {
            Ok(folder) => Ok(folder),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(not_generated(place)),
            Err(e) => Err(OutputsError::system("read", &place.folder(), &e)),
        }?;
        left -= 1;
        match read(place, &folder) {
            // They were replaced meanwhile, and the old ones removed.
            Err(_) if !folder.is_still_there() && left > 0 => {}
            result => return result,
        }
    }
}

/// Whether the outputs are what the package would give now. If it has no such environment any more, they are stale, too; unless they are from
/// before there was a package: until it gets the environment, there is nothing to compare them with.
pub fn check_against_package(
    place: &Place,
    metadata: &Metadata,
    package: &Package,
) -> Result<(), OutputsError> {
    if metadata.is_backfilled() && package.environment(&place.environment).is_err() {
        return Ok(());
    }
    let command = place.command(&metadata.package);
    let stale = |what: String| {
        OutputsError::Stale(format!(
            "The outputs of {} are from {} {}, {what}. Run: {command}",
            place.environment, metadata.package, metadata.version
        ))
    };
    if package.version.as_str() != metadata.version {
        return Err(stale(format!("but the package is {} now", package.version)));
    }
    let environment = package.environment(&place.environment).map_err(|why| stale(format!("but {why}")))?;
    let sources = Sources::of(package, environment).map_err(OutputsError::Sources)?;
    let now = described(place, package, &sources, &super::contents_of(&sources)?);
    if now.says_the_same(metadata) {
        return Ok(());
    }
    let differs = now
        .files
        .iter()
        .find(|file| metadata.file(&file.key).is_none_or(|before| before.digest != file.digest));
    let which = differs.map(|file| format!(" ({})", file.key)).unwrap_or_default();
    Err(stale(format!("but the package has other contents{which} now; its version should have been raised")))
}

fn read(place: &Place, folder: &OpenFolder) -> Result<Metadata, OutputsError> {
    let path = place.metadata_path();
    let bytes = read_metadata(folder).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => not_generated(place),
        _ => OutputsError::system("read", &path, &e),
    })?;
    let damaged = |what: String, package: &str| {
        OutputsError::Damaged(format!("{what}. Run: {}", place.command(package)))
    };
    let metadata = Metadata::parse(&bytes)
        .map_err(|why| damaged(format!("{} can't be used: {why}", path.display()), "core"))?;
    let damaged = |what: String| damaged(what, &metadata.package);
    if metadata.environment != place.environment {
        return Err(damaged(format!(
            "{} belongs to the environment {}",
            path.display(),
            metadata.environment
        )));
    }
    let mut all = Contents::new();
    for file in &metadata.files {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if file.path != place.folder().join(&name) {
            return Err(damaged(format!(
                "{METADATA} says that {} is at {}, which is not in {}; the folder was moved or copied",
                file.key,
                file.path.display(),
                place.folder().display()
            )));
        }
        let kind = folder.kind(Path::new(&name)).and_then(|kind| {
            contents::add(&mut all, folder, &name, kind)?;
            Ok(kind == hardened_host::EntryKind::Folder)
        });
        let digest =
            kind.map(|is_folder| contents::digest_of_output(&all, &name, is_folder)).map_err(|e| {
                damaged(format!(
                    "{} ({}) can't be read: {}",
                    file.path.display(),
                    file.key,
                    hardened_host::SystemFault::of(&e).cause()
                ))
            })?;
        if digest != file.digest {
            let how = if digest.is_empty() {
                "not a file that this user can read"
            } else {
                "different from what was generated"
            };
            return Err(damaged(format!("{} ({}) is {how}", file.path.display(), file.key)));
        }
    }
    if contents::digest_of_all(&all) != metadata.digest {
        return Err(damaged(format!(
            "A file in {} is executable but was not when it was generated, or vice versa",
            place.folder().display()
        )));
    }
    Ok(metadata)
}

fn not_generated(place: &Place) -> OutputsError {
    OutputsError::NotGenerated(format!(
        "{} has not been generated: there is no {}. Run: {}",
        place.environment,
        place.metadata_path().display(),
        place.command("core")
    ))
}
