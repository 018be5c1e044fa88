//! Reads fields that the server may write under two names.
use http_exchange::{Error, Reply};
use serde_json::{Map, Value};

/// The answer as an object, which every answer is except the lists.
pub(crate) fn object(reply: &Reply) -> Result<Map<String, Value>, Error> {
    match &reply.body {
        Value::Object(object) => Ok(object.clone()),
        other => Err(reply.unusable(format!("it is {}, not an object", kind(other)))),
    }
}

/// The first of these fields that is a text or a number, as text. Empty text counts as absent.
pub(crate) fn text(object: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| text_of(object.get(*name)?).filter(|text| !text.is_empty()))
}

/// A text, or a number as text: both servers and YAML write ids and versions as either.
pub fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| value.as_number().map(ToString::to_string))
}

/// Whether the JSON of an answer with a status of success says that the call failed. An object with a state may have failed itself.
pub fn says_failed(answer: &Value) -> bool {
    let is = |names: &[&str], fits: fn(&Value) -> bool| {
        names.iter().any(|name| answer.get(name).is_some_and(fits))
    };
    let is_something = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
        Value::Number(code) => code.as_f64() != Some(0.0),
        Value::Bool(true) => true,
    };
    is(&["success", "ok"], |value| *value == false)
        || is(&["error", "errors"], is_something) && !is(&["state", "status"], Value::is_string)
}

/// The field, unless it is absent or null.
pub(crate) fn value(object: &Map<String, Value>, name: &str) -> Option<Value> {
    object.get(name).filter(|value| !value.is_null()).cloned()
}

pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The VIN that the object shows, if it is another one than this.
pub(crate) fn other_vin<'a>(object: &'a Map<String, Value>, vin: &str) -> Option<&'a str> {
    let shown = object.get("vin")?.as_str()?.trim();
    (!shown.is_empty() && !shown.eq_ignore_ascii_case(vin.trim())).then_some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_in_a_good_answer_is_seen() {
        let says_failed = |text: &str| says_failed(&serde_json::from_str(text).unwrap());
        for text in [
            r#"{"error": "no"}"#,
            r#"{"success": false}"#,
            r#"{"ok": false, "state": "open"}"#,
            r#"{"id": 1, "errors": [{"code": 7}]}"#,
            r#"{"error": 7}"#,
        ] {
            assert!(says_failed(text), "{text}");
        }
        for text in [
            "{}",
            r#"{"error": null}"#,
            r#"{"error": " "}"#,
            r#"{"error": 0}"#,
            r#"{"errors": []}"#,
            r#"{"state": "FAILED", "error": "low"}"#,
            "[]",
        ] {
            assert!(!says_failed(text), "{text}");
        }
    }
}
