//! The connection to a proxy while it opens a tunnel: all of the proxy's answer shares the time there is to connect.
//!
//! ureq would give each piece of that answer the whole time anew.
use crate::transport::time_left;
use std::time::Instant;
use ureq::{
    Error,
    unversioned::transport::{Buffers, ConnectionDetails, NextTimeout, Transport},
};

/// A connection to a proxy, and later the tunnel through it.
#[derive(Debug)]
pub(crate) struct Tunnel<T> {
    below: T,
    /// When the answer to CONNECT must be there; none once it is.
    until: Option<Instant>,
    answering: bool,
}

impl<T> Tunnel<T> {
    pub(crate) fn new(below: T, details: &ConnectionDetails) -> Self {
        let until = Instant::now().checked_add(*time_left(details).after);
        Self { below, until, answering: false }
    }
}

impl<T: Transport> Transport for Tunnel<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.below.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        // In a tunnel it is the client that speaks first, so the answer has been read.
        if self.answering {
            self.until = None;
        }
        self.below.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, mut timeout: NextTimeout) -> Result<bool, Error> {
        self.answering = true;
        if let Some(until) = self.until {
            let left = until.saturating_duration_since(Instant::now());
            timeout.after = left.min(*timeout.after).into();
        }
        self.below.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.below.is_open()
    }

    fn is_tls(&self) -> bool {
        self.below.is_tls()
    }
}
