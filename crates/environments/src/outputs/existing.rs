//! What is in the folder of an environment's outputs before it is written.
use super::{
    OutputsError, Place,
    metadata::{self, METADATA, Metadata},
};
use crate::{
    contents::{self, Contents},
    sources::Output,
};
use hardened_host::OpenFolder;
use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs::Metadata as FileMetadata,
    io::{self, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
};

/// The folder of the seed images' metadata, which generating leaves as it is.
pub(crate) const PROVISIONER: &str = "provisioner";
const CLOSED: u32 = 0o700;
/// How often the outputs may be replaced while they are read.
pub(super) const ATTEMPTS: usize = 20;

/// What is there.
#[derive(Debug)]
pub(super) struct Existing {
    /// None if there is no folder.
    pub(super) folder: Option<OpenFolder>,
    /// None if it is not there, or nobody can read it: then it is replaced.
    pub(super) metadata: Option<Metadata>,
    /// Beside `metadata.json` and `provisioner`.
    pub(super) contents: Contents,
    /// Whether the folder holds the records of seed images, and whether it holds anything else.
    pub(super) has_seeds: bool,
    pub(super) has_others: bool,
    /// Whether nobody but this user can enter it.
    pub(super) is_closed: bool,
}

impl Existing {
    /// Without the lock, another process may replace the folder and remove the old one meanwhile. Then the new one is read.
    pub(super) fn read(place: &Place) -> Result<Self, OutputsError> {
        let path = place.folder();
        let failed = |e: &io::Error| OutputsError::system("read", &path, e);
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            let found = match place.folder_at_work().symlink_metadata() {
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Self::nothing()),
                found => found.map_err(|e| failed(&e))?,
            };
            if !found.is_dir() {
                return Err(OutputsError::Conflict(format!(
                    "{} is not a folder, so the outputs of {} can't be there. Move it away.",
                    path.display(),
                    place.environment
                )));
            }
            let folder = match place.open() {
                Err(e) if e.kind() == io::ErrorKind::NotFound && left > 0 => continue,
                folder => folder.map_err(|e| failed(&e))?,
            };
            let read = Self::read_folder(place, &folder);
            if left > 0 && !folder.is_still_there() {
                continue;
            }
            let is_closed = is_closed(&found);
            return read.map(|existing| Existing { is_closed, folder: Some(folder), ..existing });
        }
    }

    fn read_folder(place: &Place, folder: &OpenFolder) -> Result<Self, OutputsError> {
        let failed = |e: &io::Error| OutputsError::system("read", &place.folder(), e);
        let mut existing = Self::nothing();
        for (name, kind) in folder.entries(Path::new("")).map_err(|e| failed(&e))? {
            let Some(name) = name.to_str() else { return Err(foreign(place, &name)) };
            existing.has_seeds |= name == PROVISIONER;
            existing.has_others |= name != PROVISIONER;
            if name != METADATA && name != PROVISIONER {
                contents::add(&mut existing.contents, folder, name, kind).map_err(|e| failed(&e))?;
            }
        }
        existing.metadata = read_metadata(folder).ok().and_then(|bytes| Metadata::parse(&bytes).ok());
        Ok(existing)
    }

    fn nothing() -> Self {
        Existing {
            folder: None,
            metadata: None,
            contents: Contents::new(),
            has_seeds: false,
            has_others: false,
            is_closed: false,
        }
    }

    /// Refuses outputs of another package: two packages may both have an environment of this name, and there is one folder for it.
    pub(super) fn belongs_to(&self, place: &Place, package: &str) -> Result<(), OutputsError> {
        match &self.metadata {
            Some(metadata) if metadata.package != package => Err(OutputsError::Conflict(format!(
                "{} holds the outputs of the package {} {}, so those of {package} are not written there. Remove them first (environment_outputs with `package: {}`, `state: absent`), or choose another folder with `outputs`.",
                place.folder().display(),
                metadata.package,
                metadata.version,
                metadata.package
            ))),
            _ => Ok(()),
        }
    }

    /// Refuses to remove what no generate has put there.
    pub(super) fn holds_nothing_foreign(&self, place: &Place, wanted: &[Output]) -> Result<(), OutputsError> {
        let listed = self.metadata.iter().flat_map(|metadata| &metadata.files);
        let listed = listed.filter_map(|file| Some(file.path.file_name()?.to_string_lossy().into_owned()));
        let ours: BTreeSet<String> = listed.chain(wanted.iter().map(|output| output.name.clone())).collect();
        let top = |path: &String| path.split('/').next().unwrap_or_default().to_owned();
        match self.contents.keys().map(top).find(|name| !ours.contains(name)) {
            None => Ok(()),
            Some(name) => Err(foreign(place, OsStr::new(&name))),
        }
    }
}

fn foreign(place: &Place, name: &OsStr) -> OutputsError {
    OutputsError::Conflict(format!(
        "{} is among the outputs of {}, but was not generated, so it would be lost. Move it away.",
        place.folder().join(name).display(),
        place.environment
    ))
}

/// The bytes of `metadata.json`.
pub(super) fn read_metadata(folder: &OpenFolder) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    folder.file(Path::new(METADATA))?.take(metadata::LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_closed(found: &FileMetadata) -> bool {
    found.permissions().mode() & 0o777 == CLOSED
}
