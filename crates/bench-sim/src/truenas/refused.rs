//! Why a call is refused, and how each API says so.
use serde_json::{Value, json};

pub(crate) const EFAULT: i64 = 14;
pub(crate) const EBUSY: i64 = 16;
pub(crate) const EINVAL: i64 = 22;
pub(crate) const ENOENT: i64 = 2;
pub(crate) const ENOTEMPTY: i64 = 39;
pub(crate) const ENOTAUTHENTICATED: i64 = 207;

/// An attribute, what is wrong with it, and an error number.
pub(crate) type Complaint = (Option<String>, String, i64);

#[derive(Clone, Debug)]
pub(crate) enum Refused {
    /// The parameters.
    Invalid(Vec<Complaint>),
    /// The call.
    Failed { errno: i64, name: &'static str, text: String },
    /// There is no such method in this release.
    NoMethod,
    /// Too many calls at once.
    TooMany,
}

impl Refused {
    /// One complaint with EINVAL.
    pub(crate) fn invalid(attribute: &str, text: impl Into<String>) -> Self {
        Self::Invalid(vec![(Some(attribute.to_owned()), text.into(), EINVAL)])
    }

    /// A row that isn't there.
    pub(crate) fn missing(what: &str, id: &Value) -> Self {
        Self::Invalid(vec![(None, format!("{what} {id} does not exist"), ENOENT)])
    }

    pub(crate) fn fault(text: impl Into<String>) -> Self {
        Self::Failed { errno: EFAULT, name: "EFAULT", text: text.into() }
    }

    /// The member `error` in JSON-RPC. With `frames`, the trace holds the parameters, as up to 25.10.
    pub(crate) fn to_rpc(&self, params: &Value, frames: bool) -> Value {
        let frames = if frames {
            json!([{ "filename": "/usr/lib/python3/dist-packages/middlewared/main.py", "locals": { "params": params.to_string() } }])
        } else {
            json!([])
        };
        let data = |errno: i64, name: &str, reason: String, extra: Value| {
            json!({
                "error": errno, "errname": name, "reason": reason, "extra": extra,
                "trace": { "class": "CallError", "formatted": format!("Traceback: {params}"), "frames": frames },
            })
        };
        match self {
            Self::Invalid(all) => {
                let extra =
                    all.iter().map(|(attribute, text, errno)| json!([attribute, text, errno])).collect();
                let reason = all.iter().map(|(attribute, text, _)| {
                    format!("[EINVAL] {}: {text}", attribute.as_deref().unwrap_or("None"))
                });
                let reason = reason.collect::<Vec<_>>().join("\n");
                json!({ "code": -32602, "message": "Invalid params", "data": data(EINVAL, "EINVAL", reason, extra) })
            }
            Self::Failed { errno, name, text } => {
                let reason = format!("[{name}] {text}");
                json!({ "code": -32001, "message": "Method call error", "data": data(*errno, name, reason, Value::Null) })
            }
            Self::NoMethod => json!({ "code": -32601, "message": "Method does not exist" }),
            Self::TooMany => {
                json!({ "code": -32000, "message": "Maximum number of concurrent calls (20) has exceeded." })
            }
        }
    }

    /// The status and body in REST.
    pub(crate) fn to_rest(&self, params: &Value) -> (u16, Value) {
        match self {
            Self::Invalid(all) if all.iter().all(|(attribute, ..)| attribute.is_none()) => {
                (404, json!({ "message": "" }))
            }
            Self::Invalid(all) => {
                let mut body = json!({});
                for (attribute, text, errno) in all {
                    let name = attribute.as_deref().unwrap_or("null");
                    let list = &mut body[name];
                    if list.is_null() {
                        *list = json!([]);
                    }
                    if let Some(list) = list.as_array_mut() {
                        list.push(json!({ "message": text, "errno": errno }));
                    }
                }
                (422, body)
            }
            Self::Failed { errno: EFAULT, text, .. } if text.contains("unexpected") => {
                (500, json!({ "message": text, "traceback": format!("Traceback: {params}") }))
            }
            Self::Failed { errno, text, .. } => (422, json!({ "message": text, "errno": errno })),
            Self::NoMethod => (404, json!({ "message": "" })),
            Self::TooMany => (503, json!({ "message": "busy" })),
        }
    }
}
