//! A stand-in for the mirror of OpenShift's releases. What is in its archives is a script that starts this program as the installer.
use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::get,
};
use clap::Args;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};
use tokio::sync::oneshot;

/// What may be wrong with a mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum MirrorFault {
    /// The archive is not the one whose hash is listed.
    WrongHash,
    /// The archive holds another program.
    NoProgram,
    /// The installer is one of another version.
    WrongVersion,
    /// A channel's text names no version.
    NoName,
    /// The first archive breaks off in the middle.
    BrokenOnce,
}

/// What the mirror has.
#[derive(Args, Clone, Debug)]
pub struct MirrorOptions {
    /// A release.
    #[arg(long = "version", default_values_t = ["4.18.9".to_owned()])]
    pub versions: Vec<String>,
    /// A channel and what it means, as `stable-4.18=4.18.9`.
    #[arg(long = "channel", default_values_t = ["stable-4.18=4.18.9".to_owned(), "stable=4.18.9".to_owned()])]
    pub channels: Vec<String>,
    /// A scenario for the installers.
    #[arg(long = "scenario")]
    pub scenarios: Vec<String>,
    /// What is wrong.
    #[arg(long = "fault")]
    pub faults: Vec<MirrorFault>,
    /// The program in the archives; this one, if it is not given.
    #[arg(long)]
    pub program: Option<PathBuf>,
}

/// A mirror on a thread of its own. Dropping it stops it.
pub struct MirrorServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    options: MirrorOptions,
    requests: Mutex<Vec<String>>,
}

impl MirrorServer {
    /// The base URL, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}/pub/openshift-v4/clients/ocp", self.address)
    }

    /// The path of every request so far.
    pub fn requests(&self) -> Vec<String> {
        locked(&self.shared.requests).clone()
    }
}

impl Drop for MirrorServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Starts a mirror, and returns once it is listening.
pub fn spawn(options: MirrorOptions) -> io::Result<MirrorServer> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let shared = Arc::new(Shared { options, requests: Mutex::default() });
    let routes = Router::new()
        .route("/pub/openshift-v4/clients/ocp/{folder}/{file}", get(answer))
        .with_state(shared.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = std::thread::Builder::new().spawn(move || {
        runtime.block_on(async {
            if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                let serve = axum::serve(listener, routes).into_future();
                tokio::select! { _ = serve => {}, _ = stopped => {} }
            }
        });
    })?;
    Ok(MirrorServer { shared, address, stop: Some(stop), thread: Some(thread) })
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    Path((folder, file)): Path<(String, String)>,
) -> Response {
    let asked_before = {
        let mut requests = locked(&shared.requests);
        let before = requests.iter().any(|path| path == uri.path());
        requests.push(uri.path().to_owned());
        before
    };
    let missing = || (StatusCode::NOT_FOUND, "404 Not Found").into_response();
    let Some(version) = shared.options.version_of(&folder) else { return missing() };
    let archive = || shared.options.archive(&version);
    let names =
        ["openshift-install-linux.tar.gz".to_owned(), format!("openshift-install-linux-{version}.tar.gz")];
    match file.as_str() {
        "release.txt" if shared.options.has(MirrorFault::NoName) => "moved\n".into_response(),
        "release.txt" => format!(
            "Client tools for OpenShift\n--------------------------\n\nName:           {version}\nDigest:         sha256:{}\nCreated:        2026-11-01T00:00:00Z\n",
            "0".repeat(64)
        )
        .into_response(),
        "sha256sum.txt" => {
            let hash = hex(&Sha256::digest(archive()));
            let lines: Vec<String> = names.iter().map(|name| format!("{hash}  {name}\n")).collect();
            lines.concat().into_response()
        }
        name if names.iter().any(|known| known == name) => {
            let mut archive = archive();
            if shared.options.has(MirrorFault::WrongHash) {
                archive.push(0);
            }
            if shared.options.has(MirrorFault::BrokenOnce) && !asked_before {
                return (StatusCode::SERVICE_UNAVAILABLE, "the cache is being filled").into_response();
            }
            archive.into_response()
        }
        _ => missing(),
    }
}

impl MirrorOptions {
    fn has(&self, fault: MirrorFault) -> bool {
        self.faults.contains(&fault)
    }

    /// The version that is in this folder.
    fn version_of(&self, folder: &str) -> Option<String> {
        let of_channel = self.channels.iter().find_map(|it| it.strip_prefix(&format!("{folder}=")));
        let version = of_channel.unwrap_or(folder);
        self.versions.iter().any(|known| known == version).then(|| version.to_owned())
    }

    /// The same bytes each time.
    fn archive(&self, version: &str) -> Vec<u8> {
        let program = self.program.clone().or_else(|| std::env::current_exe().ok()).unwrap_or_default();
        let says = if self.has(MirrorFault::WrongVersion) { "4.1.1" } else { version };
        let scenarios: Vec<String> =
            self.scenarios.iter().map(|it| format!(" --sim-scenario {it}")).collect();
        let scenarios = scenarios.concat();
        let script = format!(
            "#!/bin/sh\nexec '{}' openshift-install --sim-version {says} --sim-name \"$0\"{scenarios} \"$@\"\n",
            program.display()
        );
        let name = if self.has(MirrorFault::NoProgram) { "oc" } else { "openshift-install" };
        let mut archive = tar::Builder::new(GzEncoder::new(vec![], Compression::fast()));
        for (name, content) in [("README.md", "# OpenShift Install\n"), (name, script.as_str())] {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o755);
            header.set_cksum();
            // Nothing that is written into memory fails.
            let _ = archive.append_data(&mut header, name, content.as_bytes());
        }
        archive.into_inner().and_then(GzEncoder::finish).unwrap_or_default()
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
