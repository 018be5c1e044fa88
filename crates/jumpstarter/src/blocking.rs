//! The client for callers that know nothing of async: one thread, one runtime, one client.
use crate::{Client, ConfigSource, Error};
use tokio::runtime::{Builder, Runtime};

/// A [`Client`] with the runtime that its connection lives in.
#[derive(Debug)]
pub struct BlockingClient {
    runtime: Runtime,
    client: Client,
}

impl BlockingClient {
    /// Reads the configuration; connects later.
    pub fn new(source: ConfigSource) -> Result<Self, Error> {
        let client = Client::new(source)?;
        Ok(BlockingClient { runtime: runtime().map_err(|e| Error::System { why: e.to_string() })?, client })
    }

    /// Where the configuration came from.
    pub fn source(&self) -> &ConfigSource {
        self.client.source()
    }

    /// Does what `work` says, to its end.
    pub fn run<T>(&self, work: impl AsyncFnOnce(&Client) -> T) -> T {
        self.runtime.block_on(work(&self.client))
    }
}

/// A runtime that needs no further thread, but for name look-ups.
pub(crate) fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_io().enable_time().build()
}
