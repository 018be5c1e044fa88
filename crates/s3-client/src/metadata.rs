//! What is kept beside an object's bytes: names and values as headers can carry them.
use crate::error::Error;
use std::collections::BTreeMap;

/// Before the name of each entry, as a header.
const PREFIX: &str = "x-amz-meta-";
/// All names and values together, in bytes, that S3 takes.
const MOST: usize = 2048;
/// The entry by which an object is known again.
pub(crate) const SHA256: &str = "sha256";

/// The user's metadata of an object: names in lower case, since servers return them so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(BTreeMap<String, String>);

impl Metadata {
    /// Checks names and values. `sha256` is refused, since it is what the client keeps there itself.
    pub fn new(entries: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let mut all = BTreeMap::new();
        let mut size = 0;
        for (name, value) in entries {
            let name = name.to_ascii_lowercase();
            let refuse = |why| Err(Error::Metadata { name: name.clone(), why });
            if name.is_empty()
                || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
            {
                return refuse("its name may consist only of letters, digits, dashes, dots and underscores");
            }
            if name == SHA256 {
                return refuse("this name is reserved for the checksum of the file; leave it out");
            }
            if value.trim() != value || !value.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
                return refuse("its value may consist only of printable ASCII, without blanks at its ends");
            }
            size += name.len() + value.len();
            if size > MOST {
                return refuse("all metadata together may be at most 2 KiB; leave some of it out");
            }
            if all.insert(name.clone(), value).is_some() {
                return refuse("it is listed twice (case doesn't matter); leave one out");
            }
        }
        Ok(Self(all))
    }

    /// Those that came with an answer.
    pub(crate) fn of_headers(headers: &[(String, String)]) -> Self {
        let entry =
            |(name, value): &(String, String)| Some((name.strip_prefix(PREFIX)?.to_owned(), value.clone()));
        Self(headers.iter().filter_map(entry).collect())
    }

    /// As headers.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (String, String)> {
        self.0.iter().map(|(name, value)| (format!("{PREFIX}{name}"), value.clone()))
    }

    /// With the checksum of the object.
    #[must_use]
    pub fn with_sha256(mut self, sha256: &str) -> Self {
        self.0.insert(SHA256.into(), sha256.into());
        self
    }

    /// The checksum that was kept with the object.
    pub fn sha256(&self) -> Option<&str> {
        self.0.get(SHA256).map(String::as_str)
    }

    /// Whether all of `wanted` is in this.
    pub fn has_all_of(&self, wanted: &Self) -> bool {
        wanted.0.iter().all(|(name, value)| self.0.get(name) == Some(value))
    }

    /// Names and values, without the checksum.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter(|(name, _)| *name != SHA256).map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entries: &[(&str, &str)]) -> Result<Metadata, Error> {
        Metadata::new(entries.iter().map(|(name, value)| ((*name).into(), (*value).into())))
    }

    #[test]
    fn names_are_kept_as_servers_return_them() {
        let metadata = of(&[("Server_Id", "01"), ("version", "4.18.9")]).unwrap();
        let headers: Vec<_> = metadata.headers().collect();
        assert_eq!(headers[0], ("x-amz-meta-server_id".into(), "01".into()));
        let read = Metadata::of_headers(&headers);
        assert_eq!(read, metadata);
        assert!(read.with_sha256("ab").has_all_of(&metadata));
    }

    #[test]
    fn what_no_header_can_carry_is_refused_with_its_name() {
        for (name, value) in
            [("a b", "x"), ("", "x"), ("a", "ä"), ("a", "x\ny"), ("a", " x"), ("SHA256", "x")]
        {
            assert!(matches!(of(&[(name, value)]), Err(Error::Metadata { .. })), "{name:?} {value:?}");
        }
        assert!(of(&[("a", "1"), ("A", "2")]).is_err());
        assert!(of(&[("a", &"x".repeat(2048))]).is_err());
    }
}
