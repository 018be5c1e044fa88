//! Limits an event's details to what ARA accepts.
use serde_json::{Map, Value};

/// Django rejects bodies of more than 2.5 MiB, with a web page. This leaves room for the rest of the body, in bytes.
const MOST: usize = 2 << 20;
/// How much of longer details is kept, in bytes of JSON text. Escaping doubles it at worst.
const KEPT: usize = 256 << 10;
/// The limit after a proxy in front of ARA has rejected the details, in bytes.
const SHORT: usize = 64 << 10;
/// The limit of ARA's name columns, in characters.
const NAME: usize = 255;

/// The details unchanged, or the beginning of their text and a note.
pub(crate) fn content(details: &Map<String, Value>) -> Value {
    Value::Object(cut(details, MOST, KEPT).unwrap_or_else(|| details.clone()))
}

/// Shorter details for a proxy that rejected them; `None` if they are short already.
pub(crate) fn shortened(details: &Map<String, Value>) -> Option<Map<String, Value>> {
    cut(details, SHORT, SHORT / 4)
}

/// The beginning of details with more than `most` bytes of text, and a note; `None` if they are shorter.
fn cut(details: &Map<String, Value>, most: usize, kept: usize) -> Option<Map<String, Value>> {
    let text = Value::Object(details.clone()).to_string();
    if text.len() <= most {
        return None;
    }
    let cut = (0..=kept).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let note = format!("Truncated: the first {cut} of {} bytes; ARA does not accept more.", text.len());
    Some(Map::from_iter([
        ("note".to_owned(), note.into()),
        ("beginning".to_owned(), text[..cut].to_owned().into()),
    ]))
}

/// A valid name for ARA: cut to its columns, not blank, without the control characters that ARA rejects.
pub(crate) fn name(text: &str) -> String {
    let text = text.replace(char::is_control, " ");
    if text.trim().is_empty() {
        return "unnamed".into();
    }
    match text.char_indices().nth(NAME) {
        None => text,
        Some(_) => text.chars().take(NAME - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_that_fit_stay_as_they_are() {
        let details = Map::from_iter([("stdout".to_owned(), "x".repeat(1 << 20).into())]);
        assert_eq!(content(&details), Value::Object(details));
    }

    #[test]
    fn longer_ones_are_cut_with_a_note_whatever_they_hold() {
        for char in ["x", "\u{1}", "\"", "ä", "\u{1F600}"] {
            let details = Map::from_iter([("stdout".to_owned(), char.repeat(3 << 20).into())]);
            let cut = content(&details);
            assert!(cut.to_string().len() < MOST, "{char:?}");
            assert!(cut["note"].as_str().unwrap().starts_with("Truncated: the first "), "{char:?}");
            assert!(cut["beginning"].as_str().unwrap().starts_with("{\"stdout\":\""), "{char:?}");
        }
    }

    #[test]
    fn what_a_proxy_refuses_is_shortened_unless_it_is_short() {
        let details = |size| Map::from_iter([("stdout".to_owned(), "x".repeat(size).into())]);
        assert_eq!(shortened(&details(SHORT / 2)), None);
        let short = shortened(&details(1 << 20)).unwrap();
        assert!(Value::Object(short.clone()).to_string().len() < SHORT);
        assert!(short["note"].as_str().unwrap().starts_with("Truncated: the first "));
    }

    #[test]
    fn names_hold_no_control_characters() {
        assert_eq!(name("a\u{0}b\nc"), "a b c");
        assert_eq!(name("\u{0}"), "unnamed");
    }

    #[test]
    fn names_are_cut_at_255_characters_and_never_blank() {
        assert_eq!(name(&"ä".repeat(255)), "ä".repeat(255));
        assert_eq!(name(" "), "unnamed");
        assert_eq!(name(&"ä".repeat(256)), "ä".repeat(254) + "…");
    }
}
