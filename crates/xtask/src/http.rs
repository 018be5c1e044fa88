//! HTTP with our own servers on this machine, over a plain socket for the least overhead.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::error::{Error, Result};

/// Sends a call such as `GET /path` to the server at `url` (`http://HOST:PORT`), and returns its JSON.
pub(crate) fn exchange(url: &str, call: &str, token: &str, body: &str) -> Result<Value> {
    let host = url.trim_start_matches("http://");
    let mut connection = TcpStream::connect(host)?;
    write!(
        connection,
        "{call} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let json = answer.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok());
    json.ok_or_else(|| Error::Tree(format!("{call} at {url} was answered with {answer:?}")))
}
