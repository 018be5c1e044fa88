//! REST v2.0.
use super::wire::{Fate, Machine};
use axum::{
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// Answers a request below `/api/v2.0`.
pub(crate) fn answer(
    machine: &Machine,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    let key = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if machine.strikes("revoked") || key != format!("Bearer {}", machine.options.api_key) {
        return (StatusCode::UNAUTHORIZED, "401: Unauthorized").into_response();
    }
    let body = match std::str::from_utf8(body).map(str::trim) {
        Ok("") => None,
        Ok(text) => match serde_json::from_str(text) {
            Ok(body) => Some(body),
            Err(_) => return shown(400, &json!({ "message": "json parse error", "errno": 22 })),
        },
        Err(_) => return shown(400, &json!({ "message": "json parse error", "errno": 22 })),
    };
    let path = uri.path().trim_start_matches("/api/v2.0/").trim_end_matches('/');
    let Some((name, params)) = call(method, path, uri.query().unwrap_or_default(), body) else {
        return shown(404, &json!({ "message": "" }));
    };
    let is_row = name.rsplit('.').next() == Some("query") && params.get(1).is_some();
    match machine.call(&name, &params, true) {
        Fate::Answer(Ok(result)) => shown(200, &result),
        Fate::Answer(Err(_)) if is_row => shown(404, &json!({ "message": "" })),
        Fate::Answer(Err(refused)) => {
            let (status, body) = refused.to_rest(&params.into());
            shown(status, &body)
        }
        // What the connection does instead of an answer, a gateway makes of it.
        _ => (StatusCode::BAD_GATEWAY, "<html><title>502 Bad Gateway</title></html>").into_response(),
    }
}

fn shown(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}

/// The method and its parameters.
fn call(method: &Method, path: &str, query: &str, body: Option<Value>) -> Option<(String, Vec<Value>)> {
    if let Some((table, id)) = path.split_once("/id/") {
        // The slashes of an id are encoded; a bare one leads nowhere.
        let id = Some(id).filter(|id| !id.contains('/')).map(decoded)?;
        let id = id.parse::<u64>().map_or_else(|_| Value::from(id), Value::from);
        let table = table.replace('/', ".");
        return match *method {
            Method::GET => {
                Some((format!("{table}.query"), vec![json!([["id", "=", id]]), json!({ "get": true })]))
            }
            Method::PUT => Some((format!("{table}.update"), vec![id, body.unwrap_or_default()])),
            Method::DELETE => {
                let options = options(&table, body);
                Some((format!("{table}.delete"), std::iter::once(id).chain(options).collect()))
            }
            _ => None,
        };
    }
    let name = path.replace('/', ".");
    match *method {
        Method::GET if name == "iscsi.global" => Some(("iscsi.global.config".into(), vec![])),
        Method::GET => {
            let filters = query.split('&').filter_map(|one| one.split_once('='));
            let filters: Value = filters
                .map(|(name, value)| {
                    let value = value.parse::<u64>().map_or_else(|_| Value::from(value), Value::from);
                    json!([name, "=", value])
                })
                .collect();
            let whole = ["core.get_jobs", "iscsi.global.sessions", "system.info"];
            let name = if whole.contains(&name.as_str()) { name } else { format!("{name}.query") };
            Some((name, vec![filters]))
        }
        Method::POST if name == "service.start" => {
            let service = body.as_ref().map(|body| body["service"].clone());
            Some((name, service.into_iter().collect()))
        }
        Method::POST => Some((format!("{name}.create"), vec![body.unwrap_or_default()])),
        _ => None,
    }
}

/// What follows the id of a deletion: one object, or flags by their names.
fn options(table: &str, body: Option<Value>) -> Vec<Value> {
    let Some(body) = body else { return vec![] };
    let flags: &[&str] = match table {
        "pool.dataset" => return vec![body],
        "iscsi.extent" => &["remove", "force"],
        _ => &["force"],
    };
    flags.iter().map(|name| body.get(*name).cloned().unwrap_or(Value::Bool(false))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        match (*first, tail) {
            (b'%', [a, b, after @ ..]) if code(&[*a, *b]).is_some() => {
                bytes.extend(code(&[*a, *b]));
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
