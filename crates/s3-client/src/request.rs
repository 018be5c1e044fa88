//! One request to S3 before it is signed, and what came back.
use crate::{
    address::{encoded, path},
    checksum::{Sha256, content_md5},
    error::Error,
    xml::Element,
};
use http_exchange::{Content, Idempotency, Method, Open};
use std::rc::Rc;

/// One request.
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Of the bucket or object, below the endpoint, without the query.
    pub(crate) path: String,
    pub(crate) bucket: String,
    /// Percent-encoded.
    pub(crate) query: Vec<(String, String)>,
    /// Names in lower case. All are signed.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Content>,
    /// The SHA-256 of the body.
    pub(crate) sha256: String,
    pub(crate) idempotency: Idempotency,
}

impl Request {
    /// Of a bucket if the key is empty, else of an object. May be repeated.
    pub(crate) fn new(method: Method, bucket: &str, key: &str) -> Self {
        let needs_body = matches!(method, Method::Put | Method::Post);
        let empty = || Content::Bytes { media_type: "application/octet-stream", bytes: Rc::new([]) };
        Self {
            method,
            path: path(bucket, key),
            bucket: bucket.to_owned(),
            query: vec![],
            headers: vec![],
            // Some servers refuse a PUT or POST without Content-Length.
            body: needs_body.then(empty),
            sha256: Sha256::of(b""),
            idempotency: Idempotency::Always,
        }
    }

    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((encoded(name), encoded(value)));
        self
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With these bytes as its body.
    pub(crate) fn bytes(mut self, media_type: &'static str, bytes: &[u8]) -> Self {
        self.sha256 = Sha256::of(bytes);
        self.body = Some(Content::Bytes { media_type, bytes: bytes.into() });
        self
    }

    /// With this XML as its body, and its MD5, which S3 demands for some of these.
    pub(crate) fn xml(self, text: &str) -> Self {
        self.header("content-md5", content_md5(text.as_bytes())).bytes("application/xml", text.as_bytes())
    }

    /// With a body that is read while it is sent.
    pub(crate) fn stream(mut self, length: u64, sha256: String, open: Open) -> Self {
        self.sha256 = sha256;
        self.body = Some(Content::Stream { media_type: "application/octet-stream", length, open });
        self
    }

    pub(crate) fn never_twice(mut self) -> Self {
        self.idempotency = Idempotency::Never;
        self
    }

    /// Path and query as they are sent.
    pub(crate) fn target(&self) -> String {
        let pairs: Vec<_> = self.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let separator = if pairs.is_empty() { "" } else { "?" };
        format!("{}{separator}{}", self.path, pairs.join("&"))
    }
}

/// A good answer.
pub(crate) struct Answer {
    /// Method and URL, for messages.
    pub(crate) call: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
}

impl Answer {
    /// The value of a header; empty if it isn't there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The document in the body.
    pub(crate) fn xml(&self) -> Result<Element, Error> {
        Element::parse(&self.text).map_err(|why| self.unusable(why))
    }

    /// The error to return when the answer is not what this call's must be.
    pub(crate) fn unusable(&self, why: impl Into<String>) -> Error {
        Error::Answer { call: self.call.clone(), why: why.into() }
    }
}
