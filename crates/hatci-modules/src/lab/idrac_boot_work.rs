//! What `idrac_boot` is asked for, where it stands, and what is to be done about it.
use super::idrac_boot_state::{Standing, WantedBios, WantedOrder};
use super::idrac_next_boot::WantedNext;
use ansible_module::Choices;
use redfish_client::NextBoot;
use serde_json::{Value, json};

/// The warning if the boot order has to wait for a restart.
pub(crate) const ORDER_IS_BEHIND: &str = "The boot order was not sent yet, because the iDRAC takes one change of the BIOS at a time. Run the task again after a restart.";

/// What is asked for, and where it stands.
pub struct BootWork {
    pub(crate) order: Option<WantedOrder>,
    pub(crate) bios: Option<WantedBios>,
    pub(crate) next: Option<WantedNext>,
    /// Whether the server is to be restarted.
    pub(crate) restarts: bool,
}

impl BootWork {
    /// Where the settings stand that jobs apply.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        let order = self.order.as_ref().map(|it| it.standing.clone());
        self.bios.as_ref().map(|it| it.standing.clone()).into_iter().chain(order).collect()
    }

    /// Whether something waits for a restart.
    pub(crate) fn waits(&self) -> bool {
        let waits = |it: &Standing| matches!(it, Standing::Pending(_) | Standing::Behind(_));
        self.standings().iter().any(waits)
    }

    /// Whether the boot order can only be sent after a restart.
    pub(crate) fn is_order_behind(&self) -> bool {
        self.order.as_ref().is_some_and(|it| matches!(it.standing, Standing::Behind(_)))
    }

    /// The jobs that wait.
    pub(crate) fn jobs(&self) -> Vec<String> {
        let job = |standing| match standing {
            Standing::Pending(job) => Some(job),
            _ => None,
        };
        self.standings().into_iter().filter_map(job).collect()
    }

    /// What is to be done, in words.
    pub(crate) fn steps(&self) -> Vec<String> {
        let is_absent = |standing: Option<&Standing>| match standing {
            Some(Standing::Absent) => true,
            Some(Standing::Behind(_)) => self.restarts,
            _ => false,
        };
        [
            (is_absent(self.bios.as_ref().map(|it| &it.standing)), "change the BIOS settings"),
            (is_absent(self.order.as_ref().map(|it| &it.standing)), "change the boot order"),
            (self.next.as_ref().is_some_and(WantedNext::is_due), "set the one-time boot"),
            (self.restarts, "restart the server"),
        ]
        .into_iter()
        .filter(|(is_due, _)| *is_due)
        .map(|(_, what)| what.to_owned())
        .collect()
    }

    /// As it is, and as it will be.
    pub(crate) fn difference(&self, power: &str) -> (Value, Value) {
        let (mut before, mut after) =
            (json!({ "power": power }), json!({ "power": if self.restarts { "On" } else { power } }));
        if let Some(order) = self.order.as_ref().filter(|it| it.is_shown) {
            before["order"] = order.found.ids().into();
            after["order"] = order.ids.clone().into();
        }
        if let Some(bios) = &self.bios {
            before["bios"] = bios.current().into();
            after["bios"] = bios.values.clone().into();
        }
        if let Some(next) = &self.next {
            before["next"] = next.now.shown().into();
            after["next"] = next.wanted.word().into();
        }
        (before, after)
    }
}

/// What to boot from at the next start only.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum Once {
    /// As the boot order says; clears what was set.
    None,
    /// The network.
    Pxe,
    /// The virtual CD.
    VirtualCd,
    /// The first hard disk.
    Hdd,
    /// The setup of the BIOS.
    BiosSetup,
    /// HTTP, as set up in the BIOS. Not on an iDRAC8.
    UefiHttp,
}

impl Once {
    /// The same for the client.
    pub(crate) fn next(self) -> NextBoot {
        match self {
            Self::None => NextBoot::Normal,
            Self::Pxe => NextBoot::Pxe,
            Self::VirtualCd => NextBoot::VirtualCd,
            Self::Hdd => NextBoot::Hdd,
            Self::BiosSetup => NextBoot::BiosSetup,
            Self::UefiHttp => NextBoot::UefiHttp,
        }
    }
}
