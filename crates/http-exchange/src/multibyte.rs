//! Text in an East Asian charset, without its characters: an id beside them must not get lost because a character ends with the byte of a
//! backslash or a quote. What is ASCII is read, each other character becomes U+FFFD; the tables of these charsets would be a thirtieth of
//! the program.
use std::str;

/// How a charset writes what is not ASCII.
#[derive(Clone, Copy)]
pub(crate) enum Multibyte {
    /// Shift JIS: pairs, and katakana of one byte.
    ShiftJis,
    /// Pairs, and four bytes in GB 18030.
    Pairs,
    /// ISO 2022: escape sequences and shifts say what the bytes after them are.
    Escapes,
}

/// The charset of this name, in small letters and digits alone: `shiftjis`, `xsjis`. `None` if it isn't one of these.
pub(crate) fn named(name: &str) -> Option<Multibyte> {
    let is = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if name.contains("iso2022") {
        Some(Multibyte::Escapes)
    } else if is(&["sjis", "shiftjis", "windows31j", "932", "mskanji"]) {
        Some(Multibyte::ShiftJis)
    } else if is(&[
        "gbk", "gb18030", "gb2312", "euccn", "936", "big5", "950", "949", "uhc", "euckr", "ksc5601", "johab",
        "1361",
    ]) {
        Some(Multibyte::Pairs)
    } else {
        None
    }
}

impl Multibyte {
    /// The text. Where it is UTF-8 all the same, it is read as that: a pair whose second byte is of ASCII never is.
    pub(crate) fn text(self, body: &[u8]) -> String {
        match self {
            Multibyte::Escapes => escapes(body),
            _ if let Ok(text) = str::from_utf8(body) => text.to_owned(),
            Multibyte::ShiftJis => pairs(body, |byte| !matches!(byte, 0xa0..=0xdf)),
            Multibyte::Pairs => pairs(body, |_| true),
        }
    }
}

/// `leads`: whether this byte, which is not of ASCII, begins a pair.
fn pairs(body: &[u8], leads: fn(u8) -> bool) -> String {
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    while let [first, after @ ..] = rest {
        rest = after;
        if first.is_ascii() {
            text.push(char::from(*first));
            continue;
        }
        text.push(char::REPLACEMENT_CHARACTER);
        rest = match after {
            [b'0'..=b'9', 0x81..=0xfe, b'0'..=b'9', after @ ..] => after,
            [0x40..=0x7e | 0x80..=0xfe, after @ ..] if leads(*first) => after,
            // What isn't the second byte of a pair begins anew.
            _ => after,
        };
    }
    text
}

const ESCAPE: u8 = 0x1b;
const SHIFT_OUT: u8 = 0x0e;
const SHIFT_IN: u8 = 0x0f;

/// Each byte of a run that is not ASCII becomes U+FFFD; the sequences between runs are left out.
fn escapes(body: &[u8]) -> String {
    let mut text = String::with_capacity(body.len());
    let (mut is_ascii, mut is_shifted, mut single) = (true, false, 1);
    let mut rest = body;
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            &ESCAPE => {
                let between = after.iter().take_while(|byte| matches!(byte, 0x20..=0x2f)).count();
                let (between, after) = after.split_at(between);
                let [last, after @ ..] = after else { break };
                rest = after;
                match (between, last) {
                    ([b'('], last) => is_ascii = matches!(last, b'B' | b'J'),
                    ([b'$'] | [b'$', b'('], _) => is_ascii = false,
                    ([b'$', b'*'], _) => single = 2,
                    ([b'.'], _) => single = 1,
                    ([], b'N') => {
                        // One character of another set.
                        text.push(char::REPLACEMENT_CHARACTER);
                        rest = after.get(single..).unwrap_or_default();
                    }
                    _ => {}
                }
            }
            &SHIFT_OUT => is_shifted = true,
            &SHIFT_IN => is_shifted = false,
            b'\n' => {
                (is_ascii, is_shifted) = (true, false);
                text.push('\n');
            }
            0x21..=0x7e if is_ascii && !is_shifted => text.push(char::from(*byte)),
            0..=0x20 | 0x7f => text.push(char::from(*byte)),
            _ => text.push(char::REPLACEMENT_CHARACTER),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// JSON with an id after the text, which each charset writes so.
    fn read(charset: &str, text: &[u8]) -> serde_json::Value {
        let body = [b"{\"name\": \"".as_slice(), text, b"\", \"id\": \"EV-1\"}"].concat();
        serde_json::from_str(&named(charset).unwrap().text(&body)).unwrap()
    }

    #[test]
    fn a_character_that_ends_as_a_backslash_costs_no_id() {
        for (charset, text) in [
            ("shiftjis", b"\x95\x5c\x8e\xa6\xb6\x5c\x5c\x83\x5c".as_slice()), // 表示ｶ\ソ
            ("windows31j", b"\x83\x5c"),
            ("cp932", b"\xfa\x5c"),
            ("gbk", b"\x90\x5c"),                     // 怽
            ("gb2312", b"\xd6\xd0"),                  // 中
            ("gb18030", b"\x81\x30\x81\x30\x90\x5c"), // four bytes, and a pair
            ("big5", b"\xa5\x5c\xb3\x5c"),            // 功許
            ("big5hkscs", b"\x87\x5c"),
            ("euckr", b"\xb1\xe8"), // 김
            ("cp949", b"\x81\x5a"),
            ("johab", b"\x88\x5c"),
            ("iso2022jp", b"\x1b$B\x3d\x5c\x22\x22\x1b(B x"), // double bytes of a backslash and quotes
            ("iso2022jp", b"\x1b(I\x5c\x22\x1b(J"),           // katakana
            ("iso2022jp2", b"\x1b.A\x1bN\x5c\x1b$(D\x22\x5c\x1b(B"),
            ("iso2022kr", b"\x1b$)C\x0e\x5c\x22\x0f"),
            ("iso2022cn", b"\x1b$*H\x1bN\x22\x5c"),
            ("shiftjis", "表示".as_bytes()), // a server that says so and writes UTF-8
        ] {
            assert_eq!(read(charset, text)["id"], "EV-1", "{charset}");
        }
    }

    #[test]
    fn only_what_is_no_ascii_is_lost() {
        assert_eq!(read("shiftjis", b"a\x95\x5c\xb6\x5c\x5cb")["name"], "a\u{fffd}\u{fffd}\\b");
        assert_eq!(read("gbk", b"a\x90\x5cb")["name"], "a\u{fffd}b");
        assert_eq!(read("iso2022jp", b"a\x1b$B\x3d\x5c\x1b(Bb")["name"], "a\u{fffd}\u{fffd}b");
        assert_eq!(read("shiftjis", "表".as_bytes())["name"], "表");
        // Half a character.
        assert_eq!(read("big5", b"\xa5")["name"], "\u{fffd}");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read(body in prop::collection::vec(any::<u8>(), 0..200)) {
            for charset in [Multibyte::ShiftJis, Multibyte::Pairs, Multibyte::Escapes] {
                charset.text(&body);
            }
        }
    }
}
