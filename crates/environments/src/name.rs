//! The name of a package, of an environment or of a file's key. Each becomes the name of a file or folder.
use std::fmt;

/// What a name may be, for messages.
const RULE: &str = "a name begins with a letter or digit, contains only letters, digits, `.`, `_` and `-`, and has at most 63 characters";

/// A name that is safe as that of a file or folder: `[A-Za-z0-9][A-Za-z0-9._-]{0,62}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// The longest name, in characters.
    const LONGEST: usize = 63;

    /// This text as a name. The error is a clause that shows the text and says what a name may be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bytes = text.as_bytes();
        let is_name = bytes.first().is_some_and(u8::is_ascii_alphanumeric)
            && bytes.len() <= Self::LONGEST
            && bytes.iter().copied().all(Self::may_contain);
        if is_name { Ok(Name(text.to_owned())) } else { Err(format!("{text:?} is not a name: {RULE}")) }
    }

    /// Whether a name may have this character behind its first one.
    pub(crate) fn may_contain(c: u8) -> bool {
        c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-')
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names for a message; of very many, only the first ones.
pub(crate) fn listed(names: impl Iterator<Item = String>) -> String {
    const MOST: usize = 20;
    let names: Vec<_> = names.collect();
    let shown = names[..names.len().min(MOST)].join(", ");
    match names.len().saturating_sub(MOST) {
        0 if names.is_empty() => "none".into(),
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_never_lead_out_of_its_folder_or_hide() {
        let longest = "a".repeat(63);
        for good in ["a", "0", "core", "kubesprayInventory", "v1.2_x-y", "a..b", &longest] {
            assert_eq!(Name::parse(good).unwrap().as_str(), good);
        }
        let too_long = "a".repeat(64);
        for bad in
            ["", ".", "..", "../evil", "a/b", ".hidden", "-option", "_x", "a b", "ä", "a\0", "a\n", &too_long]
        {
            let error = Name::parse(bad).unwrap_err();
            assert!(error.contains("begins with a letter or digit"), "{bad:?}: {error}");
        }
    }
}
