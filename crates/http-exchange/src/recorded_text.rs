//! The text of a recorded answer. It is long, and most are never shown: what must not be is masked when it is first read.
use serde_json::Value;
use shown_text::EncodedForms;
use std::{fmt, ops::Deref, sync::OnceLock};

/// What stands for a secret.
const STARS: &str = "***";

/// A text that is read without the secrets of its exchange.
#[derive(Clone, Default)]
pub struct RecordedText {
    as_it_came: String,
    is_cut: bool,
    secrets: EncodedForms,
    masked: OnceLock<String>,
}

impl RecordedText {
    pub(crate) fn of(text: &str, is_cut: bool, secrets: &EncodedForms) -> Self {
        Self { as_it_came: text.to_owned(), is_cut, secrets: secrets.clone(), ..Self::default() }
    }

    /// No more than its first sign.
    pub(crate) fn in_short(&self) -> Self {
        let first = self.as_it_came.chars().next().map(String::from).unwrap_or_default();
        Self { as_it_came: first, ..Self::default() }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.as_it_came.is_empty()
    }

    /// What it is as JSON, if it is that. Its texts are masked as their author wrote them, so that line breaks within a secret are no escapes.
    pub fn json(&self) -> Option<Value> {
        let mut json = serde_json::from_str(&self.as_it_came).ok()?;
        self.secrets.conceal_json(&mut json, STARS);
        Some(json)
    }
}

impl Deref for RecordedText {
    type Target = str;

    fn deref(&self) -> &str {
        self.masked.get_or_init(|| {
            let text = &self.as_it_came;
            let whole = if self.is_cut { self.secrets.without_tail(text, STARS) } else { text.into() };
            self.secrets.concealed(&whole, STARS)
        })
    }
}

impl From<&str> for RecordedText {
    fn from(text: &str) -> Self {
        Self { as_it_came: text.to_owned(), ..Self::default() }
    }
}

impl fmt::Debug for RecordedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_masked_when_it_is_read_and_its_json_as_it_was_written() {
        let secrets = EncodedForms::of(&["hush-0815-and-more".to_owned()]);
        let text =
            RecordedText::of(r#"{"a": "hush-0815\n\t-and-more", "hush-0815-and-more": 1}"#, false, &secrets);
        assert_eq!(&*text, r#"{"a": "***", "***": 1}"#);
        assert_eq!(format!("{text:?}"), r#""{\"a\": \"***\", \"***\": 1}""#);
        assert_eq!(text.json().unwrap(), serde_json::json!({ "a": "***\n***", "***": 1 }));
        assert_eq!((&*text.in_short(), text.is_empty()), ("{", false));
        assert_eq!(&*RecordedText::of("it is hush-08", true, &secrets), "it is ***");
    }
}
