//! What is shown of an answer: its status and the names of its fields, not what is in them, since the table may leave the house.
use super::shape::Shape;
use hatci_client::{RecordedAnswer, says_failed};
use http_exchange::{AnswerSize, json_within};
use serde::Deserialize;
use serde_json::Value;

/// The JSON of an answer; null where there is none, or more than an object has.
pub(super) fn body(answer: &RecordedAnswer) -> Value {
    json_within(&answer.text, AnswerSize::Object).unwrap_or_default()
}

/// Whether an answer with a status of success says that the call failed.
pub(super) fn is_error(answer: &RecordedAnswer) -> bool {
    (200..300).contains(&answer.status) && says_failed(&body(answer))
}

/// The answer in a few words: `201, an object with event_id, vin`.
pub(super) fn brief(answer: &RecordedAnswer) -> String {
    let what = match serde_json::from_str::<Shape>(&answer.text) {
        _ if answer.text.trim().is_empty() => "an empty body".to_owned(),
        Ok(shape) => shape.to_string(),
        Err(error) if error.is_eof() && answer.is_cut() => "more than 1 MiB of JSON".to_owned(),
        Err(_) if answer.text.trim_start().starts_with('<') => "a page of HTML or XML".to_owned(),
        Err(_) => "text that is not JSON".to_owned(),
    };
    format!("{}, {what}", answer.status)
}

/// What kind of JSON it is, and which fields it has.
pub(super) fn described(value: &Value) -> String {
    Shape::deserialize(value).map(|shape| shape.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, text: &str) -> RecordedAnswer {
        RecordedAnswer { status, text: text.into(), ..RecordedAnswer::default() }
    }

    #[test]
    fn an_answer_is_shown_by_its_names_alone() {
        for (text, shown) in [
            (r#"{"event_id": "E-1", "vin": "1HGBH41JXMN109186"}"#, "200, an object with event_id, vin"),
            (r#"[{"id": 1}, {"id": 2}]"#, "200, a list of 2, the first an object with id"),
            ("", "200, an empty body"),
            ("{}", "200, an empty object"),
            ("<html>secret</html>", "200, a page of HTML or XML"),
            ("No such event.", "200, text that is not JSON"),
        ] {
            assert_eq!(brief(&answer(200, text)), shown);
        }
    }

    #[test]
    fn an_error_counts_only_in_a_good_answer() {
        for (status, text, counts) in [
            (200, r#"{"error": "no"}"#, true),
            (400, r#"{"error": "no"}"#, false),
            (200, r#"{"error": null}"#, false),
            (200, "", false),
        ] {
            assert_eq!(is_error(&answer(status, text)), counts, "{status} {text}");
        }
    }
}
