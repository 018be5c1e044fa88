//! Versions of OpenShift.
use std::fmt;

/// A version of OpenShift, such as `4.18.9` or `4.19.0-rc.2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    text: String,
    major: u32,
    minor: u32,
}

impl Version {
    /// `None` unless it has three numbers, perhaps followed by `-` and more. A channel such as `stable-4.18` is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (numbers, suffix) = text.split_once('-').map_or((text, None), |(it, suffix)| (it, Some(suffix)));
        let is_suffix = |suffix: &str| {
            !suffix.is_empty() && suffix.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_+".contains(&b))
        };
        let parts: Vec<&str> = numbers.split('.').collect();
        let number =
            |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<u32>().ok()).flatten();
        let [major, minor, patch] = parts[..] else { return None };
        let (major, minor) = (number(major)?, number(minor)?);
        number(patch)?;
        suffix.is_none_or(is_suffix).then(|| Version { text: text.to_owned(), major, minor })
    }

    /// Whether its first two numbers are these or greater.
    pub(crate) fn is_at_least(&self, major: u32, minor: u32) -> bool {
        (self.major, self.minor) >= (major, minor)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_three_numbers_and_a_channel_has_not() {
        for text in ["4.18.9", "4.19.0-rc.2", "4.20.0-0.nightly-2026-01-01-000000", "4.19.0-ec.1"] {
            assert_eq!(Version::parse(text).map(|it| it.to_string()).as_deref(), Some(text));
        }
        for text in
            ["stable-4.18", "4.18", "latest", "", "4.18.9-", "4.18.x", "../4.18.9", "4.18.9-a/b", "4.18.+9"]
        {
            assert_eq!(Version::parse(text), None, "{text}");
        }
        assert!(Version::parse("4.18.0-rc.1").unwrap().is_at_least(4, 18));
        assert!(!Version::parse("4.9.30").unwrap().is_at_least(4, 13));
    }
}
