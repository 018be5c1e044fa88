//! Single objects: their description, small ones as a whole, copies, and their end.
use crate::{
    address::{check_bucket, check_key, path},
    buckets::{NAMESPACE, gone},
    client::Client,
    error::Error,
    metadata::Metadata,
    request::Request,
    xml::escaped,
};
use http_exchange::Method;
use std::fmt::Write as _;

/// What an object is, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// In bytes.
    pub size: u64,
    /// Without quotes. The MD5 of the bytes, if it was sent in one piece and not encrypted; never that after a multipart upload.
    pub etag: String,
    /// When it was written, as the server writes it.
    pub last_modified: String,
    /// What its owner keeps with it.
    pub metadata: Metadata,
}

/// How many keys one request may delete.
const MOST_DELETED: usize = 1000;

/// One object, or one version of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doomed {
    /// The key.
    pub key: String,
    /// `None`: the newest; where versions are kept, it only gets hidden.
    pub version: Option<String>,
}

impl Client {
    /// What the object is; `None` if there is none.
    pub fn object(&self, bucket: &str, key: &str) -> Result<Option<Object>, Error> {
        check_bucket(bucket)?;
        check_key(key)?;
        let answer = match self.send(&Request::new(Method::Head, bucket, key)) {
            Err(e) if e.status() == Some(404) => return Ok(None),
            answer => answer?,
        };
        let Ok(size) = answer.header("content-length").parse() else {
            return Err(answer.unusable("it has no Content-Length"));
        };
        Ok(Some(Object {
            size,
            etag: unquoted(answer.header("etag")).to_owned(),
            last_modified: answer.header("last-modified").to_owned(),
            metadata: Metadata::of_headers(&answer.headers),
        }))
    }

    /// The text of a small object; `None` if there is none.
    pub fn text(&self, bucket: &str, key: &str) -> Result<Option<String>, Error> {
        match self.send(&Request::new(Method::Get, bucket, key)) {
            Err(e) if e.is(&["NoSuchKey"]) => Ok(None),
            answer => Ok(Some(answer?.text)),
        }
    }

    /// Writes a small object.
    pub fn put(&self, bucket: &str, key: &str, media_type: &'static str, bytes: &[u8]) -> Result<(), Error> {
        check_key(key)?;
        self.send(&Request::new(Method::Put, bucket, key).bytes(media_type, bytes)).map(drop)
    }

    /// Copies an object of up to 5 GiB within the server. `metadata` replaces that of the source.
    pub(crate) fn copy_whole(
        &self,
        from: (&str, &str),
        to: (&str, &str),
        metadata: Option<&Metadata>,
    ) -> Result<(), Error> {
        let mut request =
            Request::new(Method::Put, to.0, to.1).header("x-amz-copy-source", path(from.0, from.1));
        if let Some(metadata) = metadata {
            request = request.header("x-amz-metadata-directive", "REPLACE");
            request.headers.extend(metadata.headers());
        }
        self.send(&request)?.xml().map(drop)
    }

    /// Deletes an object; one that is not there is fine.
    pub fn delete(&self, bucket: &str, key: &str) -> Result<(), Error> {
        check_bucket(bucket)?;
        check_key(key)?;
        gone(self.send(&Request::new(Method::Delete, bucket, key)), &["NoSuchKey"])
    }

    /// Deletes any number of objects or versions.
    pub fn delete_all(&self, bucket: &str, doomed: &[Doomed]) -> Result<(), Error> {
        for (at, some) in doomed.chunks(MOST_DELETED).enumerate() {
            self.delete_some(bucket, some).map_err(|error| match at {
                0 => error,
                at => Error::partly(
                    format!("{} of {} objects were deleted", at * MOST_DELETED, doomed.len()),
                    error,
                ),
            })?;
        }
        Ok(())
    }

    /// Deletes as many as one request may.
    fn delete_some(&self, bucket: &str, some: &[Doomed]) -> Result<(), Error> {
        let mut text = format!("<Delete xmlns=\"{NAMESPACE}\"><Quiet>true</Quiet>");
        for Doomed { key, version } in some {
            // Writing to a String never fails.
            let _ = write!(text, "<Object><Key>{}</Key>", escaped(key));
            if let Some(version) = version {
                let _ = write!(text, "<VersionId>{}</VersionId>", escaped(version));
            }
            text.push_str("</Object>");
        }
        text.push_str("</Delete>");
        let answer = self.send(&Request::new(Method::Post, bucket, "").query("delete", "").xml(&text))?;
        let result = answer.xml()?;
        if let Some(error) = result.children_of("Error").next() {
            let (key, code, why) = (error.text_of("Key"), error.text_of("Code"), error.text_of("Message"));
            return Err(answer.unusable(format!("{key} was not deleted: {code} ({why})")));
        }
        Ok(())
    }
}

/// An `ETag` without its quotes.
pub(crate) fn unquoted(etag: &str) -> &str {
    etag.trim().trim_matches('"')
}
