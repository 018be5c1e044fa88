//! What an iDRAC says beside its answer, good or bad: `@Message.ExtendedInfo`.
use serde_json::Value;
use shown_text::{cut, one_line};

/// The longest text that is kept of one message, in characters.
pub(crate) const MOST: usize = 500;

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The last part of its id, such as `SYS011`: the parts before differ between versions.
    pub id: String,
    /// In the iDRAC's words, as they came but for their length: whoever shows them masks secrets first, and then cleans them.
    pub text: String,
    /// What the iDRAC advises, if anything; as `text`.
    pub resolution: String,
    /// Whether its severity is neither OK nor informational.
    /// Then a change was not made, whatever the status of the answer.
    pub is_trouble: bool,
    /// What was filled into the text.
    pub args: Vec<String>,
}

/// All messages in the body of an answer.
pub(crate) fn messages(body: &Value) -> Vec<Message> {
    let info = |within: &Value| within.get("@Message.ExtendedInfo").cloned();
    match body.get("error").and_then(info).or_else(|| info(body)) {
        Some(Value::Array(all)) => all.iter().map(message).collect(),
        Some(one @ Value::Object(_)) => vec![message(&one)],
        _ => vec![],
    }
}

fn message(info: &Value) -> Message {
    let text = |key: &str| info[key].as_str().unwrap_or_default();
    let severity = info["Severity"].as_str().or(info["MessageSeverity"].as_str()).unwrap_or_default();
    // Only of what looks like an id the last part is taken: of another text it would be a piece of what must be masked as a whole.
    let id = text("MessageId");
    let is_id = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let args = info["MessageArgs"].as_array().into_iter().flatten();
    Message {
        id: if is_id { id.rsplit('.').next().unwrap_or_default().into() } else { one_line(id) },
        text: cut(text("Message"), MOST).into_owned(),
        resolution: cut(text("Resolution"), MOST).into_owned(),
        is_trouble: !["", "OK", "Informational"].iter().any(|it| it.eq_ignore_ascii_case(severity)),
        args: args.map(|arg| arg.as_str().map_or_else(|| arg.to_string(), str::to_owned)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn messages_are_known_by_the_last_part_of_their_id_wherever_they_stand() {
        let info = json!([{ "MessageId": "IDRAC.1.6.SYS444", "Message": "No.", "Severity": "Warning", "MessageArgs": ["a", 7] }]);
        let bad = json!({ "error": { "code": "Base.1.0.GeneralError", "@Message.ExtendedInfo": info } });
        let good = json!({ "Id": "x", "@Message.ExtendedInfo": info });
        assert_eq!(messages(&bad), messages(&good));
        let one = &messages(&good)[0];
        assert_eq!(
            (one.id.as_str(), one.is_trouble, &one.args[..]),
            ("SYS444", true, &["a".to_owned(), "7".to_owned()][..])
        );
        assert_eq!(messages(&json!({ "@Message.ExtendedInfo": info[0] })).len(), 1);
        let fine = json!({ "@Message.ExtendedInfo": [{ "MessageId": "SYS413", "Severity": "OK" }] });
        assert!(!messages(&fine)[0].is_trouble);
        assert_eq!(messages(&json!("text")), []);
    }
}
