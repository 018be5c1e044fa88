//! The text of a body: bytes decoded as a browser does it.
//!
//! A create whose answer holds an id must not end in doubt because of how that answer is written. So: a byte-order mark
//! counts most, then the charset of Content-Type, then the zeros between ASCII, as Python's `json` looks for them, else it is UTF-8;
//! what can't be decoded becomes U+FFFD. UTF-8, UTF-16, UTF-32 and Western European text are known, and of charsets in which the bytes of
//! ASCII may be parts of other characters, which bytes these are. Any other charset is read as UTF-8: JSON has to be that, ASCII survives,
//! and the tables of all charsets would be a thirtieth of the program.
use crate::multibyte::{self, Multibyte};
use std::borrow::Cow;

/// How characters are written in bytes.
#[derive(Clone, Copy)]
enum Charset {
    Utf8,
    /// With what makes a number of two bytes.
    Utf16(fn([u8; 2]) -> u16),
    /// Windows-1252, which browsers also read where Latin-1 is announced.
    WesternEuropean,
    EastAsian(Multibyte),
}

const UTF_16LE: Charset = Charset::Utf16(u16::from_le_bytes);
const UTF_16BE: Charset = Charset::Utf16(u16::from_be_bytes);

/// What Windows-1252 has for the bytes from 0x80 to 0x9f; all others are as in Unicode.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', //
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a body, without a byte-order mark and without what some servers leave at its end.
pub(crate) fn decoded<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some(text) = utf_32(body) {
        return text.into();
    }
    let (body, charset) = match body {
        [0xef, 0xbb, 0xbf, rest @ ..] => (rest, Charset::Utf8),
        [0xff, 0xfe, rest @ ..] => (rest, UTF_16LE),
        [0xfe, 0xff, rest @ ..] => (rest, UTF_16BE),
        _ => {
            let named = content_type.and_then(charset);
            (body, named.or_else(|| guessed(body)).unwrap_or(Charset::Utf8))
        }
    };
    let text = match charset {
        Charset::Utf8 => String::from_utf8_lossy(body),
        Charset::Utf16(number) => utf_16(body, number).into(),
        Charset::WesternEuropean => body.iter().map(|byte| western_european(*byte)).collect(),
        Charset::EastAsian(multibyte) => multibyte.text(body).into(),
    };
    match text {
        Cow::Borrowed(text) => ended(text).into(),
        Cow::Owned(mut text) => {
            text.truncate(ended(&text).len());
            text.into()
        }
    }
}

fn ended(text: &str) -> &str {
    text.trim_end_matches(|c: char| c == '\0' || c.is_whitespace())
}

/// The charset that a Content-Type names: `text/plain; charset="Latin1"`. `None` for one that isn't known.
fn charset(content_type: &str) -> Option<Charset> {
    let named = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })?;
    // The names differ in dashes and quotes: `utf8`, `latin-1`, `iso8859_1`.
    let mut name = named.to_ascii_lowercase();
    name.retain(|c| c.is_ascii_alphanumeric());
    match name.as_str() {
        "utf8" => Some(Charset::Utf8),
        "utf16" | "utf16le" => Some(UTF_16LE),
        "utf16be" => Some(UTF_16BE),
        "ascii" | "usascii" | "latin1" | "iso88591" | "windows1252" | "cp1252" => {
            Some(Charset::WesternEuropean)
        }
        name => multibyte::named(name).map(Charset::EastAsian),
    }
}

fn western_european(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => byte.into(),
    }
}

fn utf_16(body: &[u8], number: fn([u8; 2]) -> u16) -> String {
    let (units, half) = body.as_chunks::<2>();
    char::decode_utf16(units.iter().map(|two| number(*two)))
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .chain((!half.is_empty()).then_some(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// UTF-16 without a byte-order mark: JSON begins with two characters of ASCII.
fn guessed(body: &[u8]) -> Option<Charset> {
    match body {
        [0, 1..=255, 0, 1..=255, ..] => Some(UTF_16BE),
        [1..=255, 0, 1..=255, 0, ..] => Some(UTF_16LE),
        _ => None,
    }
}

/// The text, if it is UTF-32, which no browser knows but Python.
fn utf_32(body: &[u8]) -> Option<String> {
    let number: fn([u8; 4]) -> u32 = match body {
        [0xff, 0xfe, 0, 0, ..] | [1..=255, 0, 0, 0, ..] => u32::from_le_bytes,
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, 1..=255, ..] => u32::from_be_bytes,
        _ => return None,
    };
    let (characters, _) = body.as_chunks::<4>();
    let text: String = characters
        .iter()
        .map(|four| char::from_u32(number(*four)).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    Some(ended(text.trim_start_matches('\u{feff}')).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn read(body: &[u8], content_type: &str) -> Value {
        serde_json::from_str(&decoded(body, Some(content_type))).unwrap()
    }

    #[test]
    fn every_way_in_which_a_server_may_write_is_read() {
        let body = r#"{"name": "Prüfstand €"}"#;
        let little: Vec<u8> = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = body.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let little_32: Vec<u8> = body.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        let big_32: Vec<u8> = body.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        let windows = [&body.as_bytes()[..12], b"\xfcfstand \x80\"}"].concat();
        let marked = |mark: &[u8], text: &[u8]| [mark, text].concat();
        let json = "application/json";
        for (bytes, content_type) in [
            (body.as_bytes().to_vec(), json),
            (body.as_bytes().to_vec(), "application/json; charset=nobody-knows"),
            (body.as_bytes().to_vec(), "application/json; charset"),
            (body.as_bytes().to_vec(), ""),
            (marked(b"\xef\xbb\xbf", body.as_bytes()), json),
            (marked(b"\xef\xbb\xbf", body.as_bytes()), "application/json; charset=iso-8859-1"),
            (marked(body.as_bytes(), b"\0"), json),
            (marked(body.as_bytes(), b"\r\n\0\0"), json),
            (windows.clone(), "application/json;charset=ISO-8859-1"),
            (windows.clone(), "application/json; Charset=\"Latin1\""),
            (windows.clone(), "application/json; charset='windows-1252' ; x=y"),
            (windows, "application/json; x=y; charset = cp1252"),
            (marked(b"\xff\xfe", &little), "application/json; charset=utf-16"),
            (marked(b"\xff\xfe", &little), json),
            (little.clone(), "application/json; charset=UTF-16LE"),
            (little.clone(), json),
            (marked(&little, b"\0\0"), json),
            (marked(b"\xfe\xff", &big), "application/json; charset=utf-16"),
            (big.clone(), "application/json; charset=utf-16be"),
            (big, json),
            (marked(b"\xff\xfe\0\0", &little_32), json),
            (little_32, json),
            (marked(b"\0\0\xfe\xff", &big_32), json),
            (big_32, json),
        ] {
            assert_eq!(read(&bytes, content_type)["name"], "Prüfstand €", "{content_type} {bytes:?}");
        }
        let japanese = b"{\"name\": \"\x95\x5c\", \"id\": 7}"; // its second byte is that of a backslash
        assert_eq!(
            read(japanese, "application/json; charset=\"Shift_JIS\""),
            json!({"id": 7, "name": "\u{fffd}"})
        );
        assert_eq!(read(b"{\"id\": 7, \"name\": \"\x8f\xb0\xa1\"}", "text/json; charset=EUC-JP")["id"], 7);
        let in_another = b"{\"id\": 7, \"name\": \"\xb1\xe8\"}";
        assert_eq!(
            read(in_another, "application/json; charset=EUC-KR"),
            json!({"id": 7, "name": "\u{fffd}"})
        );
    }

    #[test]
    fn what_can_not_be_decoded_costs_only_itself() {
        assert_eq!(
            read(b"{\"id\": 7, \"name\": \"Pr\xfcfstand\"}", ""),
            json!({"id": 7, "name": "Pr\u{fffd}fstand"})
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_is_decoded(body in prop::collection::vec(any::<u8>(), 0..200), content_type in "\\PC{0,40}") {
            decoded(&body, Some(&content_type));
        }
    }
}
