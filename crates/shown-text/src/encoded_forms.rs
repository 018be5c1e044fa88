//! The forms in which a secret may appear: plain, or encoded once or twice, as programs and languages write it. Those in which every
//! character is written otherwise are looked for as they are, and any mixture of escapes character by character.
mod dump;
mod forms;
mod index;
mod json;
mod misread;
mod way;

use crate::{cut::MARK, signature::signature};
use index::Index;
use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, OnceLock},
};

/// Shorter texts occur by chance, so only their plain form is hidden, and shorter parts of a secret reveal little.
pub const SHORTEST: usize = 4;

/// All forms of some secrets, and their removal from texts. `Debug` shows how many secrets there are.
///
/// The forms are found when a text is first looked at: that takes a millisecond or two, and of most texts nothing is shown.
#[derive(Clone, Default)]
pub struct EncodedForms {
    secrets: Vec<String>,
    index: OnceLock<Arc<Index>>,
}

impl EncodedForms {
    /// Those of these secrets.
    pub fn of(secrets: &[String]) -> Self {
        let mut forms = Self::default();
        for secret in secrets {
            forms.add(secret);
        }
        forms
    }

    /// Adds the forms of another secret. The signature of a JSON Web Token is one of its own.
    pub fn add(&mut self, secret: &str) {
        for secret in [secret].into_iter().chain(signature(secret).iter().map(String::as_str)) {
            if secret.is_empty() || self.secrets.iter().any(|other| other == secret) {
                continue;
            }
            if let Some(index) = self.index.get_mut() {
                let index = Arc::make_mut(index);
                index.add(secret);
                index.sort();
            }
            self.secrets.push(secret.to_owned());
        }
    }

    /// How many forms there are.
    pub fn len(&self) -> usize {
        self.index().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.index().iter()
    }

    /// Whether one of them stands in the text, however its lines are broken.
    pub fn are_in(&self, text: &str) -> bool {
        !self.index().places(text).is_empty()
    }

    /// The text with `stars` for each of them, and for the beginning of one that stands where the text was cut (see [`CUT`](crate::CUT)). Line
    /// breaks stay, also those within one.
    pub fn concealed(&self, text: &str, stars: &str) -> String {
        if self.is_empty() {
            return text.to_owned();
        }
        covered(text, &self.index().places(text), stars)
    }

    /// A text that may have been cut, with `stars` for what stands at its end of one of them.
    pub fn without_tail<'a>(&self, text: &'a str, stars: &str) -> Cow<'a, str> {
        // A cut may have left a part of a character.
        let text = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
        let places = self.index().places(&format!("{text}{MARK}"));
        // What comes before belongs to it if it is the end of a dump, of which then nothing is recognised any more.
        if places.last().is_some_and(|last| last.1 == text.len()) {
            return covered(text, &places, stars).into();
        }
        text.into()
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let mut index = Index::default();
            self.secrets.iter().for_each(|secret| index.add(secret));
            index.sort();
            index.into()
        })
    }
}

/// The text with `stars` for what stands at these places, but for its line breaks.
fn covered(text: &str, places: &[(usize, usize)], stars: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut end = 0;
    for place in places {
        shown += &text[end..place.0];
        end = place.1;
        for piece in text[place.0..place.1].split_inclusive('\n') {
            let content = piece.trim_end_matches(['\r', '\n']);
            shown.extend([if content.is_empty() { "" } else { stars }, &piece[content.len()..]]);
        }
    }
    shown + &text[end..]
}

impl PartialEq for EncodedForms {
    fn eq(&self, other: &Self) -> bool {
        self.secrets == other.secrets
    }
}

impl Eq for EncodedForms {}

impl fmt::Debug for EncodedForms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the forms of {} secrets", self.secrets.len())
    }
}

#[cfg(test)]
mod tests;
