//! A connection to a server for another protocol than HTTP's requests and answers, such as WebSocket.
use std::{
    fmt,
    io::{Error, ErrorKind, Read, Result, Write},
    sync::Arc,
    time::Duration,
};
use ureq::{
    Timeout,
    unversioned::transport::{NextTimeout, Transport, TransportAdapter, time::Instant},
};

/// The bytes to and from a server, encrypted if its URL is https. Every wait ends with the time that was allowed last.
pub struct ByteStream(TransportAdapter);

impl ByteStream {
    pub(crate) fn new(transport: Box<dyn Transport>) -> Self {
        Self(TransportAdapter::new(transport, Arc::new(Instant::now)))
    }

    /// All reads and writes from now on must end within this time, or fail with
    /// [`TimedOut`](std::io::ErrorKind::TimedOut). Without it they may take as long as they like.
    pub fn allow(&mut self, time: Duration) {
        self.0.set_timeout(NextTimeout {
            after: time.into(),
            reason: Timeout::Global,
            ..NextTimeout::default()
        });
    }
}

/// ureq's own name for a time that is over is one that nobody else knows.
fn plain(e: Error) -> Error {
    let inner = e.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>());
    if matches!(inner, Some(ureq::Error::Timeout(_))) { ErrorKind::TimedOut.into() } else { e }
}

impl Read for ByteStream {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        self.0.read(into).map_err(plain)
    }
}

impl Write for ByteStream {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.write(bytes).map_err(plain)
    }

    fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByteStream")
    }
}
