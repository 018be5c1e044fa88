//! Lists: all pages of them, one after the other.
use crate::{
    address::check_bucket,
    client::Client,
    error::Error,
    objects::unquoted,
    pages::Pages,
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
        let (mut token, mut pages) = (String::new(), Pages::new(self, format!("objects under {prefix:?}")));
        loop {
            let mut request = Request::new(Method::Get, bucket, "")
                .query("list-type", "2")
                .query("encoding-type", "url")
                .query("prefix", prefix);
            if !token.is_empty() {
                request = request.query("continuation-token", &token);
            }
            let answer = pages.fetch(&request)?;
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
        let (mut all, mut pages) = (Vec::new(), Pages::new(self, "versions".into()));
        let (mut key, mut version) = (String::new(), String::new());
        loop {
            let mut request =
                Request::new(Method::Get, bucket, "").query("versions", "").query("encoding-type", "url");
            if !key.is_empty() {
                request = request.query("key-marker", &key).query("version-id-marker", &version);
            }
            let answer = pages.fetch(&request)?;
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
            let mut keep = |it: Version| {
                pages.keep(it.key.len() + it.id.len())?;
                all.push(it);
                Ok::<_, Error>(())
            };
            for entry in page.children_of("Version") {
                let Ok(size) = entry.text_of("Size").parse() else {
                    return Err(answer.unusable("a version in the list has no size"));
                };
                keep(read(entry, Some(size))?)?;
            }
            for entry in page.children_of("DeleteMarker") {
                keep(read(entry, None)?)?;
            }
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

/// Whether there is another page. What doesn't say so is no list.
pub(crate) fn is_cut(page: &Element, answer: &Answer) -> Result<bool, Error> {
    match page.text_of("IsTruncated") {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(answer.unusable("it is not a list, because it doesn't say whether there is more")),
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
    use crate::{Credentials, Kind, Policy, ProxyVariables, Secret, Settings};
    use http_exchange::{Clock, SystemClock};
    use std::{cell::Cell, rc::Rc, time::Duration};
    use test_servers::{FakeClock, ScriptedServer, Step};

    const MARKER: &str =
        "<DeleteMarker><Key>LONG</Key><VersionId>1</VersionId><IsLatest>true</IsLatest></DeleteMarker>";

    /// Pages that name a next one for ever, each with an entry 500 times.
    fn endless(entry: &'static str) -> ScriptedServer {
        let pages = Cell::new(0);
        ScriptedServer::answering(move |_| {
            pages.set(pages.get() + 1);
            let number = pages.get();
            let next = ["NextContinuationToken", "NextKeyMarker", "NextPartNumberMarker"]
                .map(|name| format!("<{name}>{number}</{name}>"))
                .concat();
            let entries = entry.replace("LONG", &"x".repeat(1000)).repeat(500);
            test_servers::json(200, &format!("<R><IsTruncated>true</IsTruncated>{next}{entries}</R>"))
        })
    }

    fn client(web: &ScriptedServer, policy: Policy, clock: Rc<dyn Clock>) -> Client {
        let credentials =
            Credentials { access_key: "AKIA".into(), secret_key: Secret::new("secret-key-of-s3") };
        let proxies = ProxyVariables::default();
        Client::new(Settings { policy, proxies, clock, ..Settings::new(web.url(), credentials) }).unwrap()
    }

    #[test]
    fn lists_without_an_end_are_refused_however_fast_they_come() {
        let ask = |entry, list: &dyn Fn(&Client) -> Result<(), Error>, most| {
            let web = endless(entry);
            let error = list(&client(&web, Policy::default(), FakeClock::new())).unwrap_err();
            assert_eq!(error.kind(), Kind::Protocol);
            assert!(error.to_string().contains("is larger than this module reads (32 MiB)"), "{error}");
            assert!(web.count("GET") <= most, "{}", web.count("GET"));
        };
        ask("", &|it| it.list("bucket", "", &mut |_| ()), 8192);
        ask(MARKER, &|it| it.versions("bucket").map(drop), 100);
        ask(
            "<Upload><Key>k</Key><UploadId>LONG</UploadId></Upload>",
            &|it| it.uploads("bucket", "k").map(drop),
            100,
        );
    }

    #[test]
    fn lists_without_an_end_are_given_up_at_the_deadline_of_one_call() {
        let ask = |list: &dyn Fn(&Client) -> Result<(), Error>, what: &str| {
            let web = endless("");
            let error = list(&client(&web, Policy::default(), FakeClock::passing(Duration::from_secs(2))))
                .unwrap_err();
            assert_eq!(error.kind(), Kind::Timeout, "{error}");
            let text = error.to_string();
            assert!(text.starts_with(&format!("GET {}/bucket", web.url())), "{text}");
            assert!(text.contains(&format!(": the list of {what} did not end within 120 s and ")), "{text}");
            assert!(text.contains(" Raise the deadline if "), "{text}");
            assert!(web.count("GET") < 60, "{}", web.count("GET"));
        };
        ask(&|it| it.list("bucket", "isos/", &mut |_| ()), "objects under \"isos/\"");
        ask(&|it| it.versions("bucket").map(drop), "versions");
        ask(&|it| it.uploads("bucket", "k").map(drop), "unfinished uploads to \"k\"");
        ask(&|it| it.parts("bucket", "k", "1").map(drop), "parts of the upload");
    }

    #[test]
    fn a_page_that_never_comes_ends_its_list_at_the_deadline() {
        let mut pages = vec![test_servers::json(
            200,
            "<R><IsTruncated>true</IsTruncated><NextContinuationToken>1</NextContinuationToken></R>",
        )];
        pages.resize(50, Step::Stall);
        let web = ScriptedServer::new(pages);
        let policy = Policy { deadline: Duration::from_millis(400), ..Policy::default() };
        let error = client(&web, policy, Rc::new(SystemClock::default()))
            .list("bucket", "", &mut |_| ())
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Timeout);
        assert!(
            error.to_string().contains("the list of objects under \"\" did not end within 0.4 s"),
            "{error}"
        );
    }
}
