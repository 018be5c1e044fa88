//! A private folder that other processes of this user find again: it has a known name in one of several places. Where another user has taken
//! that name in all of them, it has one that begins so and that nobody could know beforehand.
use crate::{
    place::safe_place,
    private::{ENTERED_BY_USER, RANDOM, is_own_folder, own_folder, under_a_fresh_name},
    private_error::PrivateError,
};
use std::{
    fs::{DirBuilder, read_dir, remove_dir},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    thread::sleep,
    time::Duration,
};

/// Two processes that make folders within this time agree on one of them.
const AGREEMENT: Duration = Duration::from_millis(50);

/// Such a folder.
#[derive(Debug)]
pub struct FoundAgain {
    /// Its path.
    pub path: PathBuf,
    /// Why the known name could not be used in earlier places.
    pub in_the_way: Vec<PrivateError>,
    /// Whether it has a name of its own. It is found again only as long as the known one is taken in all places.
    pub has_own_name: bool,
}

/// The private folder of this name in the first of these places that is safe and where nobody else has taken the name. The error is that of
/// another user's interference, if there is one, rather than a merely missing place.
pub fn first_own_folder(places: &[PathBuf], name: &str) -> Result<FoundAgain, PrivateError> {
    let mut in_the_way = vec![];
    for place in places {
        let ensured = safe_place(place).map(|place| place.join(name));
        match ensured.and_then(|path| own_folder(&path).map(|()| path)) {
            Ok(path) => return Ok(FoundAgain { path, in_the_way, has_own_name: false }),
            Err(error) => in_the_way.push(error),
        }
    }
    let taken = in_the_way.iter().position(is_squatted);
    if let Some(path) = taken.and_then(|_| folder_of_own_name(places, name)) {
        return Ok(FoundAgain { path, in_the_way, has_own_name: true });
    }
    let worst = (!in_the_way.is_empty()).then(|| in_the_way.swap_remove(taken.unwrap_or_default()));
    Err(worst.unwrap_or_else(|| PrivateError::of(Path::new(name), &io::ErrorKind::NotFound.into())))
}

fn folder_of_own_name(places: &[PathBuf], name: &str) -> Option<PathBuf> {
    let prefix = format!("{name}-");
    let places: Vec<PathBuf> = places.iter().filter_map(|place| safe_place(place).ok()).collect();
    if let Some(known) = first_with(&places, &prefix) {
        return Some(known);
    }
    let make = |path: &Path| DirBuilder::new().mode(ENTERED_BY_USER).create(path);
    let (fresh, ()) = places.iter().find_map(|place| under_a_fresh_name(place, &prefix, make).ok())?;
    sleep(AGREEMENT);
    let agreed = first_with(&places, &prefix)?;
    if agreed != fresh {
        // Another process has made one as well. If it fails, somebody uses ours.
        let _ = remove_dir(fresh);
    }
    Some(agreed)
}

/// The first folder that this user has made so.
fn first_with(places: &[PathBuf], prefix: &str) -> Option<PathBuf> {
    places.iter().find_map(|place| {
        let names = read_dir(place).ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let is_random =
            |random: &str| random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let ours = names.filter(|name| name.strip_prefix(prefix).is_some_and(is_random));
        ours.map(|name| place.join(name)).filter(|path| is_own_folder(path).is_ok()).min()
    })
}

fn is_squatted(error: &PrivateError) -> bool {
    matches!(error, PrivateError::Squatted { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        fs::{self, Permissions},
        os::unix::fs::{PermissionsExt, symlink},
        thread,
    };

    fn places() -> [tempfile::TempDir; 3] {
        [(); 3].map(|()| tempfile::tempdir().unwrap())
    }

    fn paths(places: &[tempfile::TempDir]) -> Vec<PathBuf> {
        places.iter().map(|place| place.path().canonicalize().unwrap()).collect()
    }

    fn take(path: &Path) {
        fs::create_dir(path).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap();
    }

    #[test]
    fn where_somebody_else_was_first_another_place_is_taken_and_the_squatter_named() {
        let all = places();
        let paths = paths(&all);
        take(&paths[0].join("own"));
        for _ in 0..2 {
            let found = first_own_folder(&paths, "own").unwrap();
            assert_eq!((found.path, found.has_own_name), (paths[1].join("own"), false));
            assert_eq!(found.in_the_way.len(), 1);
            assert!(found.in_the_way[0].to_string().ends_with("others can access it (mode 777)"));
        }
    }

    #[test]
    fn where_the_name_is_taken_everywhere_one_that_nobody_could_know_is_used_by_all() {
        let all = places();
        let paths = paths(&all);
        for place in &paths {
            take(&place.join("own"));
        }
        // What others make in advance is not ours.
        take(&paths[0].join("own-0000000000000000"));
        symlink("own", paths[0].join("own-0000000000000001")).unwrap();
        let found: Vec<_> = thread::scope(|scope| {
            let all: Vec<_> =
                (0..8).map(|_| scope.spawn(|| first_own_folder(&paths, "own").unwrap())).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        for one in &found {
            assert_eq!((&one.path, one.has_own_name, one.in_the_way.len()), (&found[0].path, true, 3));
        }
        assert_eq!(fs::read_dir(&paths[0]).unwrap().count(), 4, "those of the others, and one");
        assert_eq!(found[0].path.metadata().unwrap().permissions().mode() & 0o7777, 0o700);
        assert_eq!(first_own_folder(&paths, "own").unwrap().path, found[0].path);
    }

    #[test]
    fn without_a_place_the_error_is_the_interference() {
        let all = places();
        let mut paths = paths(&all);
        paths.truncate(1);
        paths[0].push("missing");
        assert!(matches!(first_own_folder(&paths, "own"), Err(PrivateError::System { .. })));
        assert!(first_own_folder(&[], "own").is_err());
    }
}
