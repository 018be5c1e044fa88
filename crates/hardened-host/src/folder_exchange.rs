//! Replaces a whole folder in one step: whoever opens it finds the old one or the new one, never a part of each.
use rustix::{
    fs::{CWD, Mode, OFlags, RenameFlags, open, renameat_with, syncfs},
    io::Errno,
};
use std::{fs, io, path::Path};

/// Puts the folder `fresh` in the place of `path`, on the same file system, once all that was written to it is on the disk. What was at `path`
/// is then at `aside`, if there was something.
///
/// Where the file system can't exchange two names (NFS, some overlays), nothing is at `path` for a moment; if the process is killed right
/// then, the old folder is at `aside`. On an error, what was there is unchanged.
pub fn exchange_folder(fresh: &Path, path: &Path, aside: &Path) -> io::Result<()> {
    let folder =
        open(fresh, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    // One call instead of one for each file.
    syncfs(&folder)?;
    match renameat_with(CWD, fresh, CWD, path, RenameFlags::EXCHANGE) {
        Ok(()) => fs::rename(fresh, aside)?,
        Err(Errno::NOENT) => fs::rename(fresh, path)?,
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => in_two_steps(fresh, path, aside)?,
        Err(e) => return Err(e.into()),
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let parent = open(parent, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    // Without it, a power failure could bring the old folder back; that is whole as well.
    let _ = rustix::fs::fsync(&parent);
    Ok(())
}

fn in_two_steps(fresh: &Path, path: &Path, aside: &Path) -> io::Result<()> {
    fs::rename(path, aside)?;
    fs::rename(fresh, path).inspect_err(|_| {
        let _ = fs::rename(aside, path);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_folder_takes_the_place_of_the_old_one_which_is_put_aside() {
        let exchange: fn(&Path, &Path, &Path) -> io::Result<()> = exchange_folder;
        for exchange in [exchange, in_two_steps] {
            let base = tempfile::tempdir().unwrap();
            let at = |name: &str| base.path().join(name);
            for name in ["fresh", "path"] {
                fs::create_dir(at(name)).unwrap();
                fs::write(at(name).join("file"), name).unwrap();
            }
            exchange(&at("fresh"), &at("path"), &at("aside")).unwrap();
            assert_eq!(fs::read_to_string(at("path/file")).unwrap(), "fresh");
            assert_eq!(fs::read_to_string(at("aside/file")).unwrap(), "path");
            assert!(!at("fresh").exists());
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_put_there() {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        fs::create_dir(at("fresh")).unwrap();
        exchange_folder(&at("fresh"), &at("path"), &at("aside")).unwrap();
        assert!(at("path").is_dir() && !at("fresh").exists() && !at("aside").exists());
    }
}
