//! What an error means for whoever must decide what to do.
use crate::{Error, Kind};

impl Error {
    /// The error's class.
    pub fn kind(&self) -> Kind {
        match self {
            Error::TokenExpired { .. } | Error::Refused { .. } => Kind::Auth,
            Error::ConfigUnreadable { .. }
            | Error::ConfigInvalid { .. }
            | Error::NoConfig
            | Error::Address { .. }
            | Error::Duration { .. }
            | Error::ExporterConfig { .. }
            | Error::ExporterName { .. }
            | Error::Command { .. }
            | Error::Invalid { .. } => Kind::Invalid,
            Error::NotFound { .. } | Error::NoSuchBench { .. } => Kind::NotFound,
            Error::NotOwner { .. }
            | Error::NameTaken { .. }
            | Error::Differs { .. }
            | Error::KeptElsewhere { .. } => Kind::Conflict,
            Error::Unreachable { .. } | Error::Server { .. } => Kind::Unavailable,
            Error::Timeout { .. } | Error::WaitTimeout { .. } | Error::CommandTimeout { .. } => Kind::Timeout,
            Error::Tls { .. } => Kind::Tls,
            Error::Protocol { .. } | Error::TooMany { .. } => Kind::Protocol,
            Error::UnknownOutcome { .. } => Kind::UnknownOutcome,
            Error::NotGivenBack { cause, .. } => cause.kind(),
            Error::Abandoned { .. } => Kind::Interrupted,
            Error::Ended { .. }
            | Error::System { .. }
            | Error::Unsure { .. }
            | Error::Keepalive { .. }
            | Error::Program { .. }
            | Error::NoDevice { .. }
            | Error::ShellKilled { .. }
            | Error::Shell { .. } => Kind::Failed,
        }
    }

    /// Whether the same request may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Error::Unreachable { .. } | Error::Timeout { .. } | Error::Server { may_pass: true, .. }
        )
    }

    /// Whether a configuration that was changed meanwhile may help: another token, certificate or address.
    pub(crate) fn may_be_of_an_old_config(&self) -> bool {
        matches!(
            self,
            Error::TokenExpired { .. }
                | Error::Refused { .. }
                | Error::Tls { .. }
                | Error::Unreachable { sent: false, .. }
        )
    }

    /// Whether what was asked for may have been done all the same.
    pub(crate) fn leaves_doubt(&self) -> bool {
        matches!(
            self,
            Error::Unreachable { sent: true, .. }
                | Error::Timeout { sent: true, .. }
                | Error::Server { may_pass: true, .. }
        )
    }
}
