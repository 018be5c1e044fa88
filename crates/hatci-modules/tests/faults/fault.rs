//! The faults of a server and of the connection to it.
use crate::subject::{Deciding, going_wrong};
use flate2::{Compression, write::GzEncoder};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use std::{any::Any, io::Write, path::PathBuf, sync::Arc};
use test_servers::{
    ALERT, Authority, ScriptedServer, Step, accept_breakable_tls, accept_tls, deserted_address, json,
    server_config, with_headers,
};

pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) harms: Harms,
    happens: Happens,
}

/// Which modules fail with it.
#[derive(PartialEq)]
pub(crate) enum Harms {
    All,
    /// As `All`; but those that only ask whether the server is there may find that out otherwise.
    AllButHealth,
    /// As `AllButHealth`; and what looks something up may find that it is not there.
    AllButLookups,
    /// Those that need something from the answer.
    Some,
    None,
}

enum Happens {
    /// No server is listening.
    Deserted,
    /// The host name can't be resolved.
    NoName,
    /// The TLS server has a certificate for that name that ends in that year, signed by a known authority or by itself.
    Certificate { name: &'static str, until: i32, own: bool },
    /// The main call gets this answer.
    Answer(fn() -> Step),
    /// TLS breaks during the answer to the main call.
    BreaksTls,
}

const fn answer(name: &'static str, step: fn() -> Step) -> Fault {
    Fault { name, harms: Harms::All, happens: Happens::Answer(step) }
}

const fn of_another_api(name: &'static str, step: fn() -> Step) -> Fault {
    Fault { name, harms: Harms::AllButHealth, happens: Happens::Answer(step) }
}

const fn fault(name: &'static str, happens: Happens) -> Fault {
    Fault { name, harms: Harms::All, happens }
}

pub(crate) const FAULTS: &[Fault] = &[
    fault("the host name can't be resolved", Happens::NoName),
    fault("connection refused", Happens::Deserted),
    fault("expired certificate", Happens::Certificate { name: "127.0.0.1", until: 2020, own: false }),
    fault("self-signed certificate", Happens::Certificate { name: "127.0.0.1", until: 2100, own: true }),
    fault(
        "certificate for another host",
        Happens::Certificate { name: "elsewhere.example", until: 2100, own: false },
    ),
    answer("connection closed after the request, before or after the server acted", || Step::CloseAfter),
    answer("connection reset after the request, before or after the server acted", || Step::Reset),
    fault("TLS broken after the request, before or after the server acted", Happens::BreaksTls),
    answer("no answer in time", || Step::Stall),
    answer("endless answer", || Step::Drip(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{".into())),
    answer("401", || json(401, r#"{"error": "unknown token"}"#)),
    answer("403", || json(403, r#"{"error": "not yours"}"#)),
    Fault {
        name: "404",
        harms: Harms::AllButLookups,
        happens: Happens::Answer(|| json(404, r#"{"error": "no such thing"}"#)),
    },
    answer("409", || json(409, r#"{"error": "not now"}"#)),
    answer("408", || json(408, "{}")),
    answer("422", || json(422, r#"{"message": "region is unknown"}"#)),
    answer("425", || json(425, "{}")),
    answer("429, Retry-After in seconds", || with_headers(429, &[("retry-after", "1")], "{}")),
    answer("429, Retry-After as a date", || {
        with_headers(429, &[("retry-after", "Wed, 01 Jan 2200 00:00:00 GMT")], "{}")
    }),
    answer("500", || json(500, r#"{"error": "out of luck"}"#)),
    answer("502, HTML", || json(502, "<html><head><title>Bad Gateway</title></head><body>…</body></html>")),
    answer("503", || json(503, "{}")),
    answer("503, answer lost", || json(503, "upstream connect error or disconnect/reset before headers")),
    answer("504", || json(504, "{}")),
    of_another_api("200 with HTML", || {
        json(200, "<html><head><title>Log in</title></head><body>…</body></html>")
    }),
    Fault { name: "200, empty", harms: Harms::Some, happens: Happens::Answer(|| json(200, "")) },
    of_another_api("200 with a list", || json(200, "[1]")),
    answer("200 with truncated JSON", || json(200, r#"{"event_id": "E-"#)),
    of_another_api("200 with 100 MB", || {
        Step::Flood(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n".into())
    }),
    of_another_api("redirect loop", || with_headers(307, &[("location", "?again")], "")),
    of_another_api("redirect to another host", || {
        with_headers(307, &[("location", "https://elsewhere.example/")], "")
    }),
    Fault { name: "compressed answer", harms: Harms::None, happens: Happens::Answer(gzip) },
    Fault { name: "chunked answer", harms: Harms::None, happens: Happens::Answer(chunked) },
];

/// A server with the fault, and how to reach it.
pub(crate) struct Reach {
    pub(crate) url: String,
    pub(crate) ca_path: Option<PathBuf>,
    /// Keeps the server running.
    pub(crate) _server: Box<dyn Any>,
}

impl Fault {
    pub(crate) fn server(&self, decides: Deciding) -> Reach {
        match &self.happens {
            Happens::Deserted => reach(format!("http://{}", deserted_address())),
            // Too long for a name: no name server is asked, which may take its time.
            Happens::NoName => reach(format!("http://{}", "x".repeat(64))),
            Happens::Certificate { name, until, own } => {
                let authority = Authority::new();
                let config = certificate(&authority, name, *until, *own);
                let accept = move |stream| accept_tls(stream, config.clone());
                secure(ScriptedServer::accepting([], accept), authority)
            }
            Happens::Answer(step) => {
                let server = going_wrong(decides, step(), |stream| Some(Box::new(stream)));
                Reach { url: server.url(), ca_path: None, _server: Box::new(server) }
            }
            Happens::BreaksTls => {
                let authority = Authority::new();
                let config = authority.server("127.0.0.1");
                let accept = move |stream| accept_breakable_tls(stream, config.clone());
                secure(going_wrong(decides, Step::SendAndClose(ALERT.into()), accept), authority)
            }
        }
    }
}

fn reach(url: String) -> Reach {
    Reach { url, ca_path: None, _server: Box::new(()) }
}

fn secure(server: ScriptedServer, authority: Authority) -> Reach {
    let url = server.url().replace("http://", "https://");
    Reach { url, ca_path: Some(authority.file("ca.pem")), _server: Box::new((server, authority)) }
}

fn certificate(authority: &Authority, name: &str, until: i32, own: bool) -> Arc<ServerConfig> {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.not_after = date_time_ymd(until, 1, 1);
    if !own {
        return authority.server_with(&params);
    }
    let key = KeyPair::generate().unwrap();
    server_config(rustls::DEFAULT_VERSIONS, &params.self_signed(&key).unwrap(), &key)
}

/// An answer that satisfies every module, in two parts.
const GOOD: [&str; 2] = [r#"{"id": "E-2", "#, r#""state": "FIXED", "status": "recorded", "fixed": true}"#];

fn gzip() -> Step {
    let mut body = GzEncoder::new(Vec::new(), Compression::fast());
    body.write_all(GOOD.concat().as_bytes()).unwrap();
    let body = body.finish().unwrap();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", body.len());
    Step::Send([head.as_bytes(), &body].concat())
}

fn chunked() -> Step {
    let chunks = GOOD.map(|part| format!("{:x}\r\n{part}\r\n", part.len())).concat();
    Step::Send(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n").into())
}
