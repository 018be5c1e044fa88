//! The running stand-in: its routes and its thread.
use super::{options::Options, rest, rpc, wire::Machine};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread::JoinHandle,
};
use tokio::sync::oneshot;

/// A stand-in on a thread of its own. Dropping it stops it.
pub struct Server {
    machine: Arc<Machine>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Its URL, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The rows of a table, such as `iscsi.target`.
    pub fn rows(&self, table: &str) -> Vec<Value> {
        self.machine.store().rows(table).to_vec()
    }

    /// Every call so far after the login, with its parameters.
    pub fn calls(&self) -> Vec<(String, Value)> {
        self.machine.calls()
    }

    /// Makes a call as an administrator would at the machine.
    ///
    /// # Panics
    /// If it is refused.
    pub fn admin(&self, method: &str, params: &Value) -> Value {
        let params: Vec<_> = params.as_array().cloned().unwrap_or_default();
        self.machine.carry_out(method, &params).unwrap_or_else(|refused| panic!("{method}: {refused:?}"))
    }

    /// Logs an initiator in to a target.
    pub fn log_in(&self, target: &str, initiator: &str) {
        let mut store = self.machine.store();
        let iqn = store.iqn(target);
        store.sessions.push(json!({
            "initiator": initiator, "initiator_addr": "192.0.2.30", "initiator_alias": null, "target": iqn,
            "target_alias": target, "header_digest": null, "data_digest": null, "max_data_segment_length": 262_144,
            "max_receive_data_segment_length": 262_144, "max_xmit_data_segment_length": 262_144, "max_burst_length": 1_048_576,
            "first_burst_length": 65536, "immediate_data": true, "iser": false, "offload": false,
        }));
    }

    /// Logs everybody out.
    pub fn log_out(&self) {
        self.machine.store().sessions.clear();
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

/// Starts a stand-in, and returns once it is listening.
pub fn spawn(options: Options) -> io::Result<Server> {
    let listener = TcpListener::bind(options.listen)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let machine = Arc::new(Machine::new(options));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = {
        let _inside = runtime.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    let service = Router::new().fallback(answer).with_state(machine.clone());
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::Builder::new().name("truenas".to_owned()).spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = axum::serve(listener, service) => {}
                _ = stopped => {}
            }
        });
        // Connections that wait for nothing would keep it.
        runtime.shutdown_background();
    })?;
    Ok(Server { machine, address, stop: Some(stop), thread: Some(thread) })
}

async fn answer(
    State(machine): State<Arc<Machine>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path();
    let served = machine.options.release.served();
    if let Ok(upgrade) = upgrade {
        return open(machine, upgrade, path, served.as_deref().unwrap_or_default());
    }
    match served {
        Some(served) if path == "/api/versions" => Json(served).into_response(),
        _ if path.starts_with("/api/v2.0/") && machine.options.release.has_rest() => {
            rest::answer(&machine, &method, &uri, &headers, &body)
        }
        _ => (StatusCode::NOT_FOUND, "404: Not Found").into_response(),
    }
}

fn open(machine: Arc<Machine>, upgrade: WebSocketUpgrade, path: &str, served: &[&str]) -> Response {
    let version = path.strip_prefix("/api/").unwrap_or_default();
    if !served.contains(&version) && (version != "current" || served.is_empty()) {
        return (StatusCode::NOT_FOUND, "404: Not Found").into_response();
    }
    if machine.strikes("down") {
        return (StatusCode::BAD_GATEWAY, "<html><title>502 Bad Gateway</title></html>").into_response();
    }
    if machine.strikes("redirect") {
        let to = format!("https://192.0.2.9{path}");
        return (StatusCode::TEMPORARY_REDIRECT, [("location", to)]).into_response();
    }
    upgrade.max_message_size(1 << 20).on_upgrade(move |socket| rpc::serve(socket, machine))
}
