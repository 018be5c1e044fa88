//! What a list may take that comes in several answers, of memory and of time: a server may have no end of them.
use crate::{
    clock::{Clock, Deadline},
    fault::seconds,
};
use server_trust::Kind;
use std::{rc::Rc, time::Duration};

/// What is left for a list, all its answers together.
#[derive(Clone, Debug)]
pub struct ListRoom {
    /// What is left of the memory, in bytes.
    bytes: usize,
    /// All of the memory, in bytes.
    most: usize,
    deadline: Deadline,
    answers: u32,
}

/// What an answer counts beside what is kept of it, in bytes: so a list ends even if nothing of it is kept and no time passes.
const ANSWER: usize = 4 << 10;

impl ListRoom {
    /// For so many bytes, and for so much time from now on.
    pub fn new(bytes: usize, clock: Rc<dyn Clock>, time: Duration) -> Self {
        Self { bytes, most: bytes, deadline: Deadline::new(clock, time), answers: 0 }
    }

    /// Asks for room for another answer. Returns the time left for it.
    pub fn next_answer(&mut self) -> Result<Duration, ListOverrun> {
        let left = self.deadline.left();
        if left.is_zero() {
            return Err(self.out_of_time());
        }
        self.keep(ANSWER)?;
        self.answers += 1;
        Ok(left)
    }

    /// Asks for room for so many bytes that are kept.
    pub fn keep(&mut self, bytes: usize) -> Result<(), ListOverrun> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(ListOverrun::Memory { mib: self.most >> 20 })?;
        Ok(())
    }

    /// What to say of an answer that failed as `kind`: that the time for the list is over, if that is why.
    pub fn overrun(&self, kind: Kind) -> Option<ListOverrun> {
        (kind == Kind::Timeout && self.deadline.is_over()).then(|| self.out_of_time())
    }

    fn out_of_time(&self) -> ListOverrun {
        ListOverrun::Time { after: self.deadline.after, answers: self.answers }
    }
}

/// Why a list was given up. `Display` continues a sentence about the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListOverrun {
    /// It takes too long.
    #[error("did not end within {} s and {answers} answer{}", seconds(*after), if *answers == 1 { "" } else { "s" })]
    Time {
        /// The time given for it.
        after: Duration,
        /// How many were asked for.
        answers: u32,
    },
    /// It is too large.
    #[error("is larger than this module reads ({mib} MiB), or has no end")]
    Memory {
        /// The memory given for it.
        mib: usize,
    },
}

impl ListOverrun {
    /// The stable class.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Time { .. } => Kind::Timeout,
            Self::Memory { .. } => Kind::Protocol,
        }
    }

    /// What to do about it: one sentence without its full stop.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Time { .. } => {
                "Raise the deadline if the list may be that long; otherwise check the server, which may be too slow or send an endless list"
            }
            Self::Memory { .. } => {
                "Check the server: if it holds less than that, its list has no end; otherwise clean up there"
            }
        }
    }
}
