//! A WebSocket that carries JSON-RPC 2.0: one call at a time, each with an end.
use crate::{Error, deadline::Deadline, refusal::Refusal};
use http_exchange::{AnswerSize, ByteStream, json_within};
use serde_json::{Value, json};
use shown_text::{EncodedForms, one_line};
use std::{io::ErrorKind, time::Duration};
use tungstenite::{
    Error as Fault, HandshakeError, Message, WebSocket,
    client::client_with_config,
    error::ProtocolError,
    protocol::{CloseFrame, WebSocketConfig},
};

/// The server closes the connection on a larger message before the login, and after it.
const MOST_BEFORE_LOGIN: usize = 8192;
const MOST_AFTER_LOGIN: usize = 65536;
/// The largest answer: as much as a list in REST.
const MOST_ANSWER: usize = 8 << 20;

pub(crate) struct Socket {
    web: WebSocket<ByteStream>,
    last_id: u64,
    /// The largest message that the server takes.
    most: usize,
}

impl Socket {
    /// Opens the API at `path` of `host` (and port) on a fresh connection.
    pub(crate) fn open(
        mut stream: ByteStream,
        host: &str,
        path: &str,
        timeout: Duration,
    ) -> Result<Self, Error> {
        let method = format!("GET {path}");
        stream.allow(timeout);
        let config = WebSocketConfig::default()
            .read_buffer_size(16 << 10)
            .write_buffer_size(0)
            .max_message_size(Some(MOST_ANSWER))
            .max_frame_size(Some(MOST_ANSWER));
        let opened = client_with_config(format!("ws://{host}{path}"), stream, Some(config));
        match opened {
            Ok((web, _)) => Ok(Self { web, last_id: 0, most: MOST_BEFORE_LOGIN }),
            Err(HandshakeError::Interrupted(_)) => Err(Error::Silent { method, after: timeout }),
            Err(HandshakeError::Failure(Fault::Http(answer))) => {
                Err(Error::NoWebSocket { status: answer.status().as_u16(), path: path.to_owned() })
            }
            Err(HandshakeError::Failure(fault)) => Err(error(fault, &method, timeout)),
        }
    }

    /// From now on the server takes larger messages.
    pub(crate) fn is_logged_in(&mut self) {
        self.most = MOST_AFTER_LOGIN;
    }

    /// Sends a call and waits for its answer.
    pub(crate) fn call(
        &mut self,
        method: &str,
        params: &[Value],
        timeout: Duration,
        secrets: &EncodedForms,
    ) -> Result<Value, Error> {
        self.last_id += 1;
        let id = self.last_id;
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string();
        if request.len() > self.most {
            return Err(Error::TooLarge { method: method.to_owned(), most: self.most });
        }
        let deadline = Deadline::after(timeout);
        self.web.get_mut().allow(timeout);
        let failed = |fault| error(fault, method, timeout);
        self.web.send(Message::text(request)).map_err(failed)?;
        let unreadable = |why: &str| Error::Unreadable { method: method.to_owned(), why: why.to_owned() };
        loop {
            // What is in the buffer already takes no time, and a server may send without end.
            if deadline.left().is_zero() {
                return Err(Error::Silent { method: method.to_owned(), after: timeout });
            }
            let text = match self.web.read().map_err(failed)? {
                Message::Text(text) => text,
                Message::Binary(_) => return Err(unreadable("it is binary")),
                Message::Close(frame) => {
                    let why = closed(frame, secrets);
                    return Err(Error::Lost { method: method.to_owned(), why });
                }
                // The library answers a ping.
                _ => continue,
            };
            let mut message = json_within(&text, AnswerSize::List).map_err(|why| unreadable(&why))?;
            let Some(answer) = message.as_object_mut() else { return Err(unreadable("it is not an object")) };
            let answered = answer.get("id").unwrap_or(&Value::Null);
            // Events, and answers to calls that nobody waits for any more.
            let is_other =
                answered.as_u64() != Some(id) && !(answered.is_null() && answer.contains_key("error"));
            if is_other {
                continue;
            }
            return match (answer.remove("error"), answer.remove("result")) {
                (Some(error), _) if !error.is_null() => {
                    let refusal = Refusal::of_rpc(&error, secrets);
                    Err(Error::Refused { method: method.to_owned(), refusal })
                }
                (_, Some(result)) => Ok(result),
                _ => Err(unreadable("it has neither a result nor an error")),
            };
        }
    }
}

fn closed(frame: Option<CloseFrame>, secrets: &EncodedForms) -> String {
    let Some(CloseFrame { code, reason }) = frame else { return "TrueNAS closed it".into() };
    let reason = one_line(&secrets.concealed(&reason, "***"));
    let reason = if reason.is_empty() { reason } else { format!(", \"{reason}\"") };
    format!("TrueNAS closed it (code {}{reason})", u16::from(code))
}

fn error(fault: Fault, method: &str, timeout: Duration) -> Error {
    let method = method.to_owned();
    match fault {
        Fault::Io(e) if matches!(e.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
            Error::Silent { method, after: timeout }
        }
        Fault::Io(e) => Error::Lost { method, why: one_line(&e.to_string()) },
        Fault::ConnectionClosed | Fault::AlreadyClosed => {
            Error::Lost { method, why: "TrueNAS closed it".into() }
        }
        Fault::Protocol(ProtocolError::ResetWithoutClosingHandshake | ProtocolError::HandshakeIncomplete) => {
            Error::Lost { method, why: "it closed without a reason".into() }
        }
        Fault::Capacity(_) => {
            Error::Unreadable { method, why: format!("it is larger than {} MiB", MOST_ANSWER >> 20) }
        }
        fault => Error::Unreadable { method, why: one_line(&fault.to_string()) },
    }
}
