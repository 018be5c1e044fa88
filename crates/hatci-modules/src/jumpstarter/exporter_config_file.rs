//! The file of an exporter's configuration, in a folder that stays the same one from the first look at the file to its change, whoever exchanges
//! it meanwhile.
use hardened_host::{OPENED_BY_USER, OpenFolder};
use jiff::Zoned;
use std::{
    ffi::OsStr,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// The most that is read of what is there, in bytes.
const LARGEST: u64 = 1 << 20;

pub(super) struct ConfigFile {
    path: PathBuf,
    /// None if it is not there yet.
    folder: Option<OpenFolder>,
}

impl ConfigFile {
    pub(super) fn new(path: PathBuf) -> Self {
        ConfigFile { path, folder: None }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the folder, if it is there.
    pub(super) fn reach(&mut self) -> io::Result<()> {
        self.folder = match OpenFolder::of(&self.path) {
            Ok((folder, _)) => Some(folder),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(e),
        };
        Ok(())
    }

    /// Makes the folder. False if it is there.
    pub(super) fn make_folder(&mut self) -> io::Result<bool> {
        if self.folder.is_some() {
            return Ok(false);
        }
        self.folder = Some(OpenFolder::made_of(&self.path)?.0);
        Ok(true)
    }

    /// Content and mode; none if there is no file.
    pub(super) fn read(&self) -> io::Result<Option<(String, u32)>> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let read = || -> io::Result<(String, u32)> {
            let content = folder.read_named(self.name(), LARGEST)?;
            let mode = folder.open_named(self.name())?.metadata()?.permissions().mode() & 0o7777;
            Ok((String::from_utf8_lossy(&content).into_owned(), mode))
        };
        match read() {
            // A link to nothing is there as well.
            Err(e) if e.kind() == io::ErrorKind::NotFound && folder.is_link(self.name()) => {
                Ok(Some((String::new(), 0)))
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            found => found.map(Some),
        }
    }

    /// Makes a copy beside it, and returns its path; none if there is no file.
    pub(super) fn copy(&self) -> io::Result<Option<String>> {
        let folder = self.folder()?;
        let content = match folder.read_named(self.name(), LARGEST) {
            Err(fault) if fault.is_not_found() => return Ok(None),
            read => read?,
        };
        let first = format!("{}{}", self.name().display(), Zoned::now().strftime(".%Y%m%dT%H%M%S"));
        let mut name = first.clone();
        let mut others = 0;
        let mut copy = loop {
            match folder.create(name.as_ref()) {
                // A copy of the same second is kept as well.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => others += 1,
                opened => break opened?,
            }
            name = format!("{first}.{others}");
        };
        copy.write_all(&content).inspect_err(|_| {
            // Half a copy is none.
            let _ = folder.remove(name.as_ref());
        })?;
        Ok(Some(self.path.with_file_name(name).display().to_string()))
    }

    /// Makes this its content, for this user alone.
    pub(super) fn replace(&self, content: &str) -> io::Result<()> {
        self.folder()?.replace(self.name(), content.as_bytes(), OPENED_BY_USER)
    }

    pub(super) fn remove(&self) -> io::Result<()> {
        self.folder()?.remove(self.name())
    }

    fn folder(&self) -> io::Result<&OpenFolder> {
        self.folder.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_is_changed_where_it_was_read_although_somebody_exchanged_its_folder() {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        for name in ["configs", "another"] {
            fs::create_dir(at(name)).unwrap();
            fs::write(at(name).join("a.yaml"), name).unwrap();
        }
        let mut file = ConfigFile::new(at("configs/a.yaml"));
        file.reach().unwrap();
        fs::rename(at("configs"), at("away")).unwrap();
        fs::rename(at("another"), at("configs")).unwrap();
        assert_eq!(file.read().unwrap().unwrap().0, "configs");
        file.copy().unwrap();
        file.replace("new").unwrap();
        assert_eq!(fs::read_dir(at("away")).unwrap().count(), 2);
        assert_eq!(fs::read_to_string(at("away/a.yaml")).unwrap(), "new");
        file.remove().unwrap();
        assert_eq!(fs::read_to_string(at("configs/a.yaml")).unwrap(), "another");
        assert_eq!(fs::read_dir(at("configs")).unwrap().count(), 1);
    }
}
