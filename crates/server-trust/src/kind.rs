//! The stable classes of failure that all clients share.

/// Of what sort a failure is, for whoever must decide what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The other side (or the proxy) does not accept the credentials, or not for this.
    Auth,
    /// What was asked for is not there.
    NotFound,
    /// It does not fit what is there.
    Conflict,
    /// A value is wrong, here or in the other side's eyes.
    Invalid,
    /// The server wants fewer requests.
    RateLimited,
    /// The other side, or the way to it, does not work at the moment.
    Unavailable,
    /// It took too long.
    Timeout,
    /// No trust between us and the server.
    Tls,
    /// The answer is not what this API answers.
    Protocol,
    /// A change may or may not have been made.
    UnknownOutcome,
    /// Nobody waits for the answer any more.
    Interrupted,
    /// The operation failed, or a program did.
    Failed,
    /// A fault of this program.
    Internal,
}
