//! Where things are: the endpoint, and the paths of buckets and objects below it.
use crate::error::Error;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in the path and query of a signed request; all else is encoded, as the signature demands.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &NAME.remove(b'/');

/// A bucket as the rules for names allow it: 3 to 63 characters of lower case, digits, dots and dashes.
pub(crate) fn check_bucket(name: &str) -> Result<(), Error> {
    let is_inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'.' | b'-');
    let is_edge = |c: Option<&u8>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let bytes = name.as_bytes();
    let fits = (3..=63).contains(&bytes.len())
        && bytes.iter().copied().all(is_inner)
        && is_edge(bytes.first())
        && is_edge(bytes.last())
        && !name.contains("..");
    if fits { Ok(()) } else { Err(Error::BucketName { name: name.to_owned() }) }
}

/// A key of 1 to 1024 bytes without control characters. A segment of dots would be resolved by proxies and servers on the way.
pub(crate) fn check_key(key: &str) -> Result<(), Error> {
    let why = if key.is_empty() {
        "it is empty"
    } else if key.len() > 1024 {
        "it is longer than 1024 bytes"
    } else if key.chars().any(char::is_control) {
        "it contains a control character"
    } else if key.starts_with('/') {
        "it begins with a slash"
    } else if key.split('/').any(|segment| matches!(segment, "." | "..")) {
        "it contains a segment . or .."
    } else {
        return Ok(());
    };
    Err(Error::Key { key: key.to_owned(), why })
}

/// One name or value of a query.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NAME).to_string()
}

/// The path of a bucket, or of an object in it, below the endpoint: path style, which every server knows.
pub(crate) fn path(bucket: &str, key: &str) -> String {
    let bucket = encoded(bucket);
    if key.is_empty() { format!("/{bucket}") } else { format!("/{bucket}{}", encoded_path(key)) }
}

/// A key as the rest of a path, with a slash before it.
pub(crate) fn encoded_path(key: &str) -> String {
    format!("/{}", utf8_percent_encode(key, PATH))
}

/// What a signature needs to know of the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// With a scheme, without a slash at its end.
    pub(crate) url: String,
    /// As it is sent: in lower case, without the port that the scheme implies.
    pub(crate) host: String,
    /// The path before that of a bucket; mostly empty.
    pub(crate) prefix: String,
}

impl Endpoint {
    /// `HOST[:PORT]` counts as https. What is wrong with the URL otherwise the exchange says.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.trim().trim_end_matches('/');
        let url = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let authority = authority.to_ascii_lowercase();
        let implied = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
        let host = authority.strip_suffix(implied).unwrap_or(&authority).trim_end_matches(':').to_owned();
        Self { host, prefix: path.to_owned(), url }
    }

    /// The URL of an object for people without credentials.
    pub(crate) fn url_of(&self, bucket: &str, key: &str) -> String {
        format!("{}{}", self.url, path(bucket, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_url_or_a_host() {
        let parsed = |text: &str| {
            let Endpoint { url, host, prefix } = Endpoint::parse(text);
            (url, host, prefix)
        };
        let is = |url: &str, host: &str, prefix: &str| (url.to_owned(), host.to_owned(), prefix.to_owned());
        assert_eq!(parsed("s3.lab:9000"), is("https://s3.lab:9000", "s3.lab:9000", ""));
        assert_eq!(parsed("http://S3.lab:80/"), is("http://S3.lab:80", "s3.lab", ""));
        assert_eq!(parsed("https://s3.lab:443/gate"), is("https://s3.lab:443/gate", "s3.lab", "/gate"));
        assert_eq!(parsed("http://127.0.0.1:443"), is("http://127.0.0.1:443", "127.0.0.1:443", ""));
    }

    #[test]
    fn keys_are_encoded_as_the_signature_demands() {
        assert_eq!(path("b", "isos/4.18/a b+c(1)~ä.iso"), "/b/isos/4.18/a%20b%2Bc%281%29~%C3%A4.iso");
        assert_eq!(path("b", ""), "/b");
        assert_eq!(encoded("a/b=c"), "a%2Fb%3Dc");
    }

    #[test]
    fn names_that_no_server_takes_are_refused_before_anything_is_sent() {
        for good in ["abc", "lab-private", "a.b-1"] {
            assert!(check_bucket(good).is_ok(), "{good}");
        }
        for bad in ["ab", "Lab", "a_b", "-ab", "ab.", "a..b", "a/b", &"a".repeat(64)] {
            assert!(check_bucket(bad).is_err(), "{bad}");
        }
        for bad in ["", "/a", "a/../b", "a\nb", "./a", &"a".repeat(1025)] {
            assert!(check_key(bad).is_err(), "{bad}");
        }
        assert!(check_key("isos/a..b/agent.x86_64.iso").is_ok());
    }
}
