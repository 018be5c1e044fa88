//! Makes the new folder beside the old one, and exchanges the two. What a process that was killed has left is removed by the next one.
use super::{METADATA, Metadata, OutputsError, Place, existing::PROVISIONER};
use crate::{
    contents::{self, Contents, FileContent},
    sources::Sources,
};
use hardened_host::{EntryKind, OpenFolder, create_file, exchange_folder, own_folder};
use std::{
    collections::BTreeSet,
    fs::{self, File, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Of a program, and of a folder.
const PROGRAM: u32 = 0o700;

/// What processes have left that were killed: whether it is an old folder, and its path.
pub(super) fn leftovers(place: &Place) -> Result<Vec<(bool, PathBuf)>, OutputsError> {
    let entries = match fs::read_dir(place.at_work()) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        entries => entries.map_err(|e| OutputsError::system("read", &place.outputs, &e))?,
    };
    let leftover = |entry: fs::DirEntry| {
        Some((place.is_old_leftover(&entry.file_name().to_string_lossy())?, entry.path()))
    };
    Ok(entries.flatten().filter_map(leftover).collect())
}

/// Removes what processes have left that were killed. Needs the lock.
pub(super) fn clean_up(place: &Place) -> Result<(), OutputsError> {
    let failed = |path: &Path| {
        let path = place.shown(path);
        move |e: io::Error| OutputsError::system("clean up", &path, &e)
    };
    for (is_old, path) in leftovers(place)? {
        // A process was killed between the two steps of an exchange.
        if is_old && place.folder_at_work().symlink_metadata().is_err() {
            fs::rename(&path, place.folder_at_work()).map_err(failed(&path))?;
        } else {
            remove_tree(&path).map_err(failed(&path))?;
        }
    }
    Ok(())
}

/// Copies all files of the package to the new folder, with what is to stay of the old one, and returns what was copied.
pub(super) fn stage(
    place: &Place,
    sources: &Sources,
    old: Option<&OpenFolder>,
) -> Result<Contents, OutputsError> {
    let staging = place.staging();
    let staged = try_stage(place, &staging, sources, old);
    staged.inspect_err(|_| {
        let _ = remove_tree(&staging);
    })
}

fn try_stage(
    place: &Place,
    staging: &Path,
    sources: &Sources,
    old: Option<&OpenFolder>,
) -> Result<Contents, OutputsError> {
    own_folder(staging).map_err(|e| OutputsError::system("make", &place.shown(staging), &e.into()))?;
    let mut copying = Copying { place, to: staging, made: BTreeSet::new() };
    let mut contents = Contents::new();
    for output in sources.outputs.iter().filter(|output| output.is_folder) {
        copying.make_folder(Path::new(&output.name))?;
    }
    for (name, file) in &sources.files {
        let source = sources.open(file).map_err(|e| OutputsError::system("read", &file.path, &e))?;
        let digest = copying.copy(source, Path::new(name), file.is_executable)?;
        contents.insert(name.clone(), FileContent { digest, is_executable: file.is_executable });
    }
    if let Some(old) = old {
        copying.keep(old, Path::new(PROVISIONER))?;
    }
    Ok(contents)
}

/// Writes `metadata.json` and exchanges the folders.
pub(super) fn put_in_place(place: &Place, metadata: &Metadata) -> Result<(), OutputsError> {
    let written = create_file(&place.staging().join(METADATA))
        .and_then(|mut file| file.write_all(metadata.to_text().as_bytes()));
    exchange(place, written)
}

/// Replaces the folder by one that holds nothing but the records of seed images.
pub(super) fn keep_seeds(place: &Place, old: &OpenFolder) -> Result<(), OutputsError> {
    let staging = place.staging();
    own_folder(&staging).map_err(|e| OutputsError::system("make", &place.shown(&staging), &e.into()))?;
    let mut copying = Copying { place, to: &staging, made: BTreeSet::new() };
    copying.keep(old, Path::new(PROVISIONER)).inspect_err(|_| {
        let _ = remove_tree(&staging);
    })?;
    exchange(place, Ok(()))
}

fn exchange(place: &Place, prepared: io::Result<()>) -> Result<(), OutputsError> {
    let (staging, aside) = (place.staging(), place.aside());
    let put = prepared.and_then(|()| exchange_folder(&staging, &place.folder_at_work(), &aside));
    put.map_err(|e| {
        let _ = remove_tree(&staging);
        OutputsError::system("replace", &place.folder(), &e)
    })?;
    // If it fails, the next run removes it.
    let _ = remove_tree(&aside);
    Ok(())
}

/// Removes a folder with all that is in it, also in folders that were closed to this user.
pub(super) fn remove_tree(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            open_folders(path)?;
            fs::remove_dir_all(path)
        }
        removed => removed,
    }
}

/// Lets this user into a folder of its own and into all that are in it.
fn open_folders(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(PROGRAM))?;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_folders(&entry.path())?;
        }
    }
    Ok(())
}

struct Copying<'a> {
    place: &'a Place,
    to: &'a Path,
    made: BTreeSet<PathBuf>,
}

impl Copying<'_> {
    fn make_folder(&mut self, below: &Path) -> Result<(), OutputsError> {
        if below.as_os_str().is_empty() || self.made.contains(below) {
            return Ok(());
        }
        self.make_folder(below.parent().unwrap_or(Path::new("")))?;
        let path = self.to.join(below);
        own_folder(&path).map_err(|e| OutputsError::system("make", &self.place.shown(&path), &e.into()))?;
        self.made.insert(below.to_owned());
        Ok(())
    }

    fn copy(&mut self, mut source: File, name: &Path, is_executable: bool) -> Result<String, OutputsError> {
        self.make_folder(name.parent().unwrap_or(Path::new("")))?;
        let to = self.to.join(name);
        let copied = create_file(&to).and_then(|mut file| {
            let digest = contents::copied(&mut source, &mut file)?;
            if is_executable {
                file.set_permissions(Permissions::from_mode(PROGRAM))?;
            }
            Ok::<_, io::Error>((digest, file))
        });
        copied
            .map(|(digest, _): (String, File)| digest)
            .map_err(|e| OutputsError::system("copy to", &self.place.shown(&to), &e))
    }

    /// Copies what is at this path in the old folder, if it is there.
    fn keep(&mut self, old: &OpenFolder, path: &Path) -> Result<(), OutputsError> {
        let failed = |e: io::Error| OutputsError::system("read", &old.path().join(path), &e);
        match old.kind(path) {
            Ok(EntryKind::File { is_executable }) => {
                let source = old.file(path).map_err(failed)?;
                self.copy(source, path, is_executable).map(drop)
            }
            Ok(EntryKind::Folder) => {
                self.make_folder(path)?;
                let entries = old.entries(path).map_err(failed)?;
                entries.iter().try_for_each(|(name, _)| self.keep(old, &path.join(name)))
            }
            // Nobody but us writes there.
            Ok(EntryKind::Link | EntryKind::Other) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(e) => Err(failed(e)),
        }
    }
}
