//! The one-time boot that `idrac_boot` is asked for, and where it stands.
use super::idrac_connection::failed;
use ansible_module::Failure;
use redfish_client::{Client, NextBoot, NextBootState};

/// What the next boot is to be, and what it is set to now.
pub(crate) struct WantedNext {
    pub(crate) wanted: NextBoot,
    pub(crate) now: NextBootState,
}

impl WantedNext {
    /// Reads what it is set to. Fails if the server can't boot from what is asked for.
    pub(crate) fn read(client: &Client, wanted: NextBoot) -> Result<Self, Failure> {
        client.check_next_boot(wanted).map_err(|e| failed(&e))?;
        let now = client.next_boot().map_err(|e| failed(&e))?;
        Ok(Self { wanted, now })
    }

    /// Whether it is set so. None if the iDRAC doesn't show it.
    pub(crate) fn is_set(&self) -> Option<bool> {
        self.now.is(self.wanted)
    }

    /// Whether it is to be set, which does no harm if it is set already.
    pub(crate) fn is_due(&self) -> bool {
        self.is_set() != Some(true)
    }

    /// Whether a start uses it up.
    pub(crate) fn is_used_up(&self) -> bool {
        self.wanted != NextBoot::Normal
    }

    /// What can't be known.
    pub(crate) fn doubt(&self) -> Option<String> {
        let what = match self.wanted {
            NextBoot::Normal => "a one-time boot is still set".to_owned(),
            wanted => format!("the next boot is from {}", wanted.word()),
        };
        self.is_set()
            .is_none()
            .then(|| format!("The iDRAC does not show its own one-time boot device, so it is unknown whether {what}. Check its web page, under Next Boot."))
    }
}
