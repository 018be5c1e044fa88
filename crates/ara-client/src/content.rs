//! What is shown with an event, kept below what ARA takes.
use serde_json::{Map, Value, json};

/// Django refuses bodies of more than 2.5 MiB, with a web page. This leaves room for the rest of the body, in bytes.
const MOST: usize = 2 << 20;
/// What is kept of the JSON text of longer details, in bytes. Escaped once more it grows, at worst sixfold.
const KEPT: usize = 256 << 10;
/// ARA's columns for names hold this many characters.
const NAME: usize = 255;

/// The details as they are, or the beginning of their text and a note.
pub(crate) fn content(details: &Map<String, Value>) -> Value {
    let text = Value::Object(details.clone()).to_string();
    if text.len() <= MOST {
        return Value::Object(details.clone());
    }
    let cut = (0..=KEPT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let note = format!("Cut: of {} bytes, more than ARA takes, these are the first {cut}.", text.len());
    json!({ "note": note, "beginning": &text[..cut] })
}

/// The name, cut to what ARA's columns hold; none of them may be blank.
pub(crate) fn name(text: &str) -> String {
    if text.trim().is_empty() {
        return "unnamed".into();
    }
    match text.char_indices().nth(NAME) {
        None => text.to_owned(),
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
            assert!(cut["note"].as_str().unwrap().starts_with("Cut: of "), "{char:?}");
            assert!(cut["beginning"].as_str().unwrap().starts_with("{\"stdout\":\""), "{char:?}");
        }
    }

    #[test]
    fn names_are_cut_at_255_characters_and_never_blank() {
        assert_eq!(name(&"ä".repeat(255)), "ä".repeat(255));
        assert_eq!(name(" "), "unnamed");
        assert_eq!(name(&"ä".repeat(256)), "ä".repeat(254) + "…");
    }
}
