//! Ids: what the server calls its events, deployments and test events. Checked, so that none can reach another path.
use crate::{Error, fields};
use http_exchange::Reply;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use std::fmt;

/// Everything but the unreserved characters of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            pub(crate) const FIELD: &'static str = $field;

            /// Refuses what is empty, longer than 256 characters, `.` or `..`, or contains a blank, a control
            /// character or one of `/ \ ? # %`.
            pub fn parse(text: &str) -> Result<Self, Error> {
                match fault_of(text) {
                    None => Ok(Self(text.to_owned())),
                    Some(why) => Err(Error::Id { field: Self::FIELD, why }),
                }
            }

            /// As the server writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// As one path segment.
            pub(crate) fn segment(&self) -> impl fmt::Display + '_ {
                utf8_percent_encode(&self.0, SEGMENT)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// The id of an event. `pending` stands for one that is still to be made.
    EventId,
    "event_id"
);
id!(
    /// The id of a deployment.
    DeploymentId,
    "deployment_id"
);
id!(
    /// The id of a test event.
    TestEventId,
    "test_event_id"
);

fn fault_of(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("it is empty")
    } else if text.chars().count() > 256 {
        Some("it is longer than 256 characters")
    } else if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        Some("it contains a blank or a control character")
    } else if text.contains(['/', '\\', '?', '#', '%']) {
        Some("it contains one of / \\ ? # %")
    } else if matches!(text, "." | "..") {
        Some("it is a step in a path")
    } else {
        None
    }
}

/// The id in the answer to a create: the field of its name, else `id`.
pub(crate) fn required(reply: &Reply, object: &Map<String, Value>, field: &str) -> Result<String, Error> {
    fields::text(object, &[field, "id"]).ok_or_else(|| reply.unusable(format!("it names no {field}")).into())
}
