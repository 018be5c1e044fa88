//! Plain http through a proxy: each request line names the whole URL (RFC 9112, 3.2.2), as curl sends it.
//!
//! ureq would ask the proxy for a tunnel (CONNECT), which most proxies allow to port 443 only.
use crate::transport::{buffers, is_quiet};
use std::io::Write;
use ureq::{
    Error,
    unversioned::transport::{
        Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport, TransportAdapter,
    },
};

/// The server's origin, to be put before each path; none when requests go straight to the server.
#[derive(Debug)]
pub(crate) struct Forward(pub(crate) Option<String>);

impl<In: Transport> Connector<In> for Forward {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails, below: Option<In>) -> Result<Option<Self::Out>, Error> {
        Ok(match (below, &self.0) {
            (None, _) => None,
            (Some(below), None) => Some(below.boxed()),
            (Some(below), Some(origin)) => Some(Box::new(ForwardTransport {
                buffers: buffers(details),
                proxy: TransportAdapter::new(below.boxed(), details.current_time.clone()),
                origin: origin.clone(),
                at_request_line: true,
            })),
        })
    }
}

struct ForwardTransport {
    buffers: LazyBuffers,
    proxy: TransportAdapter,
    origin: String,
    /// The next bytes out are those of a request line: nothing was sent yet, or an answer was read since.
    at_request_line: bool,
}

impl std::fmt::Debug for ForwardTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ForwardTransport")
    }
}

impl Transport for ForwardTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.proxy.set_timeout(timeout);
        let mut output = &self.buffers.output()[..amount];
        if std::mem::take(&mut self.at_request_line) {
            let path_at = output.iter().position(|b| *b == b' ').map_or(0, |blank| blank + 1);
            let (method, rest) = output.split_at(path_at);
            self.proxy.write_all(method)?;
            self.proxy.write_all(self.origin.as_bytes())?;
            output = rest;
        }
        Ok(self.proxy.write_all(output)?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.at_request_line = true;
        self.proxy.set_timeout(timeout);
        let amount = std::io::Read::read(&mut self.proxy, self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        is_quiet(self.proxy.get_mut())
    }

    fn is_tls(&self) -> bool {
        self.proxy.get_ref().is_tls()
    }
}
