//! What all transports of our own share: their buffers, the time they have, and when they may be used again.
use ureq::unversioned::transport::{
    ConnectionDetails, LazyBuffers, NextTimeout, Transport,
    time::{Duration, Instant},
};

/// What a transport of our own reads and writes through.
pub(crate) fn buffers(details: &ConnectionDetails) -> LazyBuffers {
    LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size())
}

/// Whether a connection may be used again: it is open, and holds nothing that would be taken for the next answer.
pub(crate) fn is_quiet(below: &mut dyn Transport) -> bool {
    below.buffers().input().is_empty() && below.is_open()
}

/// What is left of the time to connect, now that the connection below has taken its share.
pub(crate) fn time_left(details: &ConnectionDetails) -> NextTimeout {
    let spent = match details.now {
        Instant::Exact(start) => start.elapsed(),
        _ => return details.timeout,
    };
    NextTimeout { after: Duration::Exact(details.timeout.after.saturating_sub(spent)), ..details.timeout }
}
