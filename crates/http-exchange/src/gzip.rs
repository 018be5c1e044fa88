//! Decompresses a body. What pads a stream with zeros, as some servers and tapes do, is no fault in it; `gzip -d` takes it, too.
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};

/// What a request says that it takes.
pub(crate) const ACCEPTED: &str = "gzip";

/// Whether a `Content-Encoding` is gzip, also by the name that RFC 9110 has for old servers.
pub(crate) fn is_gzip(encoding: &str) -> bool {
    ["gzip", "x-gzip"].iter().any(|name| encoding.trim().eq_ignore_ascii_case(name))
}

/// A body, decompressed: one stream after the other, with zeros between them and at the end.
pub(crate) struct Gunzip<R: BufRead>(Option<GzDecoder<R>>);

/// What a body of gzip is broken with; other errors are those of the connection.
#[derive(Debug, thiserror::Error)]
#[error("its gzip compression is broken")]
pub(crate) struct Broken;

impl<R: BufRead> Gunzip<R> {
    pub(crate) fn new(body: R) -> Self {
        Self(Some(GzDecoder::new(body)))
    }
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.0 {
            let read = decoder.read(buffer).map_err(named)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            // This stream has ended.
            if let Some(mut body) = self.0.take().map(GzDecoder::into_inner)
                && skip_zeros(&mut body)?
            {
                self.0 = Some(GzDecoder::new(body));
            }
        }
        Ok(0)
    }
}

fn named(e: io::Error) -> io::Error {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    let is_of_connection = e.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()).is_some();
    match e.kind() {
        InvalidData | InvalidInput | UnexpectedEof if !is_of_connection => io::Error::other(Broken),
        _ => e,
    }
}

/// True if there is something behind the zeros.
fn skip_zeros(body: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let piece = body.fill_buf()?;
        let (zeros, length) = (piece.iter().take_while(|byte| **byte == 0).count(), piece.len());
        body.consume(zeros);
        if length == 0 || zeros < length {
            return Ok(length > 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::{BufReader, Write};

    fn gzip(text: &str) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    }

    fn read(body: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        // Small pieces, as they come from a network.
        Gunzip::new(BufReader::with_capacity(3, body)).read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn streams_are_read_one_after_the_other_and_zeros_passed_over() {
        let zeros = vec![0; 1000];
        for body in [
            [gzip("one two"), vec![]].concat(),
            [gzip("one two"), zeros.clone()].concat(),
            [gzip("one "), gzip("two")].concat(),
            [gzip("one "), vec![0], gzip("two"), zeros].concat(),
        ] {
            assert_eq!(read(&body).unwrap(), "one two");
        }
    }

    #[test]
    fn what_is_broken_is_called_that() {
        let good = gzip("one two");
        let mut wrong = good.clone();
        *wrong.last_mut().unwrap() ^= 1;
        for body in [&b"{}"[..], b"", &good[..good.len() - 3], &wrong, &[&good[..], b"\0junk"].concat()] {
            let error = read(body).unwrap_err();
            assert!(error.downcast::<Broken>().is_ok());
        }
    }

    #[test]
    fn old_names_are_known() {
        assert!(is_gzip("gzip") && is_gzip("X-GZIP ") && !is_gzip("br") && !is_gzip("gzip, gzip"));
    }
}
