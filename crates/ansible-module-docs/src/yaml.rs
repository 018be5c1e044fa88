//! YAML as Ansible reads it, and numbers as other formats than JSON want them.
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_saphyr::{FoldStr, ser_options};

/// Characters beyond which a text is folded.
const LONG: usize = 80;

/// Writes `value` as block YAML that a parser of YAML 1.1 reads back as the same.
pub(crate) fn to_yaml(value: &Value) -> Result<String, String> {
    let options = ser_options! { prefer_block_scalars: false };
    let yaml =
        serde_saphyr::to_string_with_options(&Plain(value), options).map_err(|error| error.to_string())?;
    // The serialiser ends a folded text with a line break, which ours don't have. No other line ends like that.
    Ok(yaml.replace(" >\n", " >-\n"))
}

/// Whether a text goes over several lines; any text can go on one.
fn is_folded(text: &str) -> bool {
    text.chars().count() > LONG && !text.contains(['>', '\n']) && text.trim() == text
}

/// Reads one YAML document.
pub(crate) fn from_yaml(text: &str) -> Result<Value, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
}

/// A value whose numbers are numbers to every serialiser. With arbitrary precision, `serde_json` gives them a form of its own.
pub(crate) struct Plain<'a>(pub(crate) &'a Value);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(bool) => serializer.serialize_bool(*bool),
            Value::String(text) if is_folded(text) => FoldStr(text).serialize(serializer),
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(items) => serializer.collect_seq(items.iter().map(Plain)),
            Value::Object(map) => serializer.collect_map(map.iter().map(|(key, value)| (key, Plain(value)))),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(number), _) => serializer.serialize_i64(number),
                (_, Some(number)) => serializer.serialize_u64(number),
                _ => serializer.serialize_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_yaml_1_1_reads_otherwise_is_quoted() {
        let words = json!({ "on": ["yes", "1.0", "12:30:45", "2026-01-01", "~", "a: b", "0o17", 1.5, 30, u64::MAX, null, true] });
        assert_eq!(
            to_yaml(&words).unwrap(),
            "\"on\":\n- \"yes\"\n- \"1.0\"\n- \"12:30:45\"\n- \"2026-01-01\"\n- \"~\"\n- \"a: b\"\n- \"0o17\"\n- 1.5\n- 30\n\
             - 18446744073709551615\n- null\n- true\n"
        );
    }

    #[test]
    fn what_is_written_reads_back() {
        let long = "A sentence that is so long that it takes more than one line, with `quotes`, a colon: and a # too. ".repeat(3);
        let value = json!({ "text": ["two\nlines", long.trim(), &long, long.replace("and", ">"), "it's", "\\", " led by a blank", ""], "numbers": [1, -1, 2.5], "none": {} });
        assert_eq!(from_yaml(&to_yaml(&value).unwrap()).unwrap(), value);
    }
}
