//! Logs in to a WebSocket with an API key.
use crate::{Error, deadline::Deadline, refusal::Refusal, settings::Settings, socket::Socket};
use http_exchange::Kind;
use serde_json::{Value, json};
use shown_text::{EncodedForms, one_line};

/// How soon a rejected key could be one that was revoked.
const MADE_ANEW: &str =
    "If it was ever sent over http, TrueNAS has revoked it permanently: create a new key.";

/// Logs in. Failures are recorded and slowed down by the server, so this is never repeated with the same key.
pub(crate) fn log_in(
    socket: &mut Socket,
    settings: &Settings,
    deadline: Deadline,
    secrets: &EncodedForms,
) -> Result<(), Error> {
    let time = settings.timeout.min(deadline.left());
    let key = settings.api_key.expose();
    match &settings.username {
        Some(user) => {
            let login = json!({ "mechanism": "API_KEY_PLAIN", "username": user, "api_key": key });
            let answer = socket.call("auth.login_ex", &[login], time, secrets)?;
            judge(&answer, user, secrets)?;
        }
        None => match socket.call("auth.login_with_api_key", &[key.into()], time, secrets) {
            Ok(Value::Bool(true)) => {}
            Ok(_) => {
                return Err(rejected(format!(
                    "TrueNAS rejects the API key, without a reason. Check the key, or give `truenas_username` to learn why. {MADE_ANEW}"
                )));
            }
            Err(Error::Refused { refusal: Refusal { kind: Kind::Protocol, .. }, .. }) => {
                return Err(Error::Login {
                    why: "This release of TrueNAS needs the owner of the API key. Give `truenas_username`."
                        .into(),
                    kind: Kind::Invalid,
                });
            }
            Err(error) => return Err(error),
        },
    }
    socket.is_logged_in();
    Ok(())
}

/// That REST answers 401, whatever is wrong with the key.
pub(crate) fn unauthorized() -> Error {
    rejected(format!("TrueNAS rejects the API key, without a reason. Check `truenas_api_key`. {MADE_ANEW}"))
}

fn rejected(why: String) -> Error {
    Error::Login { why, kind: Kind::Auth }
}

/// The answer of `auth.login_ex`.
fn judge(answer: &Value, user: &str, secrets: &EncodedForms) -> Result<(), Error> {
    let text = |value: &Value| one_line(&secrets.concealed(value.as_str().unwrap_or_default(), "***"));
    Err(rejected(match answer["response_type"].as_str().unwrap_or_default() {
        "SUCCESS" => return Ok(()),
        "AUTH_ERR" => format!(
            "TrueNAS rejects the API key of user {user}. Check the key, and that it belongs to this user. {MADE_ANEW}"
        ),
        "EXPIRED" => format!(
            "The API key of user {user} has expired or was revoked, as TrueNAS does with a key that was sent over http. Create a new key."
        ),
        "OTP_REQUIRED" => format!(
            "TrueNAS asks for a one-time password of user {user}, which a task can't give. Use the key of a user without two-factor authentication."
        ),
        "DENIED" => format!(
            "TrueNAS doesn't let user {user} use its API. Check the user's privileges, and from where it may log in."
        ),
        "REDIRECT" => {
            let urls: Vec<_> = answer["urls"].as_array().into_iter().flatten().map(text).collect();
            let why = format!(
                "This is the standby controller of a pair. Set the URL to the active one{}.",
                if urls.is_empty() { String::new() } else { format!(": {}", urls.join(" or ")) }
            );
            return Err(Error::Login { why, kind: Kind::Unavailable });
        }
        _ => {
            let why = format!("it has the unknown response_type \"{}\"", text(&answer["response_type"]));
            return Err(Error::Unreadable { method: "auth.login_ex".into(), why });
        }
    }))
}
