//! The forms in which a secret may appear: plain, or encoded once or twice, as programs and languages write it. Those in which every
//! character is written otherwise are looked for as they are, and any mixture of escapes character by character.
use crate::{
    encodings::{COMMON, EVERY, spellings, utf16},
    escaped::Escaped,
    escapes::indentation,
};
use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, OnceLock},
};

/// Shorter texts occur by chance, so only their plain form is hidden, and shorter parts of a secret reveal little.
pub const SHORTEST: usize = 4;
/// A longer secret's rarer forms are not sought in other encodings: they would take megabytes.
const MOST_BYTES_OF_RARE: usize = 128;

/// All forms of some secrets, and their removal from texts. `Debug` shows how many secrets there are.
///
/// The forms are found when a text is first looked at: that takes a millisecond or two, and of most texts nothing is shown.
#[derive(Clone, Default)]
pub struct EncodedForms {
    secrets: Vec<String>,
    forms: OnceLock<Arc<Forms>>,
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

    /// Adds the forms of another secret.
    pub fn add(&mut self, secret: &str) {
        if secret.is_empty() || self.secrets.iter().any(|other| other == secret) {
            return;
        }
        if let Some(forms) = self.forms.get_mut() {
            Arc::make_mut(forms).add(secret);
        }
        self.secrets.push(secret.to_owned());
    }

    /// How many forms there are.
    pub fn len(&self) -> usize {
        self.forms().known.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.forms().known.iter().map(String::as_str)
    }

    /// Whether one of them stands in the text, however its lines are broken.
    pub fn are_in(&self, text: &str) -> bool {
        !self.forms().places(text).is_empty()
    }

    /// The text with `stars` for each of them. Line breaks stay, also those within one.
    pub fn concealed(&self, text: &str, stars: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut end = 0;
        for place in self.forms().places(text) {
            shown += &text[end..place.0];
            end = place.1;
            for piece in text[place.0..place.1].split_inclusive('\n') {
                let content = piece.trim_end_matches(['\r', '\n']);
                shown.extend([if content.is_empty() { "" } else { stars }, &piece[content.len()..]]);
            }
        }
        shown + &text[end..]
    }

    fn forms(&self) -> &Forms {
        self.forms.get_or_init(|| {
            let mut forms = Forms::default();
            self.secrets.iter().for_each(|secret| forms.add(secret));
            forms.into()
        })
    }
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

#[derive(Clone, Default)]
struct Forms {
    /// Whether one begins with these two bytes: most places in a text are done with by that.
    begins: Vec<bool>,
    /// By their first bytes, the longest first.
    by_beginning: HashMap<[u8; SHORTEST], Vec<String>>,
    /// Those that are too short for that.
    short: Vec<String>,
    escaped: Escaped,
    known: HashSet<String>,
}

impl Forms {
    fn add(&mut self, secret: &str) {
        self.add_form(secret.to_owned());
        self.escaped.add(secret);
        if secret.len() < SHORTEST {
            return;
        }
        for form in utf16(secret) {
            self.add_form(form);
        }
        let is_long = secret.len() > MOST_BYTES_OF_RARE;
        for common in spellings(COMMON, secret) {
            let twice = spellings(if is_long { COMMON } else { EVERY }, &common);
            for form in twice {
                self.add_form(form);
            }
        }
        for form in spellings(EVERY, secret) {
            if !is_long {
                for twice in spellings(COMMON, &form) {
                    self.add_form(twice);
                }
            }
            self.add_form(form);
        }
    }

    fn add_form(&mut self, form: String) {
        if form.is_empty() || !self.known.insert(form.clone()) {
            return;
        }
        let forms = match form.as_bytes().first_chunk() {
            Some(beginning) => {
                self.begins.resize(1 << 16, false);
                self.begins[first_two(beginning)] = true;
                self.by_beginning.entry(*beginning).or_default()
            }
            None => &mut self.short,
        };
        let at = forms.partition_point(|other| other.len() > form.len());
        forms.insert(at, form);
    }

    /// Where they stand, in order: from where to where.
    fn places(&self, text: &str) -> Vec<(usize, usize)> {
        let mut places = self.places_in(text);
        let mut length = text.len();
        for with_indentation in [false, true] {
            let (joined, origin) = without_breaks(text, with_indentation);
            if joined.len() == length {
                break;
            }
            length = joined.len();
            let places_joined = self.places_in(&joined);
            // The end of a place is behind its last byte, not before what comes next.
            places.extend(places_joined.iter().map(|place| (origin[place.0], origin[place.1 - 1] + 1)));
        }
        places.sort_unstable();
        places.dedup_by(|next, last| {
            let is_one = next.0 <= last.1;
            last.1 = if is_one { last.1.max(next.1) } else { last.1 };
            is_one
        });
        places
    }

    /// The same without a look at line breaks; places may overlap.
    fn places_in(&self, text: &str) -> Vec<(usize, usize)> {
        let mut places: Vec<_> = self
            .short
            .iter()
            .flat_map(|form| text.match_indices(form).map(|(at, form)| (at, at + form.len())))
            .chain(self.escaped.places_in(text))
            .collect();
        if self.by_beginning.is_empty() {
            return places;
        }
        let bytes = text.as_bytes();
        for (at, beginning) in bytes.windows(SHORTEST).enumerate() {
            if !self.begins[first_two(beginning)] {
                continue;
            }
            let forms = beginning.first_chunk().and_then(|beginning| self.by_beginning.get(beginning));
            let found =
                forms.and_then(|forms| forms.iter().find(|form| bytes[at..].starts_with(form.as_bytes())));
            places.extend(found.map(|form| (at, at + form.len())));
        }
        places
    }
}

fn first_two(beginning: &[u8]) -> usize {
    usize::from(beginning[0]) << 8 | usize::from(beginning[1])
}

/// The text without its line breaks, as base64, hex, quoted-printable and the shell have them, also as JSON writes them, and where each byte
/// of it came from.
fn without_breaks(text: &str, with_indentation: bool) -> (String, Vec<usize>) {
    const BREAKS: [&str; 10] =
        ["=\r\n", "=\n", "\\\r\n", "\\\n", "\r\n", "\n", "=\\r\\n", "=\\n", "\\r\\n", "\\n"];
    let (mut joined, mut origin, mut at) = (String::new(), Vec::new(), 0);
    if !text.contains('\n') && !text.contains("\\n") {
        return (text.to_owned(), origin);
    }
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let is_break = matches!(next, '=' | '\r' | '\n' | '\\');
        if let Some(found) = BREAKS.iter().find(|one| is_break && rest.starts_with(**one)) {
            at += found.len();
            at += if with_indentation { indentation(&text[at..]) } else { 0 };
            continue;
        }
        joined.push(next);
        origin.extend(at..at + next.len_utf8());
        at += next.len_utf8();
    }
    (joined, origin)
}

#[cfg(test)]
mod tests;
