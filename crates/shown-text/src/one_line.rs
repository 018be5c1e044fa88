//! Reduces an untrusted text to one line that can neither steer a terminal nor forge another line.
use crate::cut::{cut, marked};

/// The longest text shown, in characters.
const MOST: usize = 500;
/// The most characters that are read.
const MOST_READ: usize = 10_000;

/// `text` in one line, like [`one_line`], but uncut: for our own sentences that quote others.
pub fn harmless(text: &str) -> String {
    if text.chars().all(is_harmless) {
        return text.to_owned();
    }
    Plain::of(text)
        .collect::<String>()
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// `text` in one line of at most 500 characters; if anything was left out, it ends in [`CUT`](crate::CUT). Escape sequences are removed;
/// control characters, line breaks of any kind, and characters that reverse or hide text become blanks.
pub fn one_line(text: &str) -> String {
    // What is shown comes from the beginning.
    let read = text.char_indices().nth(MOST_READ).map_or(text, |(at, _)| &text[..at]);
    let (mut line, mut length) = (String::new(), 0);
    for word in Plain::of(read).collect::<String>().split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += word.chars().count();
        if length > MOST {
            break;
        }
    }
    if read.len() < text.len() && length < MOST { marked(&line) } else { cut(&line, MOST).into_owned() }
}

/// Whether a character is safe to show: it doesn't control the terminal, nor reverse or hide text.
pub fn is_harmless(c: char) -> bool {
    !c.is_control() && !is_invisible(c)
}

/// Whether a character that can't be seen belongs to the letter or emoji before it: it joins that to the next, or says how it is drawn.
/// Alone, or many of them, they can hide text.
pub fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{e0100}'..='\u{e01ef}')
}

/// What nobody could see, or what turns the text around it.
fn is_invisible(c: char) -> bool {
    is_default_ignorable(c) || is_otherwise_invisible(c)
}

/// The characters with the property `Default_Ignorable_Code_Point` of Unicode 16, whether or not they are assigned yet, but for the
/// variation selectors that say how the emoji or letter before them is drawn (U+FE00 to U+FE0F).
fn is_default_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Line and paragraph separators, the blank of braille, and the marks of annotations.
fn is_otherwise_invisible(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{2800}' | '\u{fff9}'..='\u{fffb}')
}

/// The characters without escape sequences, with a blank for everything else that must not be shown.
struct Plain<'a> {
    rest: std::str::Chars<'a>,
    /// Whether no string ends in the rest: then nobody looks through it again.
    is_endless: bool,
}

/// The bytes that are looked through for the end of a sequence, if it stands between what is compared.
const MOST_OF_SEQUENCE: usize = 64;

/// How long the escape sequence at the beginning of a text is.
pub(crate) fn sequence(text: &str) -> usize {
    let near = (0..=MOST_OF_SEQUENCE.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    let near = &text[..near.unwrap_or_default()];
    let mut plain = Plain::of(near);
    plain.next();
    near.len() - plain.rest.as_str().len()
}

impl Iterator for Plain<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self.rest.next()? {
            '\u{1b}' => {
                self.skip_sequence();
                Some(' ')
            }
            '\u{9b}' => {
                self.skip_control_sequence();
                Some(' ')
            }
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => {
                self.skip_string();
                Some(' ')
            }
            c if c.is_whitespace() || !is_harmless(c) => Some(' '),
            c => Some(c),
        }
    }
}

impl<'a> Plain<'a> {
    fn of(text: &'a str) -> Self {
        Self { rest: text.chars(), is_endless: false }
    }

    fn skip_sequence(&mut self) {
        let mut ahead = self.rest.clone();
        match ahead.next() {
            Some('[') => {
                self.rest = ahead;
                self.skip_control_sequence();
            }
            Some(']' | 'P' | 'X' | '^' | '_') => {
                self.rest = ahead;
                self.skip_string();
            }
            Some(' '..='/') => {
                ahead.next();
                self.rest = ahead;
            }
            Some('0'..='~') => self.rest = ahead,
            _ => {}
        }
    }

    /// Skips parameters, and the letter that ends them.
    fn skip_control_sequence(&mut self) {
        loop {
            let mut ahead = self.rest.clone();
            match ahead.next() {
                Some(' '..='?') => self.rest = ahead,
                Some('@'..='~') => return self.rest = ahead,
                _ => return,
            }
        }
    }

    /// Skips to BEL or ST; if there is neither, only the first character is skipped.
    fn skip_string(&mut self) {
        let mut ahead = self.rest.clone();
        while let Some(c) = ahead.next().filter(|_| !self.is_endless) {
            match c {
                '\u{7}' | '\u{9c}' => return self.rest = ahead,
                '\u{1b}' if ahead.as_str().starts_with('\\') => {
                    ahead.next();
                    return self.rest = ahead;
                }
                _ => {}
            }
        }
        self.is_endless = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_steers_a_terminal_or_forges_a_line() {
        for (text, shown) in [
            ("plain\r\n words\u{7}", "plain words"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{9b}2Jclear", "clear"),
            ("\u{1b}cboom", "boom"),
            ("\u{1b}(0boom", "boom"),
            ("\u{1b}]never ends", "never ends"),
            ("a\u{202e}b\u{2066}c\u{200b}d\u{feff}", "a b c d"),
            ("a\u{2028}b\u{2029}c\u{85}d\u{b}e", "a b c d e"),
            ("ends with\u{1b}", "ends with"),
            ("ends with\u{1b}[", "ends with"),
            ("ümlaut 😀", "ümlaut 😀"),
        ] {
            assert_eq!(one_line(text), shown, "{text:?}");
        }
    }

    #[test]
    fn a_joiner_is_not_harmless_by_itself() {
        for c in ['\u{200d}', '\u{180b}', '\u{e0100}'] {
            assert!(is_joiner(c) && !is_harmless(c), "{c:?}");
        }
        assert!(!is_joiner('\u{180e}') && !is_joiner('\u{e0041}') && !is_joiner('a'));
    }

    #[test]
    fn what_nobody_can_see_is_not_shown() {
        let invisible = "\u{ad}\u{34f}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180b}\u{180e}\u{200b}\u{2800}\u{3164}\u{ffa0}\u{fff0}\u{1bca0}\u{1d173}\u{e0001}\u{e0100}\u{e0fff}";
        for c in invisible.chars() {
            assert!(!is_harmless(c), "{c:?}");
            assert_eq!(one_line(&format!("a{c}b")), "a b", "{c:?}");
        }
        for text in ["❤\u{fe0f}", "\u{1100}\u{1161}\u{d55c}\u{ae00}", "⠁⠃", "ខ្មែរ", "ᠮᠣᠩᠭᠣᠯ"]
        {
            assert_eq!(one_line(text), text);
        }
    }

    #[test]
    fn a_sentence_that_quotes_others_stays_whole() {
        let sentence = format!("The  state is {}.", "x".repeat(600));
        assert_eq!(harmless(&sentence), sentence);
        assert_eq!(
            harmless("The state is \u{1b}[2JDONE\u{202e}\nok: [host]."),
            "The state is DONE ok: [host]."
        );
    }

    #[test]
    fn a_long_text_is_cut_at_500_characters() {
        assert_eq!(one_line(&"ä".repeat(500)), "ä".repeat(500));
        assert_eq!(one_line(&"ä".repeat(501)), "ä".repeat(499) + "…");
        assert_eq!(one_line(&"ä ".repeat(501)).chars().count(), 500);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_one_short_clean_line(text in any::<String>()) {
            let line = one_line(&text);
            prop_assert!(line.chars().count() <= MOST);
            prop_assert!(line.chars().all(is_harmless));
        }
    }
}
