//! JSON-RPC 2.0 over WebSocket.
use super::{
    options::Release,
    refused::{EBUSY, ENOTAUTHENTICATED, Refused},
    wire::{Fate, Machine},
};
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::{Value, json};
use std::sync::Arc;

/// One connection.
struct Connection {
    machine: Arc<Machine>,
    is_logged_in: bool,
    /// Whether jobs answer with their ids.
    has_job_ids: bool,
}

pub(crate) async fn serve(mut socket: WebSocket, machine: Arc<Machine>) {
    let mut connection = Connection { machine, is_logged_in: false, has_job_ids: true };
    while let Some(Ok(message)) = socket.recv().await {
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => return close(socket, 1003, "").await,
            Message::Close(_) => return,
            _ => continue,
        };
        let (most, code) = if connection.is_logged_in { (65536, 1009) } else { (8192, 1007) };
        if text.len() > most {
            return close(socket, code, "Max message length is exceeded").await;
        }
        let request: Value = match serde_json::from_str(&text) {
            Ok(request) => request,
            Err(e) => {
                let error = json!({ "code": -32700, "message": e.to_string() });
                let _ = send(&mut socket, json!({ "jsonrpc": "2.0", "id": null, "error": error })).await;
                continue;
            }
        };
        let id = request["id"].clone();
        let (Some(method), params) = (request["method"].as_str(), request["params"].as_array().cloned())
        else {
            let error = json!({ "code": -32600, "message": "Invalid Request" });
            let _ = send(&mut socket, json!({ "jsonrpc": "2.0", "id": id, "error": error })).await;
            continue;
        };
        let params = params.unwrap_or_default();
        let fate = connection.fate(method, &params);
        if connection.machine.strikes("chatty") {
            let event = json!({ "jsonrpc": "2.0", "method": "collection_update", "params": { "msg": "changed", "collection": "core.get_jobs", "id": 1, "fields": {} } });
            let _ = send(&mut socket, event).await;
            let _ =
                send(&mut socket, json!({ "jsonrpc": "2.0", "id": 999_999, "result": "not yours" })).await;
        }
        let answer = match fate {
            Fate::Answer(Ok(result)) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            Fate::Answer(Err(refused)) => {
                let frames = connection.machine.options.release < Release::V26;
                let error = refused.to_rpc(&params.into(), frames);
                json!({ "jsonrpc": "2.0", "id": id, "error": error })
            }
            Fate::Drop => return,
            Fate::Silence => continue,
            Fate::Huge => json!({ "jsonrpc": "2.0", "id": id, "result": "x".repeat(9 << 20) }),
            Fate::Endless => {
                let event = json!({ "jsonrpc": "2.0", "method": "collection_update", "params": {} });
                while send(&mut socket, event.clone()).await.is_ok() {}
                return;
            }
        };
        if send(&mut socket, answer).await.is_err() {
            return;
        }
    }
}

async fn send(socket: &mut WebSocket, message: Value) -> Result<(), axum::Error> {
    socket.send(Message::Text(message.to_string().into())).await
}

async fn close(mut socket: WebSocket, code: u16, reason: &str) {
    let _ = socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
}

impl Connection {
    fn fate(&mut self, method: &str, params: &[Value]) -> Fate {
        let options = &self.machine.options;
        match method {
            "auth.login_ex" | "auth.login_with_api_key" if self.machine.strikes("rate-limit") => {
                let text = "Rate Limit Exceeded".to_owned();
                Fate::Answer(Err(Refused::Failed { errno: EBUSY, name: "EBUSY", text }))
            }
            "auth.login_ex" => Fate::Answer(self.login_ex(params.first().unwrap_or(&Value::Null))),
            "auth.login_with_api_key" => {
                let is_right = params.first().and_then(Value::as_str) == Some(&options.api_key);
                self.is_logged_in = is_right && !self.machine.strikes("revoked");
                Fate::Answer(Ok(self.is_logged_in.into()))
            }
            _ if !self.is_logged_in => {
                let text = "Not authenticated".to_owned();
                Fate::Answer(Err(Refused::Failed {
                    errno: ENOTAUTHENTICATED,
                    name: "ENOTAUTHENTICATED",
                    text,
                }))
            }
            "core.set_options" if options.release == Release::V25_04 => Fate::Answer(Ok(Value::Null)),
            "core.set_options" => {
                if let Some(legacy) = params.first().and_then(|it| it["legacy_jobs"].as_bool()) {
                    self.has_job_ids = legacy;
                }
                Fate::Answer(Ok(
                    json!({ "legacy_jobs": self.has_job_ids, "private_methods": false, "py_exceptions": false }),
                ))
            }
            _ => self.machine.call(method, params, self.has_job_ids),
        }
    }

    fn login_ex(&mut self, login: &Value) -> Result<Value, Refused> {
        let options = &self.machine.options;
        let known = ["mechanism", "username", "api_key", "login_options"];
        if let Some(name) =
            login.as_object().into_iter().flat_map(|it| it.keys()).find(|it| !known.contains(&it.as_str()))
        {
            return Err(Refused::invalid(&format!("login_data.{name}"), "Extra inputs are not permitted"));
        }
        if login["mechanism"] != "API_KEY_PLAIN" {
            return Err(Refused::invalid("login_data.mechanism", "Input should be 'API_KEY_PLAIN'"));
        }
        if self.machine.strikes("standby") {
            return Ok(json!({ "response_type": "REDIRECT", "urls": ["https://192.0.2.7"] }));
        }
        let is_right = login["api_key"] == options.api_key && login["username"] == options.username;
        if is_right && self.machine.strikes("revoked") {
            return Ok(json!({ "response_type": "EXPIRED" }));
        }
        self.is_logged_in = is_right;
        let response = if is_right { "SUCCESS" } else { "AUTH_ERR" };
        Ok(json!({ "response_type": response, "authenticator": "LEVEL_1", "user_info": null }))
    }
}
