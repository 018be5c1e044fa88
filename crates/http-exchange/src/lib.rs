//! One HTTP exchange done safely: what every client of a JSON API needs and none should write twice.
//!
//! A [`Server`] is one base URL with its credentials, trust, proxy and open connections.
//! [`Server::exchange`] sends one [`Call`] and answers with a [`Reply`] or an [`Error`]; in between it
//! refuses redirects, bounds what it reads, and repeats what may be repeated.
//!
//! | what | where |
//! |---|---|
//! | how hard to try, and what may be sent twice | [`Policy`], [`Idempotency`] |
//! | what is sent: JSON, bytes or a file | [`Content`] |
//! | which proxy | [`ProxyVariables`] |
//! | which certificates are trusted | [`TlsSettings`] |
//! | why it failed, what to do, and a stable word for it | [`Error`], [`Fault`], [`Kind`] |
//!
//! Limits that nobody needs to set: bodies of 1 MiB, of 8 MiB for lists (after decompression; [`AnswerSize`]), 128 response headers within 32 KiB,
//! JSON nested 128 deep.
//!
//! # What is sent twice
//!
//! A failed call is repeated when the failure may pass: no name or connection, a lost or late answer, 408, 425, 429,
//! 500, 502, 503, 504, and for a call with a key 409, "still running". Between two attempts lies a random time up to
//! 50 ms · 2ⁿ (1 s · 2ⁿ after 409, 429, 503), at most 20 s, and not less than `Retry-After`. [`Policy`] says how often
//! and how long; a 409 with `Retry-After` is waited for as long as the deadline allows.
//!
//! That alone would do some things twice. So the exchange knows whether the server may have acted: no, as long as not
//! a byte of the request has left (DNS, connection, proxy tunnel and TLS handshake come before), or when the answer
//! says that it was refused (4xx, 501, 503, 505, 511). Otherwise the call is *in doubt*, and [`Idempotency`] decides:
//!
//! | the call | in doubt |
//! |---|---|
//! | [`Idempotency::Always`] | is repeated |
//! | [`Idempotency::Never`] | ends as [`Kind::UnknownOutcome`] |
//! | [`Idempotency::WithKey`], server has shown that it honours keys | is repeated with the same key |
//! | [`Idempotency::WithKey`], server has not shown it | the server is asked; if it doesn't show it, [`Kind::UnknownOutcome`] |
//!
//! Once in doubt, only a good answer to the same key settles it: any other end is [`Kind::UnknownOutcome`].
//!
//! # Proxies
//!
//! The variables are those of curl, and `no_proxy` also takes ports and networks. A plain-http server is reached by
//! forwarding, an https server through a tunnel (CONNECT). A proxy's port is 80 (https: 443) unless given; SOCKS is not
//! supported.
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests lay out by hand what others would
mod answer_text;
mod attempt;
mod authorization;
mod base_url;
mod byte_stream;
mod call;
mod change_in_flight;
mod charset;
mod clock;
mod connector;
mod content;
mod download;
mod elements;
mod error;
mod fault;
mod forward;
#[cfg(test)]
mod fuzz;
mod gzip;
mod json_parts;
mod list_room;
mod multibyte;
mod no_proxy;
mod proxy;
mod recorded;
mod recorded_text;
mod retry;
mod retry_after;
mod secure;
mod server;
mod server_text;
mod tcp;
mod tls;
mod transport;
mod transport_fault;
mod tunnel;

pub use answer_text::json_within;
pub use authorization::Authorization;
pub use byte_stream::ByteStream;
pub use call::{AnswerSize, Call, CallStats, Idempotency, IdempotencyKey, KeySupport, Method, Reply};
pub use change_in_flight::ChangeInFlight;
pub use clock::{Clock, Deadline, SystemClock};
pub use content::{Content, Open};
pub use elements::{Element, Listed};
pub use error::Error;
pub use fault::Fault;
pub use list_room::{ListOverrun, ListRoom};
pub use proxy::ProxyVariables;
pub use recorded::RecordedAnswer;
pub use recorded_text::RecordedText;
pub use retry::{Policy, RetryNotice};
pub use server::{Server, Settings};
pub use server_trust::Kind;
pub use shown_text::Secret;
pub use tls::TlsSettings;
