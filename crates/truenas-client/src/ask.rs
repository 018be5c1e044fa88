//! One call of the API in both of its forms: a method with parameters, and a path with a body.
use http_exchange::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

/// What a call does, and so what is to be done when its answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing.
    Reads,
    /// A change that comes to the same when it is made twice.
    Changes,
    /// Another row each time.
    Creates,
}

/// A call.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// Such as `iscsi.target.create`; messages name a call by it.
    pub(crate) method: String,
    pub(crate) params: Vec<Value>,
    pub(crate) rest: Rest,
    pub(crate) effect: Effect,
    /// Whether the answer may be the id of a job instead of its result.
    pub(crate) is_job: bool,
}

/// The same in REST.
#[derive(Clone, Debug)]
pub(crate) struct Rest {
    pub(crate) method: Method,
    /// Below `/api/v2.0`.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
}

impl Ask {
    /// All rows of a table.
    pub(crate) fn rows(table: &str) -> Self {
        Self::some_rows(table, json!([]), json!({}), "")
    }

    /// Those that the filters select; `query` is what comes closest to them in a path.
    pub(crate) fn some_rows(table: &str, filters: Value, options: Value, query: &str) -> Self {
        let path = format!("{}{query}", path(table));
        Self::read(&format!("{table}.query"), vec![filters, options], path)
    }

    /// What there is only one of, such as `iscsi.global.config`.
    pub(crate) fn read(method: &str, params: Vec<Value>, path: String) -> Self {
        let rest = Rest { method: Method::Get, path, body: None };
        Self { method: method.to_owned(), params, rest, effect: Effect::Reads, is_job: false }
    }

    pub(crate) fn create(table: &str, row: Map<String, Value>) -> Self {
        let body = Value::Object(row);
        let rest = Rest { method: Method::Post, path: path(table), body: Some(body.clone()) };
        Self {
            method: format!("{table}.create"),
            params: vec![body],
            rest,
            effect: Effect::Creates,
            is_job: false,
        }
    }

    pub(crate) fn update(table: &str, id: &Value, row: Map<String, Value>) -> Self {
        let body = Value::Object(row);
        let rest = Rest { method: Method::Put, path: path_of(table, id), body: Some(body.clone()) };
        let params = vec![id.clone(), body];
        Self { method: format!("{table}.update"), params, rest, effect: Effect::Changes, is_job: false }
    }

    /// `options` are the parameters after the id; `body` is what they are in REST, where they are not the usual ones.
    pub(crate) fn delete(table: &str, id: &Value, options: Vec<Value>, body: Option<Value>) -> Self {
        let rest = Rest { method: Method::Delete, path: path_of(table, id), body };
        let params = std::iter::once(id.clone()).chain(options).collect();
        Self { method: format!("{table}.delete"), params, rest, effect: Effect::Changes, is_job: false }
    }

    /// Any other method, with its arguments by their names.
    pub(crate) fn run(method: &str, arguments: Vec<(&str, Value)>) -> Self {
        let body = arguments.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let rest = Rest { method: Method::Post, path: path(method), body: Some(Value::Object(body)) };
        let params = arguments.into_iter().map(|(_, value)| value).collect();
        Self { method: method.to_owned(), params, rest, effect: Effect::Changes, is_job: false }
    }
}

/// `/iscsi/target` of `iscsi.target`.
pub(crate) fn path(table: &str) -> String {
    format!("/{}", table.replace('.', "/"))
}

/// Of one row. The slashes of a dataset's name are encoded: the path goes on behind them.
pub(crate) fn path_of(table: &str, id: &Value) -> String {
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    format!("{}/id/{}", path(table), utf8_percent_encode(&id, NON_ALPHANUMERIC))
}
