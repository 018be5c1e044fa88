//! SHA-256, of what is at hand or of what passes through, as bytes or in hexadecimal digits.
use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;

/// The digest of these pieces, one after the other.
pub(crate) fn sha256<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut passing = Passing::default();
    pieces.into_iter().for_each(|piece| passing.add(piece));
    passing.context.finish().as_ref().to_vec()
}

/// The digest of this content in 64 hexadecimal digits.
pub fn sha256_hex(content: &[u8]) -> String {
    HEXLOWER.encode(&sha256([content]))
}

/// A digest of what passes through.
#[derive(Clone)]
pub(crate) struct Passing {
    context: Context,
}

impl Default for Passing {
    fn default() -> Self {
        Passing { context: Context::new(&SHA256) }
    }
}

impl Passing {
    pub(crate) fn add(&mut self, piece: &[u8]) {
        self.context.update(piece);
    }

    /// In 64 hexadecimal digits.
    pub(crate) fn hex(self) -> String {
        HEXLOWER.encode(self.context.finish().as_ref())
    }
}
