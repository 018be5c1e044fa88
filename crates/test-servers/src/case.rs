//! One cell of the table: what a server shows, what we were given, and what is to come of it.
use std::path::PathBuf;

/// What is to come of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It is made.
    Accepted,
    /// It is refused, and the message says this.
    Refused(&'static str),
}

/// One cell.
#[derive(Clone, Debug)]
pub struct Case {
    /// The heading that it stands under.
    pub section: &'static str,
    /// What is special.
    pub name: String,
    /// The name that the server is reached under: `localhost` or `127.0.0.1`.
    pub host: &'static str,
    /// What the server shows, its own certificate first.
    pub chain: PathBuf,
    /// The server's key.
    pub key: PathBuf,
    /// The server speaks TLS 1.2 at most.
    pub tls12: bool,
    /// The CA file.
    pub ca: PathBuf,
    /// Our certificate and key, for a server that wants one signed by `members`.
    pub client: Option<(PathBuf, PathBuf)>,
    /// The CA of the client certificates.
    pub members: Option<PathBuf>,
    /// What we do.
    pub ours: Expected,
    /// What Python does.
    pub python: bool,
}
