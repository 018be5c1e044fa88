//! What goes wrong, and when.
use super::http::Request;

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is refused with this status and code, before anything is done.
    Refuse(u16, &'static str),
    /// It is carried out, and the connection ends without an answer.
    LoseAnswer,
    /// It is answered 200 with this error inside, and nothing is done.
    HiddenError(&'static str),
    /// It is never answered, and nothing is done.
    Stall,
    /// It is refused because of its time, with a `Date` that is an hour off.
    WrongClock,
}

/// One thing that goes wrong.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Of the requests that it is for.
    pub method: &'static str,
    /// A name of their query; empty: those without one of `uploads`, `uploadId` and the like.
    pub query: &'static str,
    /// How many of those go well before.
    pub after: usize,
    /// How many go wrong.
    pub times: usize,
    /// How.
    pub effect: Effect,
}

impl Fault {
    /// The effect on this request, which is counted.
    pub(super) fn hits(&mut self, request: &Request) -> Option<Effect> {
        let is_for = match self.query {
            "" => request.query.is_empty(),
            name => request.asks(name),
        };
        if request.method != self.method || !is_for || self.times == 0 {
            return None;
        }
        if self.after > 0 {
            self.after -= 1;
            return None;
        }
        self.times -= 1;
        Some(self.effect.clone())
    }
}
