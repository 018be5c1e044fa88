//! Whether a folder is a safe place: nobody but its user and root can exchange what the user puts there.
//!
//! A folder's owner can rename and replace whatever is in it, and so can anybody who may write to it unless it is sticky. That
//! holds for each folder above it, too, and for who made a symbolic link on the way.
use crate::{PrivateError, trusted_users::trusted_users, walk::Walk};
use rustix::{fs::fstat, process::geteuid};
use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf, absolute},
};

const WRITTEN_BY_OTHERS: u32 = 0o022;
const WRITTEN_BY_ANYBODY: u32 = 0o002;
/// In such a folder, users can't remove or rename each other's files.
const STICKY: u32 = 0o1000;

/// The real path of this folder, if it is a safe place.
pub fn safe_place(path: &Path) -> Result<PathBuf, PrivateError> {
    let trusted = trusted_users();
    checked(path, &|owner, mode| objection(owner, mode, WRITTEN_BY_OTHERS, &trusted))
}

/// Who else could exchange what is in this folder, as a clause that begins with the path of the folder that lets them. None if nobody but root and
/// the folders' groups can. Of a folder that does not exist, those above it count.
pub fn exchangeable(path: &Path) -> Option<String> {
    let trusted = trusted_users();
    match checked(path, &|owner, mode| objection(owner, mode, WRITTEN_BY_ANYBODY, &trusted)) {
        Err(PrivateError::Unsafe { path, what }) => Some(format!("{}: {what}", path.display())),
        _ => None,
    }
}

/// Walks to the folder, and on the way hands the owner and the mode of each folder to `objection`.
fn checked(path: &Path, objection: &dyn Fn(u32, u32) -> Option<String>) -> Result<PathBuf, PrivateError> {
    let failed = |e| PrivateError::of(path, &e);
    // From `/`: the folders above the current one count, too.
    let mut walk = absolute(path).and_then(|path| Walk::of(&path)).map_err(failed)?;
    loop {
        let found = fstat(walk.here()).map_err(|e| PrivateError::of(walk.real(), &e.into()))?;
        if let Some(what) = objection(found.st_uid, found.st_mode) {
            return Err(PrivateError::Unsafe { path: walk.real().into(), what });
        }
        if !walk.step().map_err(failed)? {
            return Ok(walk.real().into());
        }
    }
}

/// The user's folder for the time of the login (`XDG_RUNTIME_DIR`), if it is the user's own. After `su` or `sudo -E` it is not.
pub fn login_place() -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR")?);
    own_place(&path).filter(|_| path.is_absolute())
}

fn own_place(path: &Path) -> Option<PathBuf> {
    let real = safe_place(path).ok()?;
    let found = real.metadata().ok()?;
    (found.is_dir() && found.uid() == geteuid().as_raw() && found.mode() & WRITTEN_BY_OTHERS == 0)
        .then_some(real)
}

/// Why somebody but these users can exchange what is in a folder, if those with one of these permissions are not trusted.
fn objection(owner: u32, mode: u32, foreign: u32, trusted: &[u32]) -> Option<String> {
    if !trusted.contains(&owner) {
        return Some(format!("it belongs to user {owner}"));
    }
    (mode & foreign != 0 && mode & STICKY == 0)
        .then(|| format!("others can write there (mode {:o})", mode & 0o7777))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        fs::{self, Permissions},
        os::unix::fs::{PermissionsExt, symlink},
    };

    #[test]
    fn nobody_else_may_own_a_place_or_write_there_unless_it_is_sticky() {
        for (owner, mode, is_safe) in [
            (7, 0o700, true),
            (7, 0o755, true),
            (0, 0o755, true),
            (0, 0o1777, true),
            (7, 0o1777, true),
            (4003, 0o700, false),
            (4003, 0o755, false),
            (4003, 0o1777, false),
            (7, 0o777, false),
            (7, 0o775, false),
            (0, 0o757, false),
        ] {
            assert_eq!(
                objection(owner, mode, WRITTEN_BY_OTHERS, &[7, 0]).is_none(),
                is_safe,
                "{owner} {mode:o}"
            );
        }
    }

    #[test]
    fn every_folder_above_a_place_counts_and_so_does_what_a_link_leads_to() {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        fs::create_dir_all(at("open/within/it")).unwrap();
        fs::create_dir(at("closed")).unwrap();
        symlink(at("open/within/it"), at("closed/link")).unwrap();
        symlink(at("closed"), at("good link")).unwrap();
        fs::set_permissions(at("open"), Permissions::from_mode(0o777)).unwrap();
        for path in ["open", "open/within", "open/within/it", "closed/link", "open/../closed"] {
            let error = safe_place(&at(path)).unwrap_err();
            let is_open = matches!(&error, PrivateError::Unsafe { path, .. } if path.ends_with("open"));
            assert!(is_open || path.contains(".."), "{path}: {error}");
        }
        for path in ["closed", "good link"] {
            assert_eq!(safe_place(&at(path)).unwrap(), at("closed").canonicalize().unwrap());
            assert!(own_place(&at(path)).is_some());
        }
        fs::set_permissions(at("open"), Permissions::from_mode(0o1777)).unwrap();
        assert!(safe_place(&at("open/within/it")).is_ok());
        assert!(own_place(&at("open")).is_none(), "a login's folder is for one user");
        assert!(matches!(safe_place(&at("missing")), Err(PrivateError::System { .. })));
    }

    #[test]
    fn a_folder_that_anybody_may_write_to_can_be_exchanged_and_one_for_its_group_is_not_called_so() {
        let base = tempfile::tempdir().unwrap();
        let within = base.path().join("open/within");
        fs::create_dir_all(&within).unwrap();
        for (mode, told) in [(0o755, false), (0o775, false), (0o1777, false), (0o777, true)] {
            fs::set_permissions(base.path().join("open"), Permissions::from_mode(mode)).unwrap();
            let said = exchangeable(&within);
            assert_eq!(said.is_some(), told, "{mode:o} {said:?}");
            assert!(said.is_none_or(|said| said.ends_with("/open: others can write there (mode 777)")));
        }
        assert!(exchangeable(&within.join("missing")).is_some(), "what will be made there, too");
    }
}
