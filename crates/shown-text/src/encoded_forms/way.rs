//! The ways in which a text is read in search of what stands in it: as it is, or without what programs put between the pieces of a long text.
use crate::{
    escapes::{indentation, line_breaks},
    one_line::is_harmless,
};

/// What is left out while reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Nothing.
    Plain,
    /// Line breaks, also as JSON writes them, and what steers a terminal or can't be seen.
    Joined,
    /// That, and the indentation and quote signs of each line.
    Unindented,
    /// That, all other white space, the frames of boxes, and the number of each line, as `nl` and `grep -n` write it.
    Blankless,
}

impl Way {
    /// The ways in which a text may be read differently than as it is.
    pub(crate) fn further(text: &str) -> impl Iterator<Item = Self> {
        let is_special = |byte: u8| !(b' '..0x7f).contains(&byte);
        let has_escapes = text.contains("\\n");
        let has_special = has_escapes || text.bytes().any(is_special);
        let has_breaks = has_escapes || text.contains('\n');
        let has_blanks = has_special || text.contains(' ');
        [(Self::Joined, has_special), (Self::Unindented, has_breaks), (Self::Blankless, has_blanks)]
            .into_iter()
            .filter_map(|(way, is_worth_it)| is_worth_it.then_some(way))
    }

    /// Where the next byte that is not left out stands, from here on.
    pub(crate) fn next(self, text: &str, mut at: usize) -> Option<usize> {
        loop {
            let byte = *text.as_bytes().get(at)?;
            match self.left_out(text, at, byte) {
                0 => return Some(at),
                length => at += length,
            }
        }
    }

    fn left_out(self, text: &str, at: usize, byte: u8) -> usize {
        match (self, byte) {
            (Self::Plain, _) => 0,
            (_, b'\n' | b'\r' | b'=' | b'\\') => self.line_break(&text[at..], byte),
            (Self::Blankless, b' ') | (_, ..b' ' | 0x7f) => 1,
            (_, 0xc2..) => {
                text[at..].chars().next().filter(|c| self.leaves_out(*c)).map_or(0, char::len_utf8)
            }
            _ => 0,
        }
    }

    fn leaves_out(self, c: char) -> bool {
        let is_frame = ('\u{2500}'..='\u{257f}').contains(&c);
        !is_harmless(c) || self == Self::Blankless && (is_frame || c.is_whitespace())
    }

    /// How long the line break at the beginning is, with what comes after it.
    fn line_break(self, text: &str, byte: u8) -> usize {
        let Some(length) = line_breaks(text).max() else { return usize::from(byte < b' ') };
        match self {
            Self::Plain | Self::Joined => length,
            Self::Unindented => length + indentation(&text[length..]),
            Self::Blankless => {
                let length = length + indentation(&text[length..]);
                length + line_number(&text.as_bytes()[length..])
            }
        }
    }
}

/// How long the number at the beginning of a line is, with the blanks and the sign that set it apart.
fn line_number(line: &[u8]) -> usize {
    const MOST_DIGITS: usize = 9;
    const MOST_BLANKS: usize = 4;
    let digits = line.iter().take(MOST_DIGITS).take_while(|byte| byte.is_ascii_digit()).count();
    let blanks = line[digits..].iter().take(MOST_BLANKS).take_while(|byte| b" \t".contains(byte)).count();
    let sign = line[digits + blanks..].first().is_some_and(|byte| b":.)|".contains(byte));
    let apart = blanks + usize::from(sign);
    if digits > 0 && apart > 0 { digits + apart } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(way: Way, text: &str) -> String {
        let mut bytes = vec![];
        let mut at = 0;
        while let Some(next) = way.next(text, at) {
            bytes.push(text.as_bytes()[next]);
            at = next + 1;
        }
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn each_way_leaves_out_more() {
        for (text, joined, unindented, blankless) in [
            ("a b\n  c", "a b  c", "a bc", "abc"),
            ("a\r\n> b=\r\nc\\\nd\\n\te", "a> bcde", "abcde", "abcde"),
            ("a\t\u{b}\u{c}\u{85}\u{2028}\u{200b}\rb\u{a0}ü", "ab\u{a0}ü", "ab\u{a0}ü", "abü"),
            ("a\n     2\tb\n3: c\n44d", "a     2b3: c44d", "a2b3: c44d", "abc44d"),
            ("│ a │\n│ b │", "│ a ││ b │", "│ a ││ b │", "ab"),
            ("a=b\\c", "a=b\\c", "a=b\\c", "a=b\\c"),
        ] {
            let shown = [Way::Plain, Way::Joined, Way::Unindented, Way::Blankless].map(|way| read(way, text));
            assert_eq!(shown, [text, joined, unindented, blankless]);
        }
    }
}
