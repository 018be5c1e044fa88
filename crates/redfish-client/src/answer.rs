//! A good answer with what Redfish puts beside its body: the entity tag, the job, and messages.
use crate::message::{Message, messages};
use http_exchange::RecordedAnswer;
use serde_json::Value;

#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) body: Value,
    location: Option<String>,
    pub(crate) etag: Option<String>,
    pub(crate) messages: Vec<Message>,
}

impl Answer {
    pub(crate) fn new(body: Value, recorded: Option<&RecordedAnswer>) -> Self {
        let header =
            |name| recorded.and_then(|it| it.header(name)).map(str::trim).filter(|it| !it.is_empty());
        let etag = header("etag").or_else(|| body["@odata.etag"].as_str()).filter(|it| !it.is_empty());
        Self {
            location: header("location").map(str::to_owned),
            etag: etag.map(str::to_owned),
            messages: messages(&body),
            body,
        }
    }

    /// The job that this started: the last part of `Location`, else what a message names.
    pub(crate) fn job_id(&self) -> Option<String> {
        let from_location =
            self.location.as_deref().and_then(|it| it.trim_end_matches('/').rsplit('/').next());
        let from_messages = self.messages.iter().flat_map(|message| &message.args).map(String::as_str);
        from_location
            .into_iter()
            .chain(from_messages)
            .chain(self.body["Id"].as_str())
            .find(|id| is_job_id(id))
            .map(str::to_owned)
    }
}

fn is_job_id(text: &str) -> bool {
    text.strip_prefix("JID_")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_job_is_named_by_the_location_or_by_a_message() {
        let located = |location: &str| RecordedAnswer {
            headers: vec![("location".into(), location.into())],
            ..RecordedAnswer::default()
        };
        let told = json!({ "@Message.ExtendedInfo": [{ "MessageId": "IDRAC.2.5.SYS415", "MessageArgs": ["x", "JID_9"] }] });
        for (body, location, job) in [
            (json!({}), "/redfish/v1/TaskService/Tasks/JID_123456789012", Some("JID_123456789012")),
            (json!({}), "/redfish/v1/Managers/iDRAC.Embedded.1/Jobs/JID_1/", Some("JID_1")),
            (told.clone(), "/redfish/v1/elsewhere", Some("JID_9")),
            (told, "", Some("JID_9")),
            (json!({}), "/Jobs/JID_../../x", None),
            (json!({}), "", None),
        ] {
            assert_eq!(Answer::new(body, Some(&located(location))).job_id().as_deref(), job, "{location}");
        }
    }
}
