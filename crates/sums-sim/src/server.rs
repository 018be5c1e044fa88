//! The running server: its routes, its middleware, and its thread.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::sync::oneshot;

use crate::connection::{BreakableListener, Connection};
use crate::faults::Faults;
use crate::keys::Keys;
use crate::log::Log;
use crate::sim::Sim;
use crate::store::Store;
use crate::{LogEntry, Options, State, answer, auth, idempotency, injection, routes, visibility};

/// Why the simulator didn't start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another program uses the port, or the address isn't one of this machine's.
    #[error("cannot listen on {address}: {source}. Use another address with --listen")]
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// The system's error.
        source: std::io::Error,
    },
    /// The log file can't be opened for appending.
    #[error("cannot write the log {file}: {source}. Use a file in an existing folder with --log")]
    Log {
        /// The requested file.
        file: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The system can't create a thread or an event queue.
    #[error("cannot start the server's thread: {0}. End some processes or close some files")]
    Thread(#[from] std::io::Error),
}

/// A simulator on a thread of its own. Dropping it stops it.
pub struct Server {
    sim: Arc<Sim>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// The base URL, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The content of the store, at the clock's current time.
    pub fn state(&self) -> State {
        self.sim.view(&self.sim.store()).state()
    }

    /// Every request so far, in the order of their answers.
    pub fn requests(&self) -> Vec<LogEntry> {
        self.sim.log.entries()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Starts a simulator, and returns once it is listening.
pub fn spawn(options: Options) -> Result<Server, Error> {
    let address = options.listen;
    let listen = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(listen)?;
    listener.set_nonblocking(true).map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;

    let log = Log::open(options.log.as_deref())
        .map_err(|source| Error::Log { file: options.log.clone().unwrap_or_default(), source })?;
    let sim = Arc::new(Sim {
        faults: Faults::new(options.faults.clone(), options.seed),
        keys: Keys::default(),
        log,
        store: Mutex::new(Store::new(options.step, options.vehicles.clone(), &options.scenarios)),
        options,
    });

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = {
        let _inside = runtime.enter();
        BreakableListener(tokio::net::TcpListener::from_std(listener)?)
    };
    let service = app(&sim).into_make_service_with_connect_info::<Connection>();
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::Builder::new().name("sums-sim".to_owned()).spawn(move || {
        runtime.block_on(async {
            // Both end only when the server is stopped: `serve` survives failed connections.
            tokio::select! {
                _ = axum::serve(listener, service) => {}
                _ = stopped => {}
            }
        });
    })?;
    Ok(Server { sim, address, stop: Some(stop), thread: Some(thread) })
}

/// The routes and their middleware: faults and log, token check, idempotency keys.
fn app(sim: &Arc<Sim>) -> Router {
    let api = routes::api(sim.options.lists)
        .layer(from_fn_with_state(sim.clone(), visibility::check))
        .layer(from_fn_with_state(sim.clone(), idempotency::keep))
        .layer(from_fn_with_state(sim.clone(), auth::check));
    Router::new()
        .nest("/api/v1", api)
        .layer(from_fn_with_state(sim.clone(), injection::inject))
        .nest("/sim", routes::inspection())
        .fallback(answer::no_such_path)
        .with_state(sim.clone())
}
