//! Texts of servers and devices as they may stand in a report.

/// Without what no form can hold or show: control characters but line breaks and tabs, and characters that reorder or hide text around
/// them, become U+FFFD.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if is_shown(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// The same, in one line.
pub(crate) fn line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_shown(c: char) -> bool {
    let turns_or_hides =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let no_xml = matches!(c, '\u{fffe}' | '\u{ffff}');
    matches!(c, '\n' | '\t') || !(c.is_control() || turns_or_hides || no_xml)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_hidden_or_turned_around() {
        assert_eq!(clean("a\0b\u{1b}[31m\u{202e}c\r\n\td"), "a\u{fffd}b\u{fffd}[31m\u{fffd}c\u{fffd}\n\td");
        assert_eq!(line(" a \n b\t c "), "a b c");
        assert_eq!(line("Grüße 🚗"), "Grüße 🚗");
    }
}
