//! The version of a package, by the rules of Semantic Versioning 2.0.
use std::{cmp::Ordering, fmt};

/// A version as it is written, such as `v0.2.0`.
#[derive(Debug, Clone)]
pub struct Version {
    written: String,
    parsed: semver::Version,
}

impl Version {
    /// Parses `v0.2.0` or `0.2.0`. The error is a clause that shows the text and says why it is no version.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = text.strip_prefix('v').unwrap_or(text);
        match semver::Version::parse(number) {
            Ok(parsed) => Ok(Version { written: text.to_owned(), parsed }),
            Err(e) => Err(format!("{text:?} is not a version such as \"v1.2.3\": {e}")),
        }
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Which of the two comes later. The part after a `+` counts for nothing, so two versions may be equal without being the same text.
    pub fn precedence(&self, other: &Version) -> Ordering {
        self.parsed.cmp_precedence(&other.parsed)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(left: &str, right: &str) -> Ordering {
        Version::parse(left).unwrap().precedence(&Version::parse(right).unwrap())
    }

    #[test]
    fn a_version_stays_as_it_is_written() {
        for good in ["v0.2.0", "0.2.0", "v1.0.0-rc.1+b.7", "1.0.0-01a", "v18446744073709551615.0.0"] {
            assert_eq!(Version::parse(good).unwrap().to_string(), good);
        }
    }

    #[test]
    fn what_semver_forbids_is_no_version() {
        for bad in [
            "",
            "v",
            "V1.2.3",
            "vv1.2.3",
            " 1.2.3",
            "1.2.3 ",
            "v 1.2.3",
            "1.2",
            "1.2.3.4",
            "01.2.3",
            "1.02.3",
            "1.2.3-rc.01",
            "18446744073709551616.0.0",
            "١.2.3",
            "latest",
            "1.2.3-",
            "1.2.3+",
        ] {
            let error = Version::parse(bad).unwrap_err();
            assert!(error.starts_with(&format!("{bad:?} is not a version")), "{error}");
        }
    }

    #[test]
    fn precedence_is_that_of_semver_and_not_the_order_of_the_texts() {
        use Ordering::{Equal, Greater, Less};
        for (left, expected, right) in [
            ("v0.9.0", Less, "v0.10.0"),
            ("1.0.0-rc.2", Less, "1.0.0-rc.10"),
            ("0.3.0-rc.1", Greater, "0.2.0"),
            ("0.3.0-rc.1", Less, "0.3.0"),
            ("1.0.0-1", Less, "1.0.0-alpha"),
            ("v0.2.0", Equal, "0.2.0"),
            ("0.2.0", Equal, "0.2.0+b"),
            ("0.2.0+a", Equal, "0.2.0+b"),
        ] {
            assert_eq!(order(left, right), expected, "{left} {right}");
        }
    }
}
