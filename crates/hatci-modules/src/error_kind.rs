//! The clients' kinds of errors as those of a task.
use ansible_module::ErrorKind;
use hatci_client::Kind;

/// The same for SUMS, ARA and Jumpstarter.
pub(crate) fn error_kind(kind: Kind) -> ErrorKind {
    match kind {
        Kind::Auth => ErrorKind::Auth,
        Kind::NotFound => ErrorKind::NotFound,
        Kind::Conflict => ErrorKind::Conflict,
        Kind::Invalid => ErrorKind::Invalid,
        Kind::RateLimited => ErrorKind::RateLimited,
        Kind::Unavailable => ErrorKind::Unavailable,
        Kind::Timeout => ErrorKind::Timeout,
        Kind::Tls => ErrorKind::Tls,
        Kind::Protocol => ErrorKind::Protocol,
        Kind::UnknownOutcome => ErrorKind::UnknownOutcome,
        Kind::Interrupted => ErrorKind::Interrupted,
        Kind::Failed => ErrorKind::Failed,
        Kind::Internal => ErrorKind::Internal,
    }
}
