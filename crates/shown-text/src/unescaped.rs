//! A text as it was before somebody escaped it: with the line breaks, blanks, colours and signs that its escapes stand for. What is looked
//! for between the pieces of a secret is so found however often the whole was quoted.
use crate::escapes::read;

/// What stands for a line break in a page.
const BREAKS_OF_HTML: [&str; 3] = ["<br>", "<br/>", "<br />"];

/// A piece of the text: how long it is, and what it stands for if that is not itself.
type Piece = (usize, Option<char>);

/// The text without its escapes, unless it has none.
pub(crate) fn unescaped(text: &str) -> Option<String> {
    let mut pieces = Pieces::of(text);
    if pieces.all(|(_, meant)| meant.is_none()) {
        return None;
    }
    let mut all = String::with_capacity(text.len());
    let mut at = 0;
    for (length, meant) in Pieces::of(text) {
        match meant {
            Some(one) => all.push(one),
            None => all.push_str(&text[at..at + length]),
        }
        at += length;
    }
    Some(all)
}

/// Where places in the unescaped text stand in the text itself. They are in order, and none touches another.
pub(crate) fn origins(text: &str, places: &mut [(usize, usize)]) {
    let mut ends = places.iter_mut().flat_map(|(start, end)| [(start, false), (end, true)]).peekable();
    let (mut at, mut shown) = (0, 0);
    for (length, meant) in Pieces::of(text) {
        let width = meant.map_or(length, char::len_utf8);
        // An end belongs to what stands before it, a start to what stands behind.
        while let Some((place, is_end)) = ends.peek_mut() {
            let is_here = if *is_end { **place <= shown + width } else { **place < shown + width };
            if !is_here {
                break;
            }
            **place = match (meant, *is_end) {
                (None, _) => at + (**place - shown),
                (Some(_), true) => at + length,
                (Some(_), false) => at,
            };
            ends.next();
        }
        at += length;
        shown += width;
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Last {
    Blank,
    /// A mark of quotes, comments or diffs.
    Mark,
    #[default]
    Other,
}

/// The pieces of a text, from its beginning.
struct Pieces<'a> {
    text: &'a str,
    at: usize,
    /// Whether escaped line breaks of mail may stand in it.
    is_mail: bool,
    /// What was the last, if that begins a line of a URL.
    last: Last,
}

impl<'a> Pieces<'a> {
    fn of(text: &'a str) -> Self {
        let is_mail = text.contains("=0A") || text.contains("=0D");
        Self { text, at: 0, is_mail, last: Last::Other }
    }

    /// What an escape here stands for, and how long it is.
    fn meant(&mut self, byte: u8) -> Option<(usize, char)> {
        let rest = &self.text[self.at..];
        let last = std::mem::take(&mut self.last);
        match byte {
            // A single one may also be the mark of a diff, or none of the gap.
            b'+' => {
                let is_one_of_several = rest[1..].starts_with('+') || self.text[..self.at].ends_with('+');
                let is_blank = last == Last::Mark || last == Last::Blank && is_one_of_several;
                self.last = if last == Last::Other { last } else { Last::Blank };
                return is_blank.then_some((1, ' '));
            }
            b'=' if !self.is_mail => return None,
            b'<' => {
                let written = BREAKS_OF_HTML
                    .iter()
                    .find(|it| rest.get(..it.len()).is_some_and(|tag| tag.eq_ignore_ascii_case(it)))?;
                return Some((written.len(), '\n'));
            }
            _ => {}
        }
        let mut longest = None;
        read(rest, &mut |one, length| {
            let is_escape = length > 1 && (byte != b'=' || one.is_whitespace());
            if is_escape && longest.is_none_or(|(most, _)| length > most) {
                longest = Some((length, one));
            }
        });
        self.last = match longest {
            Some((_, one)) if byte == b'%' && one.is_whitespace() => Last::Blank,
            Some((_, one)) if last != Last::Other && one.is_ascii_punctuation() => Last::Mark,
            _ => Last::Other,
        };
        longest
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let bytes = &self.text.as_bytes()[self.at..];
        let first = *bytes.first()?;
        let piece = if let Some((length, one)) = may_be_escape(first).then(|| self.meant(first)).flatten() {
            (length, Some(one))
        } else {
            let plain = bytes[1..].iter().take_while(|byte| !may_be_escape(**byte)).count();
            // The number of a line has its mark behind it.
            let is_number = bytes[..=plain].iter().all(u8::is_ascii_digit);
            if !is_number && first != b'+' {
                self.last = Last::Other;
            }
            (1 + plain, None)
        };
        self.at += piece.0;
        Some(piece)
    }
}

fn may_be_escape(byte: u8) -> bool {
    matches!(byte, b'%' | b'&' | b'\\' | b'=' | b'+' | b'<')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_escape_becomes_what_it_stands_for() {
        for (text, meant) in [
            (r"a\n\tb\r\n\\nc", "a\n\tb\r\n\nc"),
            ("a%0D%0A%09b%0A%20+%3E+c", "a\r\n\tb\n +> c"),
            ("a%0A+++b", "a\n   b"),
            ("a&#10;&#13;&#x0a;&#9;&gt;&nbsp;b", "a\n\r\n\t>\u{a0}b"),
            (r"a\u000a\u000d\u0009\x0a\x1b[31mb", "a\n\r\t\n\u{1b}[31mb"),
            ("a<BR>b<br />c", "a\nb\nc"),
            ("a=0D=0Ab=20c=41", "a\r\nb c=41"),
        ] {
            assert_eq!(unescaped(text).as_deref(), Some(meant), "{text}");
        }
        for text in ["", "plain", "a+b/c==", "a=0a", "100 %", "a & b", "1 < 2", r"\q"] {
            assert_eq!(unescaped(text), None, "{text}");
        }
    }

    #[test]
    fn a_place_is_found_again_in_the_text() {
        let text = r"x\n\tabc\u0041 %0A+d";
        for (meant, written) in [("abcA", r"abc\u0041"), ("\n\tab", r"\n\tab"), ("c", "c"), ("\n+d", "%0A+d")]
        {
            let start = unescaped(text).unwrap().find(meant).unwrap();
            let mut places = [(start, start + meant.len())];
            origins(text, &mut places);
            assert_eq!(&text[places[0].0..places[0].1], written);
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_places_are_between_characters(text in "[%&\\\\=+<br>ä0-9a-fnxu#; ]{0,40}", a in 0_usize..40, b in 0_usize..40) {
            if let Some(meant) = unescaped(&text) {
                let within = |at: usize| (0..=at.min(meant.len())).rev().find(|at| meant.is_char_boundary(*at)).unwrap();
                let (start, end) = (within(a.min(b)), within(a.max(b)));
                if start < end {
                    let mut places = [(start, end)];
                    origins(&text, &mut places);
                    prop_assert!(text.get(places[0].0..places[0].1).is_some_and(|it| !it.is_empty()));
                }
            }
        }
    }
}
