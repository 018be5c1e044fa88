//! The ISO where the user wants it, the kubeconfig beside it, and the record of how it was made.
use crate::{Build, Error, Release, Version, iso_file::hash_of, iso_file::is_iso};
use hardened_host::{OPENED_BY_USER, read_own_file, replace_file};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    ffi::OsString,
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

const LARGEST: u64 = 1 << 20;

/// An ISO and the files beside it, whose names begin as its own.
#[derive(Clone, Debug)]
pub struct Product {
    iso: PathBuf,
}

/// How an ISO was made. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Of all inputs and the installer.
    pub inputs_hash: String,
    /// Of OpenShift.
    pub version: String,
    /// That the installer was built from.
    pub commit: String,
    /// Of the ISO, in hex.
    pub sha256: String,
    /// Of the ISO, in bytes.
    pub size: u64,
    /// Of the kubeconfig, in hex; none if the installer made none.
    pub kubeconfig_sha256: Option<String>,
    /// When it was built, as in RFC 3339: its first certificates are as old.
    pub built: String,
    /// The address of the host that leads the installation.
    pub rendezvous_ip: Option<String>,
}

impl Record {
    /// What the installer said of itself.
    pub fn release(&self) -> Option<Release> {
        Some(Release { version: Version::parse(&self.version)?, commit: self.commit.clone() })
    }
}

impl Product {
    /// The ISO at this path.
    pub fn at(iso: PathBuf) -> Self {
        Product { iso }
    }

    /// The ISO.
    pub fn iso(&self) -> &Path {
        &self.iso
    }

    /// The cluster administrator's configuration, beside the ISO.
    pub fn kubeconfig(&self) -> PathBuf {
        self.beside(".kubeconfig")
    }

    /// What of it is there.
    pub fn existing(&self) -> Vec<PathBuf> {
        self.files().into_iter().filter(|path| path.symlink_metadata().is_ok()).collect()
    }

    /// How what is there was made; none unless ISO and kubeconfig are there as they were made.
    pub fn record(&self) -> Result<Option<Record>, Error> {
        let Ok(bytes) = read_own_file(&self.beside(".json"), LARGEST) else { return Ok(None) };
        let Ok(record) = serde_json::from_slice::<Record>(&bytes) else { return Ok(None) };
        let is_whole = hash_of(&self.iso)?.is_some_and(|(sha256, _)| sha256 == record.sha256)
            && hash_of(&self.kubeconfig())?.map(|(sha256, _)| sha256) == record.kubeconfig_sha256;
        Ok(is_whole.then_some(record))
    }

    /// How old it is, by the record and by the file: whichever is older.
    pub fn age(&self, record: &Record) -> Duration {
        let now = SystemTime::now();
        let since = |then: SystemTime| now.duration_since(then).unwrap_or_default();
        let changed = fs::metadata(&self.iso).and_then(|it| it.modified()).map(since).unwrap_or_default();
        let built = record.built.parse::<Timestamp>().map_or(SystemTime::UNIX_EPOCH, SystemTime::from);
        since(built).max(changed)
    }

    /// Puts what a build has made in the place of what was there. The record is written last, so that a half-made product has none.
    pub fn take(&self, build: &Build, inputs_hash: String, release: &Release) -> Result<Record, Error> {
        let damaged =
            || Error::Build("openshift-install left no ISO or no kubeconfig. Run the task again.".into());
        let (sha256, size) = hash_of(build.iso())?.ok_or_else(damaged)?;
        let kubeconfig_sha256 = hash_of(&build.kubeconfig())?.map(|(sha256, _)| sha256);
        let record = Record {
            inputs_hash,
            version: release.version.to_string(),
            commit: release.commit.clone(),
            sha256,
            size,
            kubeconfig_sha256,
            built: Timestamp::now().to_string(),
            rendezvous_ip: build.rendezvous_ip(),
        };
        remove(&self.beside(".json"))?;
        for (from, to) in [
            (build.iso().to_owned(), self.iso.clone()),
            (build.kubeconfig(), self.kubeconfig()),
            (build.password(), self.beside(".kubeadmin-password")),
        ] {
            if from.exists() {
                move_to(&from, &to)?;
            } else {
                // One of an earlier build would not fit.
                remove(&to)?;
            }
        }
        let text = serde_json::to_vec_pretty(&record).unwrap_or_default();
        let path = self.beside(".json");
        replace_file(&path, &text, OPENED_BY_USER).map_err(|e| Error::file(&path, &e))?;
        Ok(record)
    }

    /// Whether it is there as the record says, and an ISO.
    pub fn is_as(&self, record: &Record) -> Result<bool, Error> {
        Ok(is_iso(&self.iso) && self.record()?.as_ref() == Some(record))
    }

    /// Removes all of it; the record goes first.
    pub fn remove(&self) -> Result<(), Error> {
        self.files().iter().try_for_each(|path| remove(path))
    }

    fn files(&self) -> [PathBuf; 4] {
        [self.beside(".json"), self.kubeconfig(), self.beside(".kubeadmin-password"), self.iso.clone()]
    }

    /// The ISO's name without its ending, with another one.
    fn beside(&self, ending: &str) -> PathBuf {
        let mut name: OsString = self.iso.file_stem().unwrap_or_default().to_owned();
        name.push(ending);
        self.iso.with_file_name(name)
    }
}

fn move_to(from: &Path, to: &Path) -> Result<(), Error> {
    // The pull secret is in the ISO as well.
    let moved =
        fs::set_permissions(from, Permissions::from_mode(OPENED_BY_USER)).and_then(|()| fs::rename(from, to));
    moved.map_err(|e| Error::file(to, &e))
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::file(path, &e)),
        _ => Ok(()),
    }
}
