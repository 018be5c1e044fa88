//! Ids of events, deployments and test events, validated so that none can reach another path.
use crate::{Error, fields};
use http_exchange::Reply;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use shown_text::cut;
use std::fmt;

/// Everything but the unreserved characters of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// So many characters an id may have.
const LONGEST: usize = 256;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// Rejects an id that is empty, longer than 256 characters, `.` or `..`, or contains a blank, a control
            /// character, one of `/ \ ? # %`, or U+FFFD, which replaces undecodable bytes.
            pub fn parse(text: &str) -> Result<Self, Error> {
                match fault_of(text) {
                    None => Ok(Self(text.to_owned())),
                    Some(why) => Err(Error::Id { field: $field, why }),
                }
            }

            /// As the server writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The id in the answer to a create: the field of its name, else `id`.
            pub(crate) fn of_answer(reply: &Reply, object: &Map<String, Value>) -> Result<Self, Error> {
                let Some(text) = fields::text(object, &[$field, "id"]) else {
                    return Err(reply.unusable(concat!("it has no ", $field)).into());
                };
                match fault_of(&text) {
                    None => Ok(Self(text)),
                    Some(why) => Err(reply.bad_id(made_in_vain($field, &text, why)).into()),
                }
            }

            /// This id, which was asked for; an error if the answer is about another one, by the field of its name. `id` alone may be that of a
            /// row of a database.
            pub(crate) fn confirmed_by(&self, reply: &Reply, object: &Map<String, Value>) -> Result<Self, Error> {
                match fields::text(object, &[$field]).filter(|shown| !self.is_written(shown)) {
                    None => Ok(self.clone()),
                    Some(other) => Err(reply.unusable(about_another($field, &other, &self.0)).into()),
                }
            }

            /// Whether this text of a server is this id: it may be in another case, or the last part of an address. A blank one says nothing.
            pub fn is_written(&self, shown: &str) -> bool {
                shown.trim().is_empty() || is_spelling_of(shown, &self.0)
            }

            /// As a path segment.
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
    /// The id of an event; `pending` for one that is not created yet.
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

/// Whether both are one id: a server may write it in another case, or as the last part of an address.
fn is_spelling_of(shown: &str, asked: &str) -> bool {
    let last = shown.trim().rsplit(['/', ':']).next().unwrap_or_default();
    last.eq_ignore_ascii_case(asked) || shown.trim().eq_ignore_ascii_case(asked)
}

fn about_another(field: &str, shown: &str, asked: &str) -> String {
    let what = field.trim_end_matches("_id").replace('_', " ");
    let shown = cut(shown, 80);
    format!("it is about {what} {shown:?} instead of {asked}")
}

/// What a create has made whose id can't be used.
fn made_in_vain(field: &str, id: &str, why: &str) -> String {
    let what = field.trim_end_matches("_id").replace('_', " ");
    // A part of one could be a part of a secret, which is not known for one.
    let shown = if id.chars().count() > LONGEST { String::new() } else { format!(" is {id:?}, and") };
    let why = if shown.is_empty() { why.trim_start_matches("it ") } else { why };
    format!("the {what} was created, but the ids of this server can't be used: its {field}{shown} {why}")
}

fn fault_of(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("it is empty")
    } else if text.chars().count() > LONGEST {
        Some("it is longer than 256 characters")
    } else if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        Some("it contains a blank or a control character")
    } else if text.contains(['/', '\\', '?', '#', '%']) {
        Some("it contains one of / \\ ? # %")
    } else if text.contains(char::REPLACEMENT_CHARACTER) {
        Some("it contains bytes that are not in the character set of the answer")
    } else if matches!(text, "." | "..") {
        Some("it is `.` or `..`")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    #[test]
    fn what_could_reach_another_path_is_refused() {
        let long = "x".repeat(257);
        for (id, why) in [
            ("", "empty"),
            (".", "`.`"),
            ("..", "`..`"),
            ("../x", "one of"),
            ("a/b", "one of"),
            ("a\\b", "one of"),
            ("a?b", "one of"),
            ("a#b", "one of"),
            ("a%2fb", "one of"),
            ("a b", "blank"),
            ("a\u{a0}b", "blank"),
            ("a\n", "control"),
            ("a\u{0}", "control"),
            ("a\u{fffd}", "character set"),
            (long.as_str(), "longer"),
        ] {
            let error = EventId::parse(id).unwrap_err();
            assert_eq!(error.kind(), http_exchange::Kind::Invalid);
            assert!(
                error.to_string().starts_with("event_id is not valid") && error.to_string().contains(why),
                "{error}"
            );
        }
        for id in ["E-1", "17", "...", "a..b", "ü", "{}", "a:b@c", &"x".repeat(256)] {
            assert_eq!(EventId::parse(id).unwrap().to_string(), id);
        }
    }

    proptest! {
        #[test]
        fn an_id_is_one_segment_and_comes_out_as_it_went_in(text in "\\PC{1,40}") {
            if let Ok(id) = DeploymentId::parse(&text) {
                let segment = id.segment().to_string();
                prop_assert!(segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
                prop_assert!(segment != "." && segment != "..");
                prop_assert_eq!(percent_decode_str(&segment).decode_utf8().unwrap(), text);
            }
        }
    }
}
