//! Texts of servers and devices as they may stand in a report.
use shown_text::{is_harmless, is_joiner};

/// Without what no form can hold or show: control characters but line breaks and tabs, and characters that reorder or hide text around
/// them, become U+FFFD.
pub(crate) fn clean(text: &str) -> String {
    let mut before = ' ';
    text.chars()
        .map(|c| {
            let joins = is_joiner(c) && !before.is_ascii() && !is_joiner(before);
            before = c;
            if joins || is_shown(c) { c } else { char::REPLACEMENT_CHARACTER }
        })
        .collect()
}

/// The same, in one line.
pub(crate) fn line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name in one line, of which there is room for a little only.
pub(crate) fn name(text: &str) -> String {
    beginning(text, 80)
}

/// At most so many characters of the text, in one line.
pub(crate) fn beginning(text: &str, most: usize) -> String {
    let line = line(text);
    match line.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// Whether every form can hold and show this character.
pub(crate) fn is_shown(c: char) -> bool {
    let has_no_place_in_xml = matches!(c, '\u{fffe}' | '\u{ffff}');
    matches!(c, '\n' | '\t') || is_harmless(c) && !has_no_place_in_xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_hidden_or_turned_around() {
        assert_eq!(clean("a\0b\u{1b}[31m\u{202e}c\r\n\td"), "a\u{fffd}b\u{fffd}[31m\u{fffd}c\u{fffd}\n\td");
        assert_eq!(line(" a \n b\t c "), "a b c");
        for c in [
            '\u{ad}',
            '\u{61c}',
            '\u{34f}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{17b5}',
            '\u{180e}',
            '\u{2800}',
            '\u{3164}',
            '\u{ffa0}',
            '\u{200b}',
            '\u{200d}',
            '\u{200f}',
            '\u{2028}',
            '\u{2066}',
            '\u{feff}',
            '\u{ffff}',
            '\u{e0041}',
        ] {
            assert_eq!(clean(&format!("a{c}b")), "a\u{fffd}b", "{c:?}");
        }
    }

    #[test]
    fn a_long_name_is_cut_where_there_is_little_room() {
        assert_eq!(name(&"ü".repeat(80)), "ü".repeat(80));
        assert_eq!(name(&"ü".repeat(81)), "ü".repeat(80) + "…");
    }

    #[test]
    fn words_and_emoji_of_all_scripts_stay_as_they_are() {
        for text in [
            "Grüße 🚗",
            "👩\u{200d}🔧 ❤\u{fe0f}\u{200d}🔥",
            "葛\u{e0100}城",
            "می\u{200c}خواهم",
            "עברית",
            "自動車",
        ] {
            assert_eq!(line(text), text);
        }
    }
}
