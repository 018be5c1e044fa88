//! Text to a dict: JSON, a Python literal, or `key=value` pairs.
use crate::python as py;
use serde_json::{Map, Value};

/// `check_type_dict`. JSON within text may be nested 127 deep, as the arguments themselves.
pub(super) fn dict(value: &Value) -> Result<Value, String> {
    match value {
        Value::Object(_) => Ok(value.clone()),
        Value::String(text) if text.starts_with('{') => serde_json::from_str(text)
            .ok()
            .or_else(|| py::literal_eval(text).filter(Value::is_object))
            .ok_or_else(|| "unable to evaluate string as dictionary".into()),
        Value::String(text) if text.contains('=') => pairs(text)
            .ok_or_else(|| "unable to evaluate string in the \"key=value\" format as dictionary".into()),
        Value::String(_) => Err("dictionary requested, could not parse JSON or key=value".into()),
        _ => Err(super::unfit(value, "dict")),
    }
}

fn pairs(text: &str) -> Option<Value> {
    let pairs: Option<Map<_, _>> =
        fields(text).iter().map(|field| field.split_once('=').map(|(k, v)| (k.into(), v.into()))).collect();
    pairs.map(Value::Object)
}

/// Parts at commas and blanks. Quotes keep these, a backslash keeps any character; both are dropped.
fn fields(text: &str) -> Vec<String> {
    let (mut fields, mut field) = (vec![], String::new());
    let mut open_quote = None;
    let mut chars = py::strip(text).chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => field.extend(chars.next()),
            '\'' | '"' if open_quote.is_none() => open_quote = Some(c),
            _ if open_quote == Some(c) => open_quote = None,
            ',' | ' ' if open_quote.is_none() => fields.push(std::mem::take(&mut field)),
            _ => field.push(c),
        }
    }
    fields.push(field);
    fields.retain(|field| !field.is_empty());
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Result<Value, String> {
        dict(&text.into())
    }

    #[test]
    fn pairs_keep_what_is_quoted_or_escaped() {
        assert_eq!(read("a=1, b=2"), Ok(json!({"a": "1", "b": "2"})));
        assert_eq!(read(r#"a="1 2" b='3,4' c=\ x"#), Ok(json!({"a": "1 2", "b": "3,4", "c": " x"})));
        assert_eq!(read(r"a\=b=c"), Ok(json!({"a": "b=c"})));
        assert_eq!(read("="), Ok(json!({"": ""})));
        assert_eq!(read("a='1"), Ok(json!({"a": "1"})));
        assert!(read("a=1,b").is_err());
    }

    #[test]
    fn braces_are_json_or_else_python() {
        assert_eq!(read(r#"{"a": 1}"#), Ok(json!({"a": 1})));
        assert_eq!(read("{'a': None}"), Ok(json!({"a": null})));
        assert_eq!(read("{bad=1"), Err("unable to evaluate string as dictionary".into()));
    }

    #[test]
    fn deep_nesting_is_refused() {
        let nested = "{\"a\":".repeat(100_000);
        assert_eq!(read(&nested), Err("unable to evaluate string as dictionary".into()));
    }
}
