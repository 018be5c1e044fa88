//! Foreign text in a file that Ansible loads as variables.
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A text that came from a server. What Ansible would take for a template is written in pieces that it can't: Ansible evaluates the
/// variables in a file that a user names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Text(String);

impl Text {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Text {
    fn from(text: T) -> Self {
        Text(text.into())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The pieces between braces, none of which can be a template, nor begin or end one.
fn pieces(text: &str) -> Vec<&str> {
    text.split_inclusive('{').collect()
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.contains('{') {
            pieces(&self.0).serialize(serializer)
        } else {
            self.0.serialize(serializer)
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a text was expected")]
enum Written {
    Whole(String),
    Pieces(Vec<String>),
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Text(match Written::deserialize(deserializer)? {
            Written::Whole(text) => text,
            Written::Pieces(pieces) => pieces.concat(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_template_is_written_in_pieces() {
        let text = Text::from("{{ lookup('pipe', 'id') }}{%");
        assert_eq!(serde_json::to_value(&text).unwrap(), json!(["{", "{", " lookup('pipe', 'id') }}{", "%"]));
        assert_eq!(serde_json::to_value(Text::from("plain }} text")).unwrap(), json!("plain }} text"));
    }

    proptest! {
        #[test]
        fn a_text_comes_back_as_it_was_and_no_piece_can_be_a_template(text in "[{}%#a ]{0,20}|\\PC*") {
            let written = serde_json::to_value(Text::from(text.as_str())).unwrap();
            let pieces: Vec<_> = written.as_array().cloned().unwrap_or_else(|| vec![written.clone()]);
            for piece in pieces {
                let piece = piece.as_str().unwrap();
                let is_harmless = !["{{", "{%", "{#"].iter().any(|start| piece.contains(start));
                prop_assert!(is_harmless);
            }
            let read: Text = serde_json::from_value(written).unwrap();
            prop_assert_eq!(read.as_str(), text);
        }
    }
}
