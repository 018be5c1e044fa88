//! Looks at an ISO, and hashes files.
use crate::Error;
use aws_lc_rs::digest::{Context, SHA256, digest};
use data_encoding::HEXLOWER;
use hardened_host::open_named_file;
use std::{
    io::{Read, Seek, SeekFrom},
    path::Path,
};

/// Where ISO 9660 has its first volume descriptor, behind one byte for its type.
const MAGIC_AT: u64 = 32_769;
const MAGIC: &[u8; 5] = b"CD001";
const PIECE: usize = 1 << 20;

/// The sha256 of a text, in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, bytes).as_ref())
}

/// The sha256 of a file, in hex, and its size in bytes. `None` if there is none.
pub(crate) fn hash_of(path: &Path) -> Result<Option<(String, u64)>, Error> {
    let mut file = match open_named_file(path) {
        Ok(file) => file,
        Err(e) if e.is_not_found() => return Ok(None),
        Err(e) => return Err(Error::file(path, &e.into())),
    };
    let (mut context, mut size, mut piece) = (Context::new(&SHA256), 0, vec![0; PIECE]);
    loop {
        let read = file.read(&mut piece).map_err(|e| Error::file(path, &e))?;
        if read == 0 {
            return Ok(Some((HEXLOWER.encode(context.finish().as_ref()), size)));
        }
        context.update(&piece[..read]);
        size += read as u64;
    }
}

/// Whether the file is an ISO 9660 image.
pub(crate) fn is_iso(path: &Path) -> bool {
    let magic = || -> Option<[u8; 5]> {
        let mut file = open_named_file(path).ok()?;
        file.seek(SeekFrom::Start(MAGIC_AT)).ok()?;
        let mut magic = [0; 5];
        file.read_exact(&mut magic).ok()?;
        Some(magic)
    };
    magic().as_ref() == Some(MAGIC)
}
