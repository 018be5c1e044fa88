//! As much of HTTP/1.1 as an S3 client speaks: one request after the other on a connection, bodies with Content-Length.
use std::io::{self, BufRead, BufReader, Read, Write};

/// One request.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) method: String,
    /// Percent-encoded, without the query.
    pub(super) path: String,
    /// Percent-encoded names and values.
    pub(super) query: Vec<(String, String)>,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// Reads the next one; none at the end of the connection.
    pub(super) fn read(stream: &mut BufReader<impl Read>) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.to_owned(), value.to_owned())
        };
        let mut request = Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.split('&').filter(|it| !it.is_empty()).map(pair).collect(),
            ..Self::default()
        };
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        request.body = vec![0; request.header("content-length").parse().unwrap_or_default()];
        stream.read_exact(&mut request.body)?;
        Ok(Some(request))
    }

    /// The value of a header; empty if it isn't there.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Whether the query has this name.
    pub(super) fn asks(&self, name: &str) -> bool {
        self.query.iter().any(|(known, _)| known == name)
    }

    /// The decoded value of a name in the query; empty if it isn't there.
    pub(super) fn value(&self, name: &str) -> String {
        let found = self.query.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| decoded(value)).unwrap_or_default()
    }

    /// Bucket and key, decoded; the key is empty for the bucket itself.
    pub(super) fn address(&self) -> (String, String) {
        let path = self.path.trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        (decoded(bucket), decoded(key))
    }

    /// What begins with `x-amz-meta-`, without that.
    pub(super) fn metadata(&self) -> Vec<(String, String)> {
        let entry = |(name, value): &(String, String)| {
            Some((name.strip_prefix("x-amz-meta-")?.to_owned(), value.clone()))
        };
        self.headers.iter().filter_map(entry).collect()
    }
}

/// Text without its percent-encoding.
pub(super) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        plain.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// One answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// Of the body that is not sent to HEAD.
    pub(super) length: Option<u64>,
}

impl Answer {
    pub(super) fn write(&self, to: &mut impl Write, to_head: bool) -> io::Result<()> {
        let length = self.length.unwrap_or(self.body.len() as u64);
        let mut head = format!("HTTP/1.1 {} S3\r\ncontent-length: {length}\r\n", self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        to.write_all(format!("{head}\r\n").as_bytes())?;
        if !to_head {
            to.write_all(&self.body)?;
        }
        to.flush()
    }
}
