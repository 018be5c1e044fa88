//! Services and the jobs that control them.
use super::{
    refused::Refused,
    schema::{Field, Kind, check},
    store::Store,
};
use serde_json::{Value, json};

const UPDATE: &[Field] = &[("enable", Kind::Flag, true)];
const CONTROL: &[Field] = &[("silent", Kind::Flag, false), ("timeout", Kind::MaybeInteger, false)];

fn id_of(store: &Store, name: &Value) -> Result<Value, Refused> {
    let found = store.rows("service").iter().find(|row| row["service"] == *name || row["id"] == *name);
    found.map(|row| row["id"].clone()).ok_or_else(|| Refused::missing("service", name))
}

pub(crate) fn update(store: &mut Store, name: &Value, body: &Value) -> Result<Value, Refused> {
    let new = check(store.release(), "service_update", UPDATE, body)?;
    let id = id_of(store, name)?;
    store.row("service", &id)?["enable"] = new["enable"].clone();
    Ok(id)
}

/// Its result; the connection makes a job of it.
pub(crate) fn control(store: &mut Store, params: &[Value]) -> Result<Value, Refused> {
    let verb = params.first().and_then(Value::as_str).unwrap_or_default();
    if !["START", "STOP", "RESTART", "RELOAD"].contains(&verb) {
        return Err(Refused::invalid("verb", "Input should be 'START', 'STOP', 'RESTART' or 'RELOAD'"));
    }
    if let Some(options) = params.get(2) {
        check(store.release(), "options", CONTROL, options)?;
    }
    let id = id_of(store, params.get(1).unwrap_or(&Value::Null))?;
    store.row("service", &id)?["state"] = if verb == "STOP" { "STOPPED" } else { "RUNNING" }.into();
    Ok(true.into())
}

pub(crate) fn start(store: &mut Store, params: &[Value]) -> Result<Value, Refused> {
    let id = id_of(store, params.first().unwrap_or(&Value::Null))?;
    store.row("service", &id)?["state"] = "RUNNING".into();
    Ok(true.into())
}

/// A job that has ended already, and its id. It is first seen running.
pub(crate) fn job(store: &mut Store, method: &str, outcome: &Result<Value, Refused>) -> Value {
    let id = 4711 + store.jobs.len();
    let (state, result, error) = match outcome {
        Ok(result) => ("SUCCESS", result.clone(), Value::Null),
        Err(refused) => {
            let error = refused.to_rpc(&json!([]), false)["data"]["reason"].clone();
            ("FAILED", Value::Null, error)
        }
    };
    store.jobs.push(json!({
        "id": id, "method": method, "state": state, "result": result, "error": error,
        "progress": { "percent": 100, "description": "", "extra": null }, "exc_info": null,
    }));
    id.into()
}
