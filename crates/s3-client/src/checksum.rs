//! The checksums that S3 asks for, and those by which a file is known again.
use aws_lc_rs::digest::{Context, SHA256};
use base64::{Engine, prelude::BASE64_STANDARD};
use md5::{Digest, Md5};
use std::io::{self, Read};

/// How much of a file is in memory at a time.
const CHUNK: usize = 256 << 10;

/// A SHA-256 under way.
pub(crate) struct Sha256(Context);

impl Sha256 {
    pub(crate) fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// In hexadecimal.
    pub(crate) fn finish(self) -> String {
        hex(self.0.finish().as_ref())
    }

    /// That of a whole text, in hexadecimal.
    pub(crate) fn of(bytes: &[u8]) -> String {
        let mut sha = Self::new();
        sha.update(bytes);
        sha.finish()
    }
}

/// The SHA-256 of all that comes, in hexadecimal; `read` hears after each piece how many bytes there were so far.
pub(crate) fn sha256_of(mut source: impl Read, read: &mut dyn FnMut(u64)) -> io::Result<String> {
    let mut sha = Sha256::new();
    in_chunks(&mut source, |bytes, so_far| {
        sha.update(bytes);
        read(so_far);
    })?;
    Ok(sha.finish())
}

/// The MD5 of all that comes, in hexadecimal, as the `ETag` of an object or a part has it.
pub(crate) fn md5_of(mut source: impl Read) -> io::Result<String> {
    let mut md5 = Md5::new();
    in_chunks(&mut source, |bytes, _| md5.update(bytes))?;
    Ok(hex(&md5.finalize()))
}

/// The MD5 of a body as the header `Content-MD5` has it.
pub(crate) fn content_md5(body: &[u8]) -> String {
    BASE64_STANDARD.encode(Md5::digest(body))
}

/// Bytes in hexadecimal, in lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn in_chunks(source: &mut impl Read, mut take: impl FnMut(&[u8], u64)) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    let mut so_far = 0;
    loop {
        match source.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(amount) => {
                so_far += amount as u64;
                take(&chunk[..amount], so_far);
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_programs_of_their_names() {
        let abc = || &b"abc"[..];
        assert_eq!(md5_of(abc()).unwrap(), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(content_md5(abc()), "kAFQmDzST7DWlj99KOF/cg==");
        let mut read = 0;
        let sha = sha256_of(abc(), &mut |so_far| read = so_far).unwrap();
        assert_eq!(sha, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(read, 3);
    }
}
