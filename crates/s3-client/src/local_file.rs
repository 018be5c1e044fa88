//! A file that is uploaded: opened once, read in ranges as often as needed, never as a whole.
use crate::{
    checksum::{md5_of, sha256_of},
    error::Error,
};
use hardened_host::open_named_file;
use http_exchange::Open;
use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

/// A file as it was when it was opened, with its checksum.
#[derive(Clone)]
pub struct LocalFile {
    path: PathBuf,
    file: Arc<File>,
    size: u64,
    /// Seconds and nanoseconds of the last change.
    changed: (i64, i64),
    sha256: String,
}

impl LocalFile {
    /// Opens the file and reads all of it once. `read` hears how many of how many bytes were read.
    pub fn open(path: &Path, read: &mut dyn FnMut(u64, u64)) -> Result<Self, Error> {
        let refuse = |why: String| Error::File { path: path.display().to_string(), why };
        let file = open_named_file(path).map_err(|e| refuse(e.to_string()))?;
        let (size, changed) = state(&file).map_err(|e| refuse(e.to_string()))?;
        let mut opened =
            Self { path: path.to_owned(), file: Arc::new(file), size, changed, sha256: String::new() };
        opened.sha256 = sha256_of(opened.range(0, size), &mut |so_far| read(so_far, size))
            .map_err(|e| refuse(e.to_string()))?;
        opened.check_unchanged()?;
        Ok(opened)
    }

    /// In bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// In hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The MD5 of the whole file, in hexadecimal.
    pub fn md5(&self) -> Result<String, Error> {
        self.md5_of_range(0, self.size)
    }

    pub(crate) fn md5_of_range(&self, start: u64, length: u64) -> Result<String, Error> {
        md5_of(self.range(start, length)).map_err(|e| self.unreadable(&e))
    }

    /// Fails if the file has been written to since it was opened.
    pub(crate) fn check_unchanged(&self) -> Result<(), Error> {
        match state(&self.file) {
            Ok(now) if now == (self.size, self.changed) => Ok(()),
            Ok(_) => Err(Error::FileChanged { path: self.path.display().to_string() }),
            Err(e) => Err(self.unreadable(&e)),
        }
    }

    pub(crate) fn range(&self, start: u64, length: u64) -> Range {
        Range { file: self.file.clone(), at: start, left: length }
    }

    /// The range as the body of a request.
    pub(crate) fn body(&self, start: u64, length: u64) -> Open {
        let range = self.range(start, length);
        Rc::new(move || Ok(Box::new(range.clone())))
    }

    pub(crate) fn unreadable(&self, e: &io::Error) -> Error {
        Error::File { path: self.path.display().to_string(), why: e.to_string() }
    }
}

fn state(file: &File) -> io::Result<(u64, (i64, i64))> {
    let found = file.metadata()?;
    Ok((found.len(), (found.mtime(), found.mtime_nsec())))
}

/// Reads a part of a file without moving anybody else's place in it.
#[derive(Clone)]
pub(crate) struct Range {
    file: Arc<File>,
    at: u64,
    left: u64,
}

impl Read for Range {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read_at(&mut buffer[..most], self.at)?;
        self.at += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checksum::Sha256;

    #[test]
    fn a_range_is_read_again_from_its_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "0123456789").unwrap();
        let file = LocalFile::open(&path, &mut |_, _| ()).unwrap();
        assert_eq!((file.size(), file.sha256()), (10, Sha256::of(b"0123456789").as_str()));
        let body = file.body(3, 4);
        for _ in 0..2 {
            let mut text = String::new();
            body().unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "3456");
        }
    }

    #[test]
    fn a_file_that_grows_meanwhile_is_not_taken_for_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "half").unwrap();
        let file = LocalFile::open(&path, &mut |_, _| ()).unwrap();
        std::fs::write(&path, "half and half").unwrap();
        assert!(matches!(file.check_unchanged(), Err(Error::FileChanged { .. })));
    }
}
