//! `type(v)`, `str(v)` and `repr(v)`.
use super::numbers::{float_of, float_repr, is_int};
use serde_json::{Number, Value};
use std::fmt::Write;

/// `type(v).__name__`
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if is_int(number) => "int",
        Value::Number(_) => "float",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// `str(type(v))`
pub(crate) fn class(value: &Value) -> String {
    format!("<class '{}'>", type_name(value))
}

/// `str(v)`
pub(crate) fn str_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        _ => repr(value),
    }
}

/// `repr(v)`
pub(crate) fn repr(value: &Value) -> String {
    let mut out = String::new();
    write(value, &PYTHON, &mut out);
    out
}

/// What differs between Python's notation and its JSON.
pub(super) struct Notation {
    pub(super) null: &'static str,
    pub(super) bools: [&'static str; 2],
    pub(super) text: fn(&str, &mut String),
}

const PYTHON: Notation = Notation { null: "None", bools: ["False", "True"], text: write_text };

/// Writes `value` in that notation. Recurses as deep as `value` does.
pub(super) fn write(value: &Value, notation: &Notation, out: &mut String) {
    let mut separator = "";
    match value {
        Value::Null => out.push_str(notation.null),
        Value::Bool(truth) => out.push_str(notation.bools[usize::from(*truth)]),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::String(text) => (notation.text)(text, out),
        Value::Array(items) => {
            out.push('[');
            for item in items {
                out.push_str(separator);
                write(item, notation, out);
                separator = ", ";
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (key, value) in entries {
                out.push_str(separator);
                (notation.text)(key, out);
                out.push_str(": ");
                write(value, notation, out);
                separator = ", ";
            }
            out.push('}');
        }
    }
}

fn number_text(number: &Number) -> String {
    match number.as_str() {
        "-0" => "0".into(),
        digits if is_int(number) => digits.into(),
        _ => float_repr(float_of(number)),
    }
}

fn write_text(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == '\\' || c == quote => out.extend(['\\', c]),
            c if is_printable(c) => out.push(c),
            c => write_escape(u32::from(c), out),
        }
    }
    out.push(quote);
}

fn write_escape(code: u32, out: &mut String) {
    let written = match code {
        0..0x100 => write!(out, "\\x{code:02x}"),
        0x100..0x1_0000 => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    debug_assert!(written.is_ok(), "writing to a String can't fail");
}

/// `c.isprintable()`, where Rust's `{:?}` uses the same categories of Unicode (of its own, perhaps younger, version).
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    // `{:?}` also escapes a combining mark that has nothing to combine with: give it an `a`.
    !format!("a{c}").escape_debug().any(|escaped| escaped == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_print_as_in_python() {
        let value = json!({"a": [null, true, 1, 1.5, 1e22], "it's": {}, "b": [[], "x"]});
        assert_eq!(repr(&value), r#"{'a': [None, True, 1, 1.5, 1e+22], "it's": {}, 'b': [[], 'x']}"#);
        assert_eq!(str_of(&json!("it's")), "it's");
        assert_eq!(repr(&serde_json::from_str("[-0, -0.0, 1E5]").unwrap()), "[0, -0.0, 100000.0]");
    }

    #[test]
    fn text_is_quoted_and_escaped_as_in_python() {
        let cases = [
            ("a", "'a'"),
            ("it's", "\"it's\""),
            ("\"'", r#"'"\''"#),
            ("a\\b\n\r\t", r"'a\\b\n\r\t'"),
            ("\0\x7f\u{a0}", r"'\x00\x7f\xa0'"),
            ("\u{200b}\u{e000}\u{10ffff}", r"'\u200b\ue000\U0010ffff'"),
            ("é😀\u{301}", "'é😀\u{301}'"),
        ];
        for (text, printed) in cases {
            assert_eq!(repr(&text.into()), printed);
        }
    }

    #[test]
    fn classes_are_named_as_in_python() {
        let classes: Vec<_> =
            json!([null, true, 1, 1.0, "", [], {}]).as_array().unwrap().iter().map(class).collect();
        let names = ["NoneType", "bool", "int", "float", "str", "list", "dict"];
        assert_eq!(classes, names.map(|name| format!("<class '{name}'>")));
    }
}
