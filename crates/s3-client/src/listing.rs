//! Lists: all pages of them, one after the other.
use crate::{
    address::check_bucket,
    client::Client,
    error::Error,
    objects::unquoted,
    request::{Answer, Request},
    xml::Element,
};
use http_exchange::Method;
use percent_encoding::percent_decode_str;

/// One object as a list describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The key.
    pub key: String,
    /// In bytes.
    pub size: u64,
    /// When it was written: `2026-11-20T22:00:00.000Z`.
    pub last_modified: String,
    /// Without quotes.
    pub etag: String,
}

/// One version of an object, or what hides the older ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The key.
    pub key: String,
    /// The server's name for the version.
    pub id: String,
    /// In bytes; `None`: a delete marker, which hides the versions before it.
    pub size: Option<u64>,
    /// Whether it is what a request without a version gets.
    pub is_latest: bool,
}

impl Client {
    /// Calls `each` for each object whose key begins so, in the order of the keys. Only one page is in memory at a time.
    pub fn list(&self, bucket: &str, prefix: &str, each: &mut dyn FnMut(Listed)) -> Result<(), Error> {
        check_bucket(bucket)?;
        let (mut token, mut room) = (String::new(), Room::new());
        loop {
            let mut request = Request::new(Method::Get, bucket, "")
                .query("list-type", "2")
                .query("encoding-type", "url")
                .query("prefix", prefix);
            if !token.is_empty() {
                request = request.query("continuation-token", &token);
            }
            let answer = self.send(&request)?;
            room.take(&answer, 0)?;
            let page = answer.xml()?;
            let encoding = Encoding::of(&page);
            for entry in page.children_of("Contents") {
                let Ok(size) = entry.text_of("Size").parse() else {
                    return Err(answer.unusable("an object in the list has no size"));
                };
                each(Listed {
                    key: encoding.decoded(entry.text_of("Key")),
                    size,
                    last_modified: entry.text_of("LastModified").to_owned(),
                    etag: unquoted(entry.text_of("ETag")).to_owned(),
                });
            }
            let next = page.text_of("NextContinuationToken").to_owned();
            if !is_cut(&page, &answer)? {
                return Ok(());
            }
            if next.is_empty() || next == token {
                return Err(answer.unusable("there are more objects, but it doesn't say how to get them"));
            }
            token = next;
        }
    }

    /// All versions of all objects, also those that are hidden, and what hides them.
    pub fn versions(&self, bucket: &str) -> Result<Vec<Version>, Error> {
        let (mut all, mut room) = (Vec::new(), Room::new());
        let (mut key, mut version) = (String::new(), String::new());
        loop {
            let mut request =
                Request::new(Method::Get, bucket, "").query("versions", "").query("encoding-type", "url");
            if !key.is_empty() {
                request = request.query("key-marker", &key).query("version-id-marker", &version);
            }
            let answer = self.send(&request)?;
            let page = answer.xml()?;
            let encoding = Encoding::of(&page);
            let read = |entry: &Element, size| {
                let is_latest = match entry.text_of("IsLatest") {
                    "true" => true,
                    "false" => false,
                    _ => {
                        return Err(
                            answer.unusable("a version in the list doesn't say whether it is the latest")
                        );
                    }
                };
                let key = encoding.decoded(entry.text_of("Key"));
                Ok(Version { key, id: entry.text_of("VersionId").to_owned(), size, is_latest })
            };
            let before = all.len();
            for entry in page.children_of("Version") {
                let Ok(size) = entry.text_of("Size").parse() else {
                    return Err(answer.unusable("a version in the list has no size"));
                };
                all.push(read(entry, Some(size))?);
            }
            for entry in page.children_of("DeleteMarker") {
                all.push(read(entry, None)?);
            }
            let kept = |it: &Version| ENTRY + it.key.len() + it.id.len();
            room.take(&answer, all[before..].iter().map(kept).sum())?;
            if !is_cut(&page, &answer)? {
                return Ok(all);
            }
            let next = encoding.decoded(page.text_of("NextKeyMarker"));
            let next_version = page.text_of("NextVersionIdMarker").to_owned();
            if (&next, &next_version) == (&key, &version) || next.is_empty() {
                return Err(answer.unusable("there are more versions, but it doesn't say how to get them"));
            }
            (key, version) = (next, next_version);
        }
    }
}

/// What a list may still hold: a server may have no end of pages.
pub(crate) struct Room {
    bytes: usize,
    pages: usize,
}

impl Room {
    /// For 32 MB in memory, and ten million entries.
    pub(crate) fn new() -> Self {
        Self { bytes: 32 << 20, pages: 10_000 }
    }

    /// For one more page, with so many bytes of entries that are kept.
    pub(crate) fn take(&mut self, answer: &Answer, kept: usize) -> Result<(), Error> {
        match (self.bytes.checked_sub(kept), self.pages.checked_sub(1)) {
            (Some(bytes), Some(pages)) => {
                (self.bytes, self.pages) = (bytes, pages);
                Ok(())
            }
            _ => Err(answer.unusable("the list is longer than this module reads, or has no end")),
        }
    }
}

/// What an entry of a list takes in memory, beside its texts.
pub(crate) const ENTRY: usize = 128;

/// Whether there is another page. What doesn't say so is no list.
pub(crate) fn is_cut(page: &Element, answer: &Answer) -> Result<bool, Error> {
    match page.text_of("IsTruncated") {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(answer.unusable("it is no list, as it doesn't say whether there is more")),
    }
}

/// How keys are written in a list: encoded, if the server says so, since XML can't hold all of them.
pub(crate) struct Encoding {
    is_url: bool,
}

impl Encoding {
    pub(crate) fn of(page: &Element) -> Self {
        Self { is_url: page.text_of("EncodingType").eq_ignore_ascii_case("url") }
    }

    pub(crate) fn decoded(&self, key: &str) -> String {
        if self.is_url {
            // A plus is a blank for AWS, which encodes a plus itself.
            percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned()
        } else {
            key.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Credentials, ProxyVariables, Secret, Settings};
    use std::cell::Cell;

    /// Pages that name a next one for ever, with an entry that is kept and is large, or with none.
    fn endless(entry: &'static str) -> (test_servers::ScriptedServer, Client) {
        let pages = Cell::new(0);
        let web = test_servers::ScriptedServer::answering(move |_| {
            pages.set(pages.get() + 1);
            let next = format!(
                "<NextContinuationToken>{0}</NextContinuationToken><NextKeyMarker>{0}</NextKeyMarker>",
                pages.get()
            );
            let entries = entry.replace("LONG", &"x".repeat(1000)).repeat(500);
            test_servers::json(200, &format!("<R><IsTruncated>true</IsTruncated>{next}{entries}</R>"))
        });
        let credentials =
            Credentials { access_key: "AKIA".into(), secret_key: Secret::new("secret-key-of-s3") };
        let settings =
            Settings { proxies: ProxyVariables::default(), ..Settings::new(web.url(), credentials) };
        let client = Client::new(settings).unwrap();
        (web, client)
    }

    #[test]
    fn lists_without_an_end_are_refused() {
        let (web, client) = endless("");
        let error = client.list("bucket", "", &mut |_| ()).unwrap_err();
        assert!(error.to_string().contains("has no end"), "{error}");
        assert_eq!(web.count("GET"), 10_001);
        let (web, client) = endless(
            "<DeleteMarker><Key>LONG</Key><VersionId>1</VersionId><IsLatest>true</IsLatest></DeleteMarker>",
        );
        assert!(client.versions("bucket").unwrap_err().to_string().contains("has no end"));
        assert!(web.count("GET") < 100);
        let (web, client) = endless("<Upload><Key>k</Key><UploadId>LONG</UploadId></Upload>");
        assert!(client.uploads("bucket", "k").unwrap_err().to_string().contains("has no end"));
        assert!(web.count("GET") < 100);
    }
}
