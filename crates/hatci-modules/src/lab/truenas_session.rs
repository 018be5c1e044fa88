//! An initiator that is logged in, as the TrueNAS modules return it.
use ansible_module::Results;
use truenas_client::Session;

/// A session.
#[derive(Results, Default)]
pub(crate) struct SessionShown {
    /// The initiator's IQN.
    initiator: String,
    /// Where it comes from.
    address: String,
    /// The target's IQN.
    target: String,
}

impl SessionShown {
    pub(crate) fn of(session: Session) -> Self {
        let Session { initiator, address, target } = session;
        Self { initiator, address, target }
    }
}
