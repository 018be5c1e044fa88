//! Copies within the server, of any size.
use crate::{
    address::{check_bucket, check_key, path},
    client::Client,
    error::Error,
    metadata::Metadata,
    objects::Object,
    pieces::LARGEST_PART,
};

/// How much of a large object one request copies: some minutes on a slow server.
const PIECE: u64 = 1 << 30;

impl Client {
    /// Copies an object, which is as `source` says. `metadata` replaces that of the source, also in place.
    pub fn copy(
        &self,
        from: (&str, &str),
        to: (&str, &str),
        source: &Object,
        metadata: Option<&Metadata>,
    ) -> Result<(), Error> {
        check_bucket(to.0)?;
        check_key(to.1)?;
        if source.size <= LARGEST_PART {
            return self.with_time_for(source.size)?.copy_whole(from, to, metadata);
        }
        let metadata = metadata.unwrap_or(&source.metadata);
        let known = self.uploads(to.0, to.1)?;
        let id = self.begin_upload(to.0, to.1, metadata, &known)?;
        self.copy_pieces(from, (to.0, to.1, &id), source.size).inspect_err(|_| {
            // The first error is the one to tell.
            let _ = self.abort_upload(to.0, to.1, &id);
        })
    }

    fn copy_pieces(&self, from: (&str, &str), upload: (&str, &str, &str), size: u64) -> Result<(), Error> {
        let source = path(from.0, from.1);
        let client = self.with_time_for(PIECE)?;
        let mut etags = Vec::new();
        for (number, start) in (1..).zip((0..size).step_by(usize::try_from(PIECE).unwrap_or(usize::MAX))) {
            let last = (start + PIECE).min(size) - 1;
            etags.push(client.copy_part(upload, number, &source, (start, last))?);
        }
        self.with_time_for(size)?.complete_upload(upload, &etags)
    }
}
