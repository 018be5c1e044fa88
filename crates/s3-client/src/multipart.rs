//! The calls of an upload in parts, each on its own.
use crate::{
    buckets::{NAMESPACE, gone},
    client::Client,
    error::Error,
    listing::{Encoding, is_cut},
    metadata::Metadata,
    objects::unquoted,
    pages::Pages,
    request::Request,
    xml::escaped,
};
use http_exchange::{Method, Open};
use std::fmt::Write as _;

/// An upload that was begun and neither completed nor aborted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Upload {
    /// When it was begun: `2026-11-20T22:00:00.000Z`.
    pub initiated: String,
    /// The server's name for it.
    pub id: String,
}

/// A part that the server has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// From 1.
    pub(crate) number: u32,
    /// In bytes.
    pub(crate) size: u64,
    /// Without quotes.
    pub(crate) etag: String,
}

impl Client {
    /// The pending uploads to exactly this key, oldest first.
    pub fn uploads(&self, bucket: &str, key: &str) -> Result<Vec<Upload>, Error> {
        let (mut all, mut pages) = (Vec::new(), Pages::new(self, format!("unfinished uploads to {key:?}")));
        let (mut at_key, mut at_id) = (String::new(), String::new());
        loop {
            let mut request = Request::new(Method::Get, bucket, "")
                .query("uploads", "")
                .query("encoding-type", "url")
                .query("prefix", key);
            if !at_key.is_empty() {
                request = request.query("key-marker", &at_key).query("upload-id-marker", &at_id);
            }
            let answer = pages.fetch(&request)?;
            let page = answer.xml()?;
            let encoding = Encoding::of(&page);
            let ours = page.children_of("Upload").filter(|it| encoding.decoded(it.text_of("Key")) == key);
            for it in ours {
                let (initiated, id) = (it.text_of("Initiated").to_owned(), it.text_of("UploadId").to_owned());
                pages.keep(initiated.len() + id.len())?;
                all.push(Upload { initiated, id });
            }
            let next = encoding.decoded(page.text_of("NextKeyMarker"));
            let next_id = page.text_of("NextUploadIdMarker").to_owned();
            if !is_cut(&page, &answer)? || next.is_empty() || (&next, &next_id) == (&at_key, &at_id) {
                all.sort();
                return Ok(all);
            }
            (at_key, at_id) = (next, next_id);
        }
    }

    /// Begins an upload; returns the server's name for it. If the answer is lost, the upload is looked up instead of begun again:
    /// the parts of a forgotten upload would be stored, and paid for, for ever.
    pub(crate) fn begin_upload(
        &self,
        bucket: &str,
        key: &str,
        metadata: &Metadata,
        known: &[Upload],
    ) -> Result<String, Error> {
        let mut request = Request::new(Method::Post, bucket, key).query("uploads", "").never_twice();
        request.headers.extend(metadata.headers());
        let answer = match self.send(&request) {
            Err(e) if e.may_have_acted() => {
                let new = self.uploads(bucket, key)?.into_iter().rfind(|it| !known.contains(it));
                match new {
                    Some(upload) => return Ok(upload.id),
                    None => self.send(&request)?,
                }
            }
            answer => answer?,
        };
        match answer.xml()?.text_of("UploadId") {
            "" => Err(answer.unusable("it has no UploadId")),
            id => Ok(id.to_owned()),
        }
    }

    /// Sends one part; returns its `ETag`.
    pub(crate) fn send_part(
        &self,
        (bucket, key, upload): (&str, &str, &str),
        number: u32,
        (length, sha256): (u64, String),
        open: Open,
    ) -> Result<String, Error> {
        let request = Request::new(Method::Put, bucket, key)
            .query("partNumber", &number.to_string())
            .query("uploadId", upload)
            .stream(length, sha256, open);
        let answer = self.send(&request)?;
        match unquoted(answer.header("etag")) {
            "" => Err(answer.unusable("it has no ETag")),
            etag => Ok(etag.to_owned()),
        }
    }

    /// Makes one part of a range of another object; returns its `ETag`. `first` and `last` count bytes, both included.
    pub(crate) fn copy_part(
        &self,
        (bucket, key, upload): (&str, &str, &str),
        number: u32,
        source: &str,
        (first, last): (u64, u64),
    ) -> Result<String, Error> {
        let request = Request::new(Method::Put, bucket, key)
            .query("partNumber", &number.to_string())
            .query("uploadId", upload)
            .header("x-amz-copy-source", source)
            .header("x-amz-copy-source-range", format!("bytes={first}-{last}"));
        let answer = self.send(&request)?;
        match unquoted(answer.xml()?.text_of("ETag")) {
            "" => Err(answer.unusable("it has no ETag")),
            etag => Ok(etag.to_owned()),
        }
    }

    /// The parts that the server has of an upload; `None` if the upload is gone.
    pub(crate) fn parts(&self, bucket: &str, key: &str, upload: &str) -> Result<Option<Vec<Part>>, Error> {
        let (mut all, mut marker, mut pages) =
            (Vec::new(), String::new(), Pages::new(self, "parts of the upload".into()));
        loop {
            let mut request = Request::new(Method::Get, bucket, key).query("uploadId", upload);
            if !marker.is_empty() {
                request = request.query("part-number-marker", &marker);
            }
            let answer = match pages.fetch(&request) {
                Err(e) if e.is(&["NoSuchUpload"]) => return Ok(None),
                answer => answer?,
            };
            let page = answer.xml()?;
            for part in page.children_of("Part") {
                let (Ok(number), Ok(size)) =
                    (part.text_of("PartNumber").parse(), part.text_of("Size").parse())
                else {
                    return Err(answer.unusable("a part in the list has no number or size"));
                };
                let etag = unquoted(part.text_of("ETag")).to_owned();
                pages.keep(etag.len())?;
                all.push(Part { number, size, etag });
            }
            let next = page.text_of("NextPartNumberMarker").to_owned();
            if !is_cut(&page, &answer)? || next.is_empty() || next == marker {
                return Ok(Some(all));
            }
            marker = next;
        }
    }

    /// Makes the object of its parts, whose `ETag`s are given from part 1 on.
    pub(crate) fn complete_upload(
        &self,
        (bucket, key, upload): (&str, &str, &str),
        etags: &[String],
    ) -> Result<(), Error> {
        let mut text = format!("<CompleteMultipartUpload xmlns=\"{NAMESPACE}\">");
        for (number, etag) in (1..).zip(etags) {
            // Writing to a String never fails.
            let _ = write!(
                text,
                "<Part><PartNumber>{number}</PartNumber><ETag>&quot;{}&quot;</ETag></Part>",
                escaped(etag)
            );
        }
        text.push_str("</CompleteMultipartUpload>");
        let request = Request::new(Method::Post, bucket, key)
            .query("uploadId", upload)
            .bytes("application/xml", text.as_bytes());
        self.send(&request)?.xml().map(drop)
    }

    /// Ends an upload and frees its parts; one that is gone is fine.
    pub fn abort_upload(&self, bucket: &str, key: &str, upload: &str) -> Result<(), Error> {
        let request = Request::new(Method::Delete, bucket, key).query("uploadId", upload);
        gone(self.send(&request), &["NoSuchUpload"])
    }
}
