//! The pages of a list, one after the other, within the deadline of one call: a server may have no end of them.
use crate::{
    client::Client,
    error::Error,
    request::{Answer, Request},
};
use http_exchange::{ListOverrun, ListRoom};

/// What is read of one list.
pub(crate) struct Pages<'a> {
    client: &'a Client,
    room: ListRoom,
    /// What is listed, for messages: `objects under "isos/"`.
    what: String,
    /// The call of the last page, for messages.
    call: String,
}

/// What a list may take in memory, in bytes.
const MOST: usize = 32 << 20;
/// What an entry of a list takes in memory, beside its texts.
const ENTRY: usize = 128;

impl<'a> Pages<'a> {
    pub(crate) fn new(client: &'a Client, what: String) -> Self {
        Self { client, room: client.list_room(MOST), what, call: String::new() }
    }

    /// Fetches another page.
    pub(crate) fn fetch(&mut self, request: &Request) -> Result<Answer, Error> {
        self.call = self.client.call(request);
        let left = self.room.next_answer().map_err(|overrun| self.given_up(overrun))?;
        self.client.send_within(request, left).map_err(|error| match self.room.overrun(error.kind()) {
            Some(overrun) => self.given_up(overrun),
            None => error,
        })
    }

    /// Makes room for an entry that is kept, with so many bytes of text.
    pub(crate) fn keep(&mut self, text: usize) -> Result<(), Error> {
        self.room.keep(ENTRY + text).map_err(|overrun| self.given_up(overrun))
    }

    fn given_up(&self, overrun: ListOverrun) -> Error {
        Error::List { call: self.call.clone(), what: self.what.clone(), overrun }
    }
}
