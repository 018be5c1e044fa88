//! One row of the TLS table: what a server shows, which files the client has, and the expected result.
use std::path::PathBuf;

/// The expected result of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It succeeds.
    Accepted,
    /// It fails, and the message contains this.
    Refused(&'static str),
}

/// One row.
#[derive(Clone, Debug)]
pub struct Case {
    /// The heading of its section.
    pub section: &'static str,
    /// What is special about it.
    pub name: String,
    /// The host name used for the server: `localhost` or `127.0.0.1`.
    pub host: &'static str,
    /// The server's chain, its own certificate first.
    pub chain: PathBuf,
    /// The server's key.
    pub key: PathBuf,
    /// Whether the server supports TLS 1.2 at most.
    pub tls12: bool,
    /// The CA file.
    pub ca: PathBuf,
    /// The client's certificate and key, for a server that requires one signed by `members`.
    pub client: Option<(PathBuf, PathBuf)>,
    /// The CA of the client certificates.
    pub members: Option<PathBuf>,
    /// The expected result with our code.
    pub ours: Expected,
    /// Whether Python accepts it.
    pub python: bool,
}
