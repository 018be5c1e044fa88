//! The clients' kinds of errors as those of a task.
use ansible_module::ErrorKind;
use hatci_client::Kind;

/// Of an exchange with SUMS or ARA.
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
        Kind::Internal => ErrorKind::Internal,
    }
}
