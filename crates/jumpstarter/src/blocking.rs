//! A blocking client: one thread, one runtime, one async client.
use crate::{Client, ConfigSource, Error};
use tokio::runtime::{Builder, Runtime};

/// A [`Client`] with the runtime for its connection.
#[derive(Debug)]
pub struct BlockingClient {
    runtime: OwnRuntime,
    client: Client,
}

impl BlockingClient {
    /// Reads the configuration; connects later.
    pub fn new(source: ConfigSource) -> Result<Self, Error> {
        let client = Client::new(source)?;
        let runtime = OwnRuntime::new().map_err(|e| Error::system("Cannot call the controller", &e))?;
        Ok(BlockingClient { runtime, client })
    }

    /// Where the configuration came from.
    pub fn source(&self) -> &ConfigSource {
        self.client.source()
    }

    /// Runs `work` to completion.
    pub fn run<T>(&self, work: impl AsyncFnOnce(&Client) -> T) -> T {
        self.runtime.run(work(&self.client))
    }
}

/// A single-threaded runtime; only name lookups use another thread.
#[derive(Debug)]
pub(crate) struct OwnRuntime(Option<Runtime>);

impl OwnRuntime {
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(OwnRuntime(Some(Builder::new_current_thread().enable_io().enable_time().build()?)))
    }

    pub(crate) fn run<T>(&self, work: impl Future<Output = T>) -> T {
        // It exists until it is dropped.
        self.0.as_ref().expect("the runtime is taken only by drop").block_on(work)
    }
}

impl Drop for OwnRuntime {
    /// Doesn't wait for an abandoned name lookup, which the runtime's own `drop` would.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
