//! The running stand-in: its thread, its login, and the log of what it was asked.
use super::{IdracOptions, Request, Scenario, answers::Answer, machine::Machine, routes};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request as HttpRequest, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};
use tokio::sync::oneshot;

/// The iDRAC blocks an address after so many failed logins.
const FAILED_LOGINS: u32 = 3;

/// A stand-in on a thread of its own. Dropping it stops it.
pub struct IdracServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    options: IdracOptions,
    machine: Mutex<Machine>,
    requests: Mutex<Vec<Request>>,
    failed_logins: Mutex<u32>,
}

impl IdracServer {
    /// The base URL, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far, in the order of their answers.
    pub fn requests(&self) -> Vec<Request> {
        locked(&self.shared.requests).clone()
    }

    /// What the machine has booted from, one entry for each start.
    pub fn boots(&self) -> Vec<String> {
        locked(&self.shared.machine).boots.clone()
    }

    /// Restarts the machine, as somebody at its front panel would.
    pub fn restart(&self) {
        locked(&self.shared.machine).restart();
    }

    /// Switches the machine off, as somebody at its front panel would.
    pub fn switch_off(&self) {
        locked(&self.shared.machine).is_on = false;
    }

    /// Attaches an image to the other virtual drive, as somebody at a virtual console would.
    pub fn attach_to_removable_disk(&self, image: &str) {
        locked(&self.shared.machine).media[1].image = Some(image.into());
    }

    /// Stages a setting of the BIOS without a job, as somebody with another client would.
    pub fn stage_bios(&self, name: &str, value: impl Into<Value>) {
        locked(&self.shared.machine).pending_bios.insert(name.into(), value.into());
    }

    /// Stages an iSCSI setting of a network function without a job, as somebody with another client would.
    pub fn stage_iscsi(&self, function: &str, name: &str, value: impl Into<Value>) {
        if let Some(nic) = locked(&self.shared.machine).nics.get_mut(function) {
            nic.pending.insert(name.into(), value.into());
        }
    }

    /// From now on, this goes wrong as well.
    pub fn add(&self, scenario: Scenario) {
        locked(&self.shared.machine).scenarios.add(scenario);
    }
}

impl Drop for IdracServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Starts a stand-in, and returns once it is listening.
pub fn spawn(options: IdracOptions) -> io::Result<IdracServer> {
    let listener = TcpListener::bind(options.listen)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let shared = Arc::new(Shared {
        machine: Mutex::new(Machine::new(&options)),
        options,
        requests: Mutex::default(),
        failed_logins: Mutex::default(),
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = {
        let _inside = runtime.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    let app = Router::new().fallback(serve).with_state(shared.clone());
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::Builder::new().name("idrac-sim".to_owned()).spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = axum::serve(listener, app) => {}
                _ = stopped => {}
            }
        });
    })?;
    Ok(IdracServer { shared, address, stop: Some(stop), thread: Some(thread) })
}

async fn serve(State(shared): State<Arc<Shared>>, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let if_match = parts.headers.get(header::IF_MATCH).and_then(|it| it.to_str().ok()).map(str::to_owned);
    let mut asked = Request {
        method: parts.method.to_string(),
        path: parts.uri.path().trim_end_matches('/').to_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
        if_match,
        status: 0,
    };
    let answer = answer(&shared, &asked, &parts.headers, &body);
    asked.status = answer.as_ref().map_or(0, |answer| answer.status);
    locked(&shared.requests).push(asked);
    match answer {
        Some(answer) => answer.into_response(),
        None => broken(),
    }
}

/// None: the connection is to be broken.
fn answer(shared: &Shared, asked: &Request, headers: &HeaderMap, body: &Bytes) -> Option<Answer> {
    let mut machine = locked(&shared.machine);
    if machine.scenarios.happens("refuses-connections") {
        return None;
    }
    // The root of the service is open.
    if asked.path != "/redfish/v1"
        && let Some(refused) = login(shared, headers)
    {
        return Some(refused);
    }
    if !body.is_empty() && asked.body.is_null() {
        return Some(Answer::refused(
            400,
            "SYS405",
            "The request body is not valid JSON.",
            "Correct the body.",
        ));
    }
    if asked.method != "GET" && asked.method != "DELETE" && !asked.body.is_object() {
        return Some(Answer::refused(400, "SYS405", "The request has no body.", "Send at least {}."));
    }
    routes::answer(&mut machine, asked)
}

/// The refusal, if there is one.
fn login(shared: &Shared, headers: &HeaderMap) -> Option<Answer> {
    let options = &shared.options;
    let mut failed = locked(&shared.failed_logins);
    if *failed >= FAILED_LOGINS {
        return Some(Answer::refused(
            401,
            "RAC0212",
            "The address is blocked after too many failed logins.",
            "Wait some minutes.",
        ));
    }
    let wanted = BASE64_STANDARD.encode(format!("{}:{}", options.username, options.password));
    if headers
        .get(header::AUTHORIZATION)
        .is_some_and(|it| it.as_bytes() == format!("Basic {wanted}").as_bytes())
    {
        *failed = 0;
        return None;
    }
    *failed += 1;
    let text = "Unable to complete the operation because of invalid credentials.";
    Some(Answer::refused(401, "SYS401", text, "Enter valid credentials and retry the operation."))
}

/// An answer that breaks off: its body fails at once, so that the server closes the connection.
fn broken() -> Response {
    Response::new(Body::new(Broken))
}

/// See [`broken`].
struct Broken;

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, io::Error>>> {
        std::task::Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
