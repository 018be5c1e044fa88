//! `json.dumps(v)`, with Python's separators and escapes.
use super::repr::{Notation, write};
use serde_json::Value;
use std::fmt::Write;

const JSON: Notation = Notation { null: "null", bools: ["false", "true"], text: write_text };

/// `json.dumps(v)`: blanks after commas and colons, nothing but ASCII.
pub(crate) fn dumps(value: &Value) -> String {
    let mut out = String::new();
    write(value, &JSON, &mut out);
    out
}

fn write_text(text: &str, out: &mut String) {
    let quoted = Value::from(text).to_string();
    let mut units = [0; 2];
    for c in quoted.chars() {
        if c.is_ascii() && c != '\x7f' {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut units) {
            let written = write!(out, "\\u{unit:04x}");
            debug_assert!(written.is_ok(), "writing to a String can't fail");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_written_as_in_python() {
        let value = json!({"a": [1, 2.50, 1e16, null, true], "é": {"😀": "\u{7f}\u{8}\u{1}\"\\/"}});
        assert_eq!(
            dumps(&value),
            r#"{"a": [1, 2.5, 1e+16, null, true], "\u00e9": {"\ud83d\ude00": "\u007f\b\u0001\"\\/"}}"#
        );
    }
}
