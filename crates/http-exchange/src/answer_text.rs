//! The JSON of an answer, read as Python reads it: also what goes beyond the standard, but within bounds.
use crate::call::AnswerSize;
use serde::de::IgnoredAny;
use serde_json::{Error, Value};
use shown_text::EncodedForms;
use std::borrow::Cow;

/// More digits than Python makes an integer of.
const MOST_DIGITS: usize = 4300;

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
    json_without(text, &EncodedForms::default())
}

/// The same. Where a text holds characters that steer a terminal, which become blanks, the secrets are masked first: after that, those
/// that had such characters within would not be recognised.
pub(crate) fn json_without(text: &str, secrets: &EncodedForms) -> Result<Value, Error> {
    let mut value = serde_json::from_str(text).or_else(|e| {
        let standard = standard(text);
        if standard == text { Err(e) } else { serde_json::from_str(&standard).map_err(|_| e) }
    })?;
    make_fit(&mut value, secrets);
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
fn make_fit(value: &mut Value, secrets: &EncodedForms) {
    let fit = |text: &str| secrets.concealed(text, "***").replace(steers, " ");
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| make_fit(item, secrets)),
        Value::Object(fields) => {
            fields.values_mut().for_each(|value| make_fit(value, secrets));
            if fields.keys().any(|key| key.contains(steers)) {
                *fields = std::mem::take(fields).into_iter().map(|(key, value)| (fit(&key), value)).collect();
            }
        }
        Value::String(text) if text.contains(steers) => *text = fit(text),
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

    #[test]
    fn what_goes_beyond_the_standard_costs_only_itself() {
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
        fn standard_json_stays_as_it_is(text in "[\"\\\\a-zNI:, ü]{0,40}") {
            let written = Value::from(text).to_string();
            prop_assert_eq!(standard(&written), written);
        }
    }
}
