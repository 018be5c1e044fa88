//! What stands in a text and nobody sees: escape sequences, controls, and signs without a shape. Between the letters of a secret it hides
//! these from whoever compares, not from whoever reads.
use crate::one_line::{is_harmless, sequence};

/// How long what nobody sees at the beginning of a text is; a line feed is none of that.
pub(crate) fn unseen(text: &str) -> usize {
    match text.as_bytes().first() {
        None | Some(b'\n' | b' '..=0x7e | 0x80..=0xc1) => 0,
        // Behind one that has but one more sign that sign may be a letter of what is looked for.
        Some(0x1b) => match sequence(text) {
            2 if !text.starts_with("\u{1b}[") => 1,
            length => length,
        },
        Some(..b' ' | 0x7f) => 1,
        Some(0xc2..) => match text.chars().next() {
            Some(one @ '\u{80}'..='\u{9f}') => sequence(text).max(one.len_utf8()),
            Some(one) if is_unseen(one) => one.len_utf8(),
            _ => 0,
        },
    }
}

/// Whether a character has no shape of its own: also the selectors that say how the one before is drawn.
fn is_unseen(one: char) -> bool {
    !is_harmless(one) || matches!(one, '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_and_signs_without_shape_are_not_seen() {
        for (text, length) in [
            ("\u{1b}[32mabc", 5),
            ("\u{1b}[0;1;38;5;12mabc", 14),
            ("\u{9b}31mabc", 5),
            ("\u{1b}]0;title\u{7}abc", 10),
            ("\u{1b}]never ends", 1),
            ("\u{1b}cabc", 1),
            ("\u{1b}(Babc", 3),
            ("\u{200b}a", 3),
            ("\u{fe0f}a", 3),
            ("\u{e0100}a", 4),
            ("\0a", 1),
            ("\ra", 1),
            ("\na", 0),
            (" a", 0),
            ("a", 0),
            ("ä", 0),
            ("", 0),
        ] {
            assert_eq!(unseen(text), length, "{text:?}");
        }
    }
}
