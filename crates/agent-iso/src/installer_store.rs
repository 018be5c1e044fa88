//! Installers that were fetched from a mirror: each once, in a folder of its version.
use crate::{
    Error, Installer, Mirror, Version, iso_file::hash_of, mirror::Archive, place::check_place,
    work_folder::WorkFolder,
};
use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;
use flate2::read::GzDecoder;
use hardened_host::{
    OPENED_BY_USER, create_file, named_folder, open_named_file, read_own_file, replace_file,
};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, Permissions},
    io::{self, BufReader, Write},
    ops::ControlFlow,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const PROGRAM: &str = "openshift-install";
const NOTE: &str = "fetched.json";
const LARGEST_NOTE: u64 = 4096;
/// A download that brings no progress for so many bytes tells its user nothing.
const TELL_EVERY: u64 = 100 << 20;

/// A folder with a folder for each version.
pub struct InstallerStore {
    folder: PathBuf,
}

/// What is kept beside a program.
#[derive(Serialize, Deserialize)]
struct Note {
    /// Of the program, so that a damaged one is fetched again.
    sha256: String,
    archive_sha256: String,
}

impl InstallerStore {
    /// Nothing is made yet.
    pub fn new(folder: PathBuf) -> Self {
        InstallerStore { folder }
    }

    /// The installer of this version, if it is there whole.
    pub fn kept(&self, version: &Version) -> Result<Option<Installer>, Error> {
        let program = self.folder_of(version).join(PROGRAM);
        let note = read_own_file(&self.folder_of(version).join(NOTE), LARGEST_NOTE).ok();
        let note = note.and_then(|bytes| serde_json::from_slice::<Note>(&bytes).ok());
        let Some(note) = note else { return Ok(None) };
        match hash_of(&program)? {
            Some((sha256, _)) if sha256 == note.sha256 => Installer::at(&program).map(Some),
            _ => Ok(None),
        }
    }

    /// Checks that an installer can be kept here, without making anything.
    pub fn check_place(&self) -> Result<(), Error> {
        check_place("cache", &self.folder)
    }

    /// Fetches the installer of this version, and checks it: by the hash of its archive, and by what it says of itself.
    pub fn fetch(
        &self,
        mirror: &Mirror,
        version: &Version,
        archive: &Archive,
        deadline: Instant,
        tell: &dyn Fn(&str),
    ) -> Result<Installer, Error> {
        named_folder(&self.folder)?;
        let fresh = WorkFolder::new(&self.folder, ".fetching-")?;
        let packed = fresh.path().join("archive");
        download(mirror, archive, &packed, deadline, tell)?;
        let program = fresh.path().join(PROGRAM);
        unpack(&packed, &program)?;
        fs::remove_file(&packed).map_err(|e| Error::file(&packed, &e))?;
        let found = Installer::at(&program)?.release()?.version;
        if found != *version {
            return Err(Error::Unusable(format!(
                "the mirror's installer of OpenShift {version} reports version {found}. Check the mirror, and give the version that it has."
            )));
        }
        let (sha256, _) = hash_of(&program)?.unwrap_or_default();
        let note = Note { sha256, archive_sha256: archive.sha256.clone() };
        let note = serde_json::to_vec(&note).unwrap_or_default();
        replace_file(&fresh.path().join(NOTE), &note, OPENED_BY_USER)
            .map_err(|e| Error::file(fresh.path(), &e))?;
        let place = self.folder_of(version);
        // A damaged one may be there.
        let _ = fs::remove_dir_all(&place);
        fs::rename(fresh.path(), &place).map_err(|e| Error::file(&place, &e))?;
        Installer::at(&place.join(PROGRAM))
    }

    fn folder_of(&self, version: &Version) -> PathBuf {
        self.folder.join(version.as_str())
    }
}

fn download(
    mirror: &Mirror,
    archive: &Archive,
    to: &Path,
    deadline: Instant,
    tell: &dyn Fn(&str),
) -> Result<(), Error> {
    const LONGEST_PAUSE: Duration = Duration::from_secs(20);
    let (mut attempt, mut pause) = (1, Duration::from_millis(500));
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match download_once(mirror, archive, to, left, tell) {
            Err(Error::Exchange(e))
                if may_pass(&e) && deadline.saturating_duration_since(Instant::now()) > pause =>
            {
                attempt += 1;
                tell(&format!("The download was interrupted: {e} Starting again, attempt {attempt}"));
                std::thread::sleep(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            other => return other,
        }
    }
}

fn may_pass(error: &http_exchange::Error) -> bool {
    use http_exchange::Kind::{RateLimited, Timeout, Unavailable};
    matches!(error.kind(), Unavailable | Timeout | RateLimited)
}

fn download_once(
    mirror: &Mirror,
    archive: &Archive,
    to: &Path,
    patience: Duration,
    tell: &dyn Fn(&str),
) -> Result<(), Error> {
    let _ = fs::remove_file(to);
    let mut file = create_file(to).map_err(|e| Error::file(to, &e))?;
    let (mut context, mut size, mut failure) = (Context::new(&SHA256), 0_u64, None);
    let mut take = |piece: &[u8]| {
        context.update(piece);
        if (size + piece.len() as u64) / TELL_EVERY > size / TELL_EVERY {
            tell(&format!("{} MiB of the installer downloaded", size >> 20));
        }
        size += piece.len() as u64;
        match file.write_all(piece) {
            Ok(()) => ControlFlow::Continue(()),
            Err(e) => {
                failure = Some(e);
                ControlFlow::Break(())
            }
        }
    };
    mirror.download(archive, patience, &mut take)?;
    if let Some(e) = failure {
        return Err(Error::file(to, &e));
    }
    let found = HEXLOWER.encode(context.finish().as_ref());
    if found == archive.sha256 {
        return Ok(());
    }
    Err(Error::Unusable(format!(
        "the archive of the installer has the sha256 {found}, but the mirror lists {}, so it was not used. Run the task again; if it happens again, the mirror is damaged.",
        archive.sha256
    )))
}

/// Takes the program out of the archive.
fn unpack(archive: &Path, program: &Path) -> Result<(), Error> {
    let broken = |e: &io::Error| {
        Error::Unusable(format!(
            "the archive of the installer can't be unpacked: {e}. Check the mirror and the free disk space."
        ))
    };
    let file: File = open_named_file(archive).map_err(|e| Error::file(archive, &e.into()))?;
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(file)));
    for entry in archive.entries().map_err(|e| broken(&e))? {
        let mut entry = entry.map_err(|e| broken(&e))?;
        let is_program = entry.path().is_ok_and(|path| path.file_name().is_some_and(|name| name == PROGRAM));
        if !is_program || !entry.header().entry_type().is_file() {
            continue;
        }
        let mut file = create_file(program).map_err(|e| Error::file(program, &e))?;
        io::copy(&mut entry, &mut file).map_err(|e| broken(&e))?;
        return file.set_permissions(Permissions::from_mode(0o700)).map_err(|e| Error::file(program, &e));
    }
    Err(Error::Unusable("the archive of the installer holds no openshift-install. Check the mirror.".into()))
}
