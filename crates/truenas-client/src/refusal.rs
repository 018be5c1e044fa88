//! A refusal in the server's own words: what JSON-RPC and REST say of a failed call, without the trace.
use http_exchange::Kind;
use serde_json::Value;
use shown_text::{EncodedForms, one_line};

/// Why the server refused a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Of what sort it is.
    pub kind: Kind,
    /// The server's words in one line, at most 500 characters, without secrets.
    pub text: String,
    /// The number of the error, as in `errno.h` or beyond.
    pub errno: Option<i64>,
    /// The fields that the server objects to, without the argument that they belong to.
    pub fields: Vec<String>,
}

/// A field, what the server says of it, and the number of that error.
type Complaint = (Option<String>, String, Option<i64>);

const ENOENT: i64 = 2;
const EBUSY: i64 = 16;
const ENOTEMPTY: i64 = 39;

impl Refusal {
    /// The member `error` of an answer in JSON-RPC.
    pub(crate) fn of_rpc(error: &Value, secrets: &EncodedForms) -> Self {
        let mut error = error.clone();
        secrets.conceal_json(&mut error, "***");
        let code = error["code"].as_i64().unwrap_or_default();
        let data = &error["data"];
        let complaints: Vec<Complaint> =
            data["extra"].as_array().into_iter().flatten().filter_map(complaint).collect();
        let errno = data["error"].as_i64();
        let reason = data["reason"].as_str().or_else(|| error["message"].as_str()).unwrap_or_default();
        let kind = match code {
            -32601 | -32600 | -32700 => Kind::Protocol,
            -32000 => Kind::RateLimited,
            _ => kind(errno, reason, &complaints),
        };
        Self::new(kind, errno, reason, &complaints, secrets)
    }

    /// The body of a REST answer with this status.
    pub(crate) fn of_rest(status: u16, mut body: Value, secrets: &EncodedForms) -> Self {
        secrets.conceal_json(&mut body, "***");
        let errno = body["errno"].as_i64();
        let reason = body["message"].as_str().unwrap_or_default();
        let complaints: Vec<Complaint> = match &body {
            Value::Object(fields) => fields
                .iter()
                .flat_map(|(field, all)| all.as_array().into_iter().flatten().map(move |one| (field, one)))
                .filter_map(|(field, one)| {
                    let message = one["message"].as_str()?.to_owned();
                    // What is about no field has this name in JSON.
                    let field = Some(field.clone()).filter(|field| field != "null");
                    Some((field, message, one["errno"].as_i64()))
                })
                .collect(),
            _ => Vec::new(),
        };
        let kind = match status {
            401 | 403 => Kind::Auth,
            404 => Kind::NotFound,
            429 => Kind::RateLimited,
            500 => Kind::Failed,
            _ => kind(errno, reason, &complaints),
        };
        Self::new(kind, errno, reason, &complaints, secrets)
    }

    /// Of a job that failed: its member `error`, and the number in `exc_info`.
    pub(crate) fn of_job(job: &Value, secrets: &EncodedForms) -> Self {
        let errno = job["exc_info"]["errno"].as_i64();
        let reason = job["error"].as_str().unwrap_or_default();
        Self::new(Kind::Failed, errno, reason, &[], secrets)
    }

    fn new(
        kind: Kind,
        errno: Option<i64>,
        reason: &str,
        complaints: &[Complaint],
        secrets: &EncodedForms,
    ) -> Self {
        let words: Vec<_> = complaints
            .iter()
            .map(|(field, message, _)| match field {
                Some(field) => format!("{}: {message}", last_part(field)),
                None => message.clone(),
            })
            .collect();
        let text = if words.is_empty() { without_errno(reason).to_owned() } else { words.join("; ") };
        let fields = complaints.iter().filter_map(|(field, ..)| Some(one_line(last_part(field.as_ref()?))));
        Self { kind, text: one_line(&secrets.concealed(&text, "***")), errno, fields: fields.collect() }
    }

    /// Whether something still uses what was to be deleted, which may pass.
    pub(crate) fn is_busy(&self) -> bool {
        let text = self.text.to_ascii_lowercase();
        self.errno == Some(EBUSY) || text.contains("busy") || text.contains("in use")
    }
}

/// `[attribute, message, errno]`
fn complaint(extra: &Value) -> Option<Complaint> {
    let message = extra.get(1)?.as_str()?.to_owned();
    Some((extra[0].as_str().map(str::to_owned), message, extra[2].as_i64()))
}

fn kind(errno: Option<i64>, reason: &str, complaints: &[Complaint]) -> Kind {
    const EPERM: i64 = 1;
    const EACCES: i64 = 13;
    const ELOCKED: i64 = 205;
    const ENOTAUTHENTICATED: i64 = 207;
    const EREBOOT: i64 = 209;
    const EFAULT: i64 = 14;
    let is_missing = |(_, message, errno): &Complaint| {
        *errno == Some(ENOENT) && message.to_ascii_lowercase().contains("does not exist")
    };
    if complaints.iter().any(is_missing) || reason.contains("MatchNotFound") {
        return Kind::NotFound;
    }
    match errno {
        _ if !complaints.is_empty() => Kind::Invalid,
        Some(EPERM | EACCES | ENOTAUTHENTICATED) => Kind::Auth,
        Some(EBUSY) if reason.contains("Rate Limit") => Kind::RateLimited,
        Some(EBUSY | ENOTEMPTY | ELOCKED | EREBOOT) => Kind::Conflict,
        Some(EFAULT) | None => Kind::Failed,
        Some(ENOENT) => Kind::NotFound,
        Some(_) => Kind::Invalid,
    }
}

/// `name` of `iscsi_target_create.name`: the argument's own name differs from method to method.
fn last_part(attribute: &str) -> &str {
    attribute.rsplit('.').next().unwrap_or_default()
}

/// `text` of `[EFAULT] text`.
fn without_errno(reason: &str) -> &str {
    let rest = reason.strip_prefix("[E").and_then(|rest| rest.split_once("] "));
    rest.map_or(reason, |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_about_no_field_names_none() {
        let body = r#"{"null": [{"message": "No such row", "errno": 22}], "x.name": [{"message": "Taken", "errno": 22}]}"#;
        let refusal = Refusal::of_rest(422, serde_json::from_str(body).unwrap(), &EncodedForms::default());
        assert_eq!(refusal.fields, ["name"]);
        assert_eq!(refusal.text, "No such row; name: Taken");
    }

    #[test]
    fn a_refusal_holds_no_secret_in_a_dump_and_its_fields_are_clean() {
        let secrets = EncodedForms::of(&["hush-0815-and-more".to_owned()]);
        let dump = "00000000: 6875 7368 2d30 3831 352d 616e 642d 6d6f  hush-0815-and-mo\n00000010: 7265  re";
        let text = format!("got:\n{dump}");
        let complaint = serde_json::json!([{ "message": dump, "errno": 22 }]);
        for body in
            [serde_json::json!({ "message": text }), serde_json::json!({ "a\u{9b}.b\u{202e}c": complaint })]
        {
            let refusal = Refusal::of_rest(422, body, &secrets);
            assert!(refusal.text.contains("***") && !refusal.text.contains("6875"), "{refusal:?}");
            assert!(refusal.fields.iter().all(|it| it == "b c"), "{refusal:?}");
        }
        let error = serde_json::json!({ "code": -32001, "data": { "reason": text, "error": 22 } });
        assert!(!Refusal::of_rpc(&error, &secrets).text.contains("7368"));
    }
}
