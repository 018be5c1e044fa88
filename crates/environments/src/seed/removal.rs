//! The files of a role that go: all of them, or what an earlier run has made and nobody wants any more.
use super::{SeedError, SeedRequest, record};
use crate::{OutputsError, json::read_json, outputs};
use hardened_host::{OpenFolder, read_named_file, unfinished};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Component, Path, PathBuf},
};

/// The files of this role: what processes have left that were killed, the images that its record names, and the record. Removes them unless
/// `only_look`.
pub fn remove_seeds(request: &SeedRequest, only_look: bool) -> Result<Vec<PathBuf>, SeedError> {
    let files = files(request)?;
    if only_look || files.is_empty() {
        return Ok(files);
    }
    let _lock = outputs::lock_outputs(&request.place)?;
    // What another process was writing may be there by now.
    let files = self::files(request)?;
    remove(&files)?;
    let _ = fs::remove_dir(request.place.folder());
    Ok(files)
}

/// The record last: if removing them is interrupted, the next run knows what is left.
fn files(request: &SeedRequest) -> Result<Vec<PathBuf>, SeedError> {
    let images = recorded(request)?;
    let folders: BTreeSet<_> = images.iter().map(|image| folder_of(request, image)).collect();
    let mut files = vec![];
    for folder in folders {
        files.extend(left_images(request, folder)?);
    }
    files.extend(left_records(request)?);
    files.extend(images);
    let record = request.metadata_path();
    files.extend(record.symlink_metadata().is_ok().then_some(record));
    Ok(files)
}

/// The images that the record of this role names and that are there.
pub(super) fn recorded(request: &SeedRequest) -> Result<Vec<PathBuf>, SeedError> {
    let path = request.metadata_path();
    let bytes = match read_named_file(&path, record::LARGEST) {
        Err(e) if e.is_not_found() => return Ok(vec![]),
        read => {
            read.map_err(|e| SeedError(format!("{} can't be read: {e}. Correct its mode.", path.display())))?
        }
    };
    let record: Value = read_json(&bytes).unwrap_or_default();
    let listed = record["images"].as_array().into_iter().flatten();
    let listed = listed.filter_map(|image| image["artifact"].as_str());
    Ok(listed.filter_map(|image| ours(request, Path::new(image))).collect())
}

/// What processes have left that were killed while they wrote files of this role: images in the environment's folder of images, and its record.
pub(super) fn leftovers(request: &SeedRequest, folder: &Path) -> Result<Vec<PathBuf>, SeedError> {
    let mut found = left_images(request, folder)?;
    found.extend(left_records(request)?);
    Ok(found)
}

fn left_images(request: &SeedRequest, folder: &Path) -> Result<Vec<PathBuf>, SeedError> {
    let image = format!("{}.img", request.role);
    let mut found = left(folder, &|name| name == image)?;
    found.extend(left(&folder.join(request.role.as_str()), &|name| is_image(Path::new(name)))?);
    Ok(found)
}

fn left_records(request: &SeedRequest) -> Result<Vec<PathBuf>, SeedError> {
    let record = request.metadata_path();
    let is_it = |name: &str| record.file_name().is_some_and(|own| own == name);
    left(record.parent().unwrap_or(Path::new("/")), &is_it)
}

fn left(folder: &Path, is_wanted: &dyn Fn(&str) -> bool) -> Result<Vec<PathBuf>, SeedError> {
    let found = unfinished(folder).map_err(|e| OutputsError::system("read", folder, &e))?;
    Ok(found.into_iter().filter(|(name, _)| is_wanted(name)).map(|(_, path)| path).collect())
}

/// Removes these files, and the folders that are empty then.
pub(super) fn remove(files: &[PathBuf]) -> Result<(), SeedError> {
    for file in files {
        match OpenFolder::of(file).and_then(|(folder, name)| folder.remove(name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(OutputsError::system("remove", file, &e).into());
            }
            _ => {}
        }
    }
    for folder in files.iter().filter_map(|file| file.parent()).collect::<BTreeSet<_>>() {
        let _ = fs::remove_dir(folder);
    }
    Ok(())
}

/// The image of this role that the record means, if it is there. The record could name any file, so it must be one of this role and
/// environment below the root; and it may be from before the repository was moved.
fn ours(request: &SeedRequest, image: &Path) -> Option<PathBuf> {
    let is_plain = image.components().all(|part| part != Component::ParentDir);
    let below = Path::new(request.place.environment()).join(request.role.as_str());
    let is_of_role = is_image(image)
        && (image.with_extension("").ends_with(&below)
            || image.parent().is_some_and(|folder| folder.ends_with(&below)));
    if !is_plain || !is_of_role {
        return None;
    }
    let parts: Vec<_> = image.components().skip(1).collect();
    let here = |count: usize| request.root.join(parts[count..].iter().collect::<PathBuf>());
    let places = [image.to_owned()].into_iter().filter(|image| image.starts_with(&request.root));
    // At least the folder of the environment.
    let moved = (0..parts.len().saturating_sub(1)).map(here);
    places.chain(moved).find(|place| place.symlink_metadata().is_ok_and(|found| found.is_file()))
}

fn is_image(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "img")
}

/// The environment's folder of images that this image is in.
fn folder_of<'i>(request: &SeedRequest, image: &'i Path) -> &'i Path {
    let folder = image.parent().unwrap_or(image);
    if folder.file_name().is_some_and(|name| name == request.role.as_str()) {
        folder.parent().unwrap_or(folder)
    } else {
        folder
    }
}
