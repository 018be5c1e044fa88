//! The members of collections: a service may have no end of them, or take for ever to send each.
use crate::{Client, Error, answer::Answer, client::Repeat, link::link};
use http_exchange::{Call, ListOverrun, ListRoom};
use serde_json::Value;

/// What the members that are read together may take in memory, in bytes.
const MOST: usize = 16 << 20;

impl Client {
    /// The members of a collection, each as a whole object, within the deadline of one call.
    pub(crate) fn members(&self, path: &str) -> Result<Vec<Value>, Error> {
        self.members_within(path, &mut self.room_for_members())
    }

    /// The room for the members of collections that are read together.
    pub(crate) fn room_for_members(&self) -> ListRoom {
        ListRoom::new(MOST, self.clock.clone(), self.deadline)
    }

    /// As [`Client::members`], for one of several collections.
    pub(crate) fn members_within(&self, path: &str, room: &mut ListRoom) -> Result<Vec<Value>, Error> {
        let given_up = |overrun: ListOverrun| Error::List { path: path.to_owned(), overrun };
        let fetch = |room: &mut ListRoom, call: &Call| {
            let left = room.next_answer().map_err(given_up)?;
            let answer = self.send_within(call, Repeat::Harmless, left);
            answer.map_err(|error| room.overrun(error.kind()).map_or(error, given_up))
        };
        let expanded = match fetch(room, &Call::list(format!("{path}?$expand=*($levels=1)"))) {
            Err(error) if error.is_refusal_of_content() => fetch(room, &Call::list(path))?,
            other => other?,
        };
        let whole = |member: Value| {
            let is_whole = member.as_object().is_some_and(|it| it.len() > 1);
            let member = match link(&member) {
                Some(own) if !is_whole => fetch(room, &Call::get(own))?.body,
                _ => member,
            };
            room.keep(size(&member)).map_err(given_up)?;
            Ok(member)
        };
        list(&expanded, path)?.into_iter().map(whole).collect()
    }
}

/// About how many bytes it takes in memory.
fn size(value: &Value) -> usize {
    100 + match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(entries) => entries.iter().map(|(name, value)| name.len() + size(value)).sum(),
        _ => 0,
    }
}

fn list(answer: &Answer, path: &str) -> Result<Vec<Value>, Error> {
    let unusable = || Error::Unusable { path: path.into(), why: "it has no Members".into() };
    answer.body["Members"].as_array().cloned().ok_or_else(unusable)
}
