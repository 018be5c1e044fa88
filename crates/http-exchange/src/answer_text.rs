//! The text of an answer: bytes decoded as a browser does it, and JSON read as Python reads it.
//!
//! A create whose answer holds an id must not end in doubt because of how that answer is written. So: a byte-order mark
//! counts most, then the charset of Content-Type (by all names that browsers know), then the zeros between ASCII, as
//! Python's `json` looks for them, else it is UTF-8; what can't be decoded becomes U+FFFD. An unknown charset is taken for none.
use crate::call::AnswerSize;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use serde::de::IgnoredAny;
use serde_json::{Error, Value};
use std::borrow::Cow;

/// More digits than Python makes an integer of.
const MOST_DIGITS: usize = 4300;

/// The text of a body, without a byte-order mark and without what some servers leave at its end.
pub(crate) fn decoded<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some(text) = utf_32(body) {
        return text.into();
    }
    let named = content_type.and_then(charset);
    let encoding = named.or_else(|| guessed(body)).unwrap_or(UTF_8);
    let (text, ..) = encoding.decode(body);
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

/// The encoding that a Content-Type names: `text/plain; charset="Latin1"`.
fn charset(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        // Python's names have other dashes than those of browsers: `latin-1`, `iso8859_1`.
        let labels = [value.to_owned(), value.replace('_', "-"), value.replace(['_', '-'], "")];
        let encoding = || labels.iter().find_map(|label| Encoding::for_label(label.as_bytes()));
        name.trim().eq_ignore_ascii_case("charset").then(encoding)?
    })
}

/// UTF-16 without a byte-order mark: JSON begins with two characters of ASCII.
fn guessed(body: &[u8]) -> Option<&'static Encoding> {
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

/// How many values there are in JSON, at most; that is seen without reading it.
pub(crate) fn values(text: &str) -> usize {
    let (mut values, mut is_within, mut is_escaped) = (1, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_within,
            b'"' => is_within = !is_within,
            b',' | b'[' | b'{' if !is_within => values += 1,
            _ => {}
        }
    }
    values
}

/// The text of JSON as the standard has it, of any size and depth; nothing is kept of what is read. What Python reads beyond the
/// standard is written anew.
pub(crate) fn sound(text: &str) -> Result<Cow<'_, str>, Error> {
    let check = |text: &str| serde_json::from_str::<IgnoredAny>(text);
    let Err(e) = check(text) else { return Ok(text.into()) };
    let standard = standard(text);
    if check(&standard).is_ok() { Ok(standard.into()) } else { Err(e) }
}

/// The JSON of a text. What Python reads beyond the standard is read: half of a pair of surrogates becomes U+FFFD, `NaN` and
/// `Infinity` text. Numbers that Python or Ansible can't pass on become text, too.
pub(crate) fn json(text: &str) -> Result<Value, Error> {
    let mut value = serde_json::from_str(text).or_else(|e| {
        let standard = standard(text);
        if standard == text { Err(e) } else { serde_json::from_str(&standard).map_err(|_| e) }
    })?;
    make_fit(&mut value);
    Ok(value)
}

/// The JSON of a message that came by another way than HTTP, within the same bounds as an answer of this size. The error is a clause.
pub fn json_within(text: &str, size: AnswerSize) -> Result<Value, String> {
    if text.len() as u64 > size.mib() << 20 {
        return Err(format!("it is larger than {} MiB", size.mib()));
    }
    if values(text) > size.values() {
        return Err(format!("it contains more than {} values", size.values()));
    }
    json(text).map_err(|e| format!("it is not JSON ({e})"))
}

/// What Python or Ansible can't pass on: numbers become text, and characters that steer a terminal blanks.
fn make_fit(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(make_fit),
        Value::Object(fields) => {
            fields.values_mut().for_each(make_fit);
            if fields.keys().any(|key| key.contains(steers)) {
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(key, value)| (key.replace(steers, " "), value))
                    .collect();
            }
        }
        Value::String(text) if text.contains(steers) => *text = text.replace(steers, " "),
        Value::Number(number) => {
            let text = number.as_str();
            let is_whole = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            let is_too_large = if is_whole {
                text.trim_start_matches('-').len() > MOST_DIGITS
            } else {
                !text.parse::<f64>().is_ok_and(f64::is_finite)
            };
            if is_too_large {
                *value = Value::String(text.to_owned());
            }
        }
        _ => {}
    }
}

/// Ansible shows these as they are. Line breaks it writes otherwise, and emoji are joined by characters without width.
fn steers(c: char) -> bool {
    !shown_text::is_harmless(c) && !shown_text::is_joiner(c) && !matches!(c, '\t' | '\n' | '\r')
}

/// JSON as the standard has it, out of what Python reads.
fn standard(text: &str) -> String {
    let mut standard = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_within = false; // a string
    while let Some(c) = rest.chars().next() {
        let word =
            ["NaN", "-Infinity", "Infinity"].into_iter().find(|word| !is_within && rest.starts_with(word));
        let taken = match (c, word) {
            (_, Some(word)) => {
                standard.extend(["\"", word, "\""]);
                word.len()
            }
            ('\\', _) if is_within => escape(rest, &mut standard),
            _ => {
                is_within ^= c == '"';
                standard.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    standard
}

/// Copies one escape from the beginning of `rest`, or a pair of surrogates; returns how long it is.
fn escape(rest: &str, standard: &mut String) -> usize {
    const HALF: usize = 6; // \uXXXX
    let unit = |at: usize| {
        let hex = rest.get(at..at + HALF)?.strip_prefix("\\u")?;
        u16::from_str_radix(hex, 16).ok()
    };
    let length = match (unit(0), unit(HALF)) {
        (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => 2 * HALF,
        (Some(0xd800..0xe000), _) => {
            standard.push(char::REPLACEMENT_CHARACTER);
            return HALF;
        }
        (Some(_), _) => HALF,
        // The backslash and what comes after it.
        (None, _) => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
    };
    standard.push_str(&rest[..length]);
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(body: &[u8], content_type: &str) -> Value {
        json(&decoded(body, Some(content_type))).unwrap()
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
        assert_eq!(read(b"{\"name\": \"\xb1\xe8\"}", "application/json; charset=EUC-KR")["name"], "김");
    }

    #[test]
    fn what_can_not_be_decoded_costs_only_itself() {
        assert_eq!(
            read(b"{\"id\": 7, \"name\": \"Pr\xfcfstand\"}", ""),
            json!({"id": 7, "name": "Pr\u{fffd}fstand"})
        );
        for (text, value) in [
            (r#"{"id": 7, "a": "\ud83d"}"#, json!({"id": 7, "a": "\u{fffd}"})),
            (r#"{"id": 7, "a": "x\udc00\ud83d\ude00\\ud800"}"#, json!({"id": 7, "a": "x\u{fffd}😀\\ud800"})),
            (
                r#"{"id": 7, "a": [NaN, -Infinity, "NaN"]}"#,
                json!({"id": 7, "a": ["NaN", "-Infinity", "NaN"]}),
            ),
        ] {
            assert_eq!(json(text).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn nothing_in_an_answer_steers_a_terminal() {
        let answer = json("{\"reason\": \"a\u{9b}2J\u{202e}b\u{2028}c\u{e0041}\\u001b[2J\\nd 👩\u{200d}🔧\", \"k\u{202e}\": 1}").unwrap();
        assert_eq!(answer["reason"], "a 2J b c  [2J\nd 👩\u{200d}🔧");
        assert_eq!(answer["k "], 1);
    }

    #[test]
    fn values_are_counted_outside_of_strings() {
        for (text, count) in [("7", 1), ("[1, 2]", 3), (r#"{"a,[": "\\\",", "b": [{}]}"#, 5)] {
            assert_eq!(values(text), count, "{text}");
        }
    }

    #[test]
    fn numbers_that_python_can_not_pass_on_become_text() {
        let (fits, large) = ("9".repeat(4300), "9".repeat(4301));
        let value =
            json(&format!(r#"{{"a": {fits}, "b": [-{large}], "c": 1e999, "d": -1.5e999, "e": 1e308}}"#))
                .unwrap();
        assert_eq!(value["a"].to_string(), fits);
        assert_eq!(value["b"][0], format!("-{large}"));
        assert_eq!((&value["c"], &value["d"]), (&json!("1e+999"), &json!("-1.5e+999")));
        assert!(value["e"].is_number());
    }

    #[test]
    fn what_is_no_json_is_told_as_it_came() {
        let error = json("{\"a\": NaN, nonsense}").unwrap_err();
        assert_eq!((error.line(), error.column()), (1, 7), "{error}");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_decoded(body in prop::collection::vec(any::<u8>(), 0..200), content_type in "\\PC{0,40}") {
            let _ = json(&decoded(&body, Some(&content_type)));
        }

        #[test]
        fn standard_json_stays_as_it_is(text in "[\"\\\\a-zNI:, ü]{0,40}") {
            let written = Value::from(text).to_string();
            prop_assert_eq!(standard(&written), written);
        }
    }
}
