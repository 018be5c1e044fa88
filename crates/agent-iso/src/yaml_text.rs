//! Writes YAML as people write it: a key a line, texts in quotes.
use serde_json::Value;

/// What a bare key may not be, since YAML 1.1 reads it as something else.
const NO_KEYS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// A value as a YAML document.
pub(crate) fn yaml_text(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text.trim_start().to_owned()
}

/// Writes what comes behind a key or a dash.
fn write(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                *text += &["\n", &indent, &key_text(key), ":"].concat();
                write(value, depth + 1, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                *text += &["\n", &indent, "-"].concat();
                write(item, depth + 1, text);
            }
        }
        // Texts, numbers and the rest are the same in JSON, on one line.
        scalar => *text += &[" ", &scalar.to_string()].concat(),
    }
    if depth == 0 {
        text.push('\n');
    }
}

fn key_text(key: &str) -> String {
    let is_plain = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        && !NO_KEYS.contains(&key.to_ascii_lowercase().as_str());
    if is_plain { key.to_owned() } else { Value::from(key).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::yaml;
    use serde_json::json;

    #[test]
    fn what_is_written_reads_back_as_it_was() {
        let value = json!({
            "apiVersion": "v1", "metadata": { "name": "bench1" }, "none": {}, "empty": [], "yes": true, "a b": null, "1": 1.5,
            "pullSecret": "{\"auths\":{}}", "lines": "a: b\n- c\t\u{1}", "number": "007",
            "hosts": [{ "interfaces": [{ "name": "eno1" }], "x": [[1, 2], []] }, "text"],
        });
        let text = yaml_text(&value);
        assert!(text.starts_with("apiVersion: \"v1\"\nmetadata:\n  name: \"bench1\"\nnone: {}\n"), "{text}");
        assert_eq!(yaml::<Value>(&text).unwrap(), value, "{text}");
        assert_eq!(yaml_text(&json!({})), "{}\n");
    }
}
