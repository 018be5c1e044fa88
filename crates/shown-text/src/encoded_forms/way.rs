//! The ways in which a text is read in search of what stands in it: as it is, or without what programs put between the pieces of a long text.
use crate::{
    line_marks::{indentation, is_sign, line_breaks, line_number, mark},
    unseen::unseen,
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
    /// White space, frames, and the marks that stood before the lines where these are one line by now: each word of signs.
    Unmarked,
    /// That, and each number with a blank or a sign behind it.
    Unnumbered,
    /// As `Blankless`, but for one sign at the beginning of each word, as `diff` writes it.
    Unsigned,
}

impl Way {
    /// The ways in which a text may be read differently than as it is.
    pub(crate) fn further(text: &str) -> impl Iterator<Item = Self> {
        let is_special = |byte: u8| !(b' '..0x7f).contains(&byte);
        let has_escapes = text.contains("\\n");
        let has_special = has_escapes || text.bytes().any(is_special);
        let has_breaks = has_escapes || text.contains('\n');
        let has_blanks = has_special || text.contains(' ');
        let has_marks = has_blanks && has_word(text, |word| Self::Unmarked.mark(word) > 0);
        let has_numbers = has_blanks && has_word(text, |word| line_number(word.as_bytes()) > 0);
        let has_signs = has_blanks && (has_escapes || has_word(text, |word| word.starts_with(is_sign)));
        [
            (Self::Joined, has_special),
            (Self::Unindented, has_breaks),
            (Self::Blankless, has_blanks),
            (Self::Unmarked, has_marks),
            (Self::Unnumbered, has_numbers),
            (Self::Unsigned, has_signs),
        ]
        .into_iter()
        .filter_map(|(way, is_worth_it)| is_worth_it.then_some(way))
    }

    /// Whether blanks within a line are read.
    pub(crate) fn has_blanks(self) -> bool {
        matches!(self, Self::Plain | Self::Joined | Self::Unindented)
    }

    /// Where the next byte that is not left out stands, from here on.
    pub(crate) fn next(self, text: &str, mut at: usize) -> Option<usize> {
        loop {
            let byte = *text.as_bytes().get(at)?;
            // Only what begins with something that is left out has marks behind that.
            let length = match (self, self.left_out(text, at, byte)) {
                (_, 0) => return Some(at),
                (Self::Unmarked | Self::Unnumbered, _) => self.gap_with_marks(&text[at..]),
                (Self::Unsigned, _) => self.gap_with_sign(&text[at..]),
                (_, length) => length,
            };
            at += length;
        }
    }

    fn left_out(self, text: &str, at: usize, byte: u8) -> usize {
        match (self, byte) {
            (Self::Plain, _) => 0,
            (_, b'\n' | b'\r' | b'=' | b'\\') => self.line_break(&text[at..], byte),
            (_, ..b' ' | 0x7f) => unseen(&text[at..]),
            (_, b' ') => usize::from(!self.has_blanks()),
            (_, 0xc2..) => match unseen(&text[at..]) {
                0 => text[at..].chars().next().filter(|c| self.leaves_out(*c)).map_or(0, char::len_utf8),
                length => length,
            },
            _ => 0,
        }
    }

    fn leaves_out(self, c: char) -> bool {
        let is_frame = ('\u{2500}'..='\u{257f}').contains(&c);
        !self.has_blanks() && (is_frame || c.is_whitespace())
    }

    /// How long the line break at the beginning is, with what comes after it.
    fn line_break(self, text: &str, byte: u8) -> usize {
        let Some(length) = line_breaks(text).max() else { return usize::from(byte < b' ') };
        match self {
            Self::Plain | Self::Joined | Self::Unsigned => length,
            Self::Unindented | Self::Unmarked => length + indentation(&text[length..]),
            Self::Blankless | Self::Unnumbered => {
                let length = length + indentation(&text[length..]);
                length + line_number(&text.as_bytes()[length..])
            }
        }
    }

    /// How long that is at the beginning which is left out by itself.
    fn gap(self, text: &str) -> usize {
        let mut at = 0;
        while let Some(byte) = text.as_bytes().get(at) {
            match self.left_out(text, at, *byte) {
                0 => break,
                length => at += length,
            }
        }
        at
    }

    /// The same with the marks that stand in it.
    fn gap_with_marks(self, text: &str) -> usize {
        let mut length = self.gap(text);
        loop {
            match self.mark(&text[length..]) {
                0 => return length,
                mark => length += mark,
            }
        }
    }

    /// How long the mark is which a word consists of, with the gap behind it.
    fn mark(self, text: &str) -> usize {
        let number = if self == Self::Unnumbered { line_number(text.as_bytes()) } else { 0 };
        if number > 0 {
            return number + self.gap(&text[number..]);
        }
        let mark = mark(text);
        match self.gap(&text[mark..]) {
            0 => 0,
            gap => mark + gap,
        }
    }

    /// The same as `gap` with the sign behind it.
    fn gap_with_sign(self, text: &str) -> usize {
        let length = self.gap(text);
        length + usize::from(text[length..].starts_with(is_sign))
    }
}

/// Whether there is such a word behind another.
fn has_word(text: &str, is_it: impl Fn(&str) -> bool) -> bool {
    let ends_a_gap = |byte: u8| !(b'!'..0x7f).contains(&byte);
    let begins = |both: &[u8]| ends_a_gap(both[0]) && !both[1].is_ascii_alphabetic() && both[1] > b' ';
    let places = text.as_bytes().windows(2).enumerate().filter(|(_, both)| begins(both));
    places.filter_map(|(at, _)| text.get(at + 1..)).any(is_it)
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
            ("│ a │\n│ b │", "│ a ││ b │", "│ a │b │", "ab"),
            ("a * b\n* c\n// d", "a * b* c// d", "a * bcd", "a*bcd"),
            ("a=b\\c", "a=b\\c", "a=b\\c", "a=b\\c"),
        ] {
            let shown = [Way::Plain, Way::Joined, Way::Unindented, Way::Blankless].map(|way| read(way, text));
            assert_eq!(shown, [text, joined, unindented, blankless]);
        }
    }

    #[test]
    fn marks_are_left_out_wherever_they_stand_by_themselves() {
        for (text, unmarked, unsigned) in [
            ("ab > cd > > ef", "abcdef", "abcdef"),
            ("ab // cd -- ef", "abcdef", "ab/cd-ef"),
            ("ab 2 cd 3: ef \u{bb} g", "ab2cd3:efg", "ab2cd3:ef\u{bb}g"),
            ("ab +cd\n+ef +/g", "ab+cd+ef+/g", "abcdef/g"),
            ("ab \u{2026}", "ab\u{2026}", "ab\u{2026}"),
            ("ab ***** cd *", "ab*****cd*", "ab****cd"),
        ] {
            assert_eq!([Way::Unmarked, Way::Unsigned].map(|way| read(way, text)), [unmarked, unsigned]);
        }
        assert_eq!(read(Way::Unnumbered, "ab 2 cd > 3: ef\n4 g 567"), "abcdefg567");
    }
}
