//! One change at TrueNAS, in the words of a plan.
use std::fmt;
use truenas_client::Mapping;

/// What is to be done; in the order of the variants, first what a unit is made of, then what ends with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    CreateVolume {
        name: String,
        size: u64,
    },
    GrowVolume {
        name: String,
        from: u64,
        to: u64,
    },
    CreatePortal {
        address: String,
    },
    CreateInitiator,
    CreateAuth {
        tag: u64,
        user: String,
    },
    ChangeSecret {
        id: u64,
        user: String,
    },
    CreateTarget {
        name: String,
    },
    /// Portals, initiators or the login of a target.
    Regroup {
        id: u64,
        name: String,
    },
    CreateExtent {
        name: String,
        volume: String,
    },
    EnableExtent {
        id: u64,
        name: String,
    },
    Map {
        lun: Option<u64>,
    },
    Renumber {
        mapping: Mapping,
        lun: u64,
    },
    EnableService,
    StartService,
    Unmap {
        id: u64,
        lun: u64,
    },
    DeleteTarget {
        id: u64,
        name: String,
    },
    DeleteExtent {
        id: u64,
        name: String,
    },
    DeleteInitiator {
        id: u64,
    },
    DeleteAuth {
        id: u64,
        user: String,
    },
    DeletePortal {
        id: u64,
    },
    DeleteVolume {
        name: String,
    },
}

impl Step {
    /// Whether an initiator that is logged in may lose its disk by it.
    pub(super) fn disturbs(&self) -> bool {
        matches!(
            self,
            Self::Regroup { .. }
                | Self::Renumber { .. }
                | Self::Unmap { .. }
                | Self::DeleteTarget { .. }
                | Self::DeleteExtent { .. }
        )
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateVolume { name, size } => write!(f, "create zvol {name} of {size} bytes"),
            Self::GrowVolume { name, from, to } => write!(f, "grow zvol {name} from {from} to {to} bytes"),
            Self::CreatePortal { address } => write!(f, "create a portal at {address}"),
            Self::CreateInitiator => write!(f, "create a group of initiators"),
            Self::CreateAuth { tag, user } => write!(f, "create CHAP user {user} with tag {tag}"),
            Self::ChangeSecret { user, .. } => write!(f, "change the secret of CHAP user {user}"),
            Self::CreateTarget { name } => write!(f, "create target {name}"),
            Self::Regroup { name, .. } => write!(f, "change portals, initiators or login of target {name}"),
            Self::CreateExtent { name, volume } => write!(f, "create extent {name} of zvol {volume}"),
            Self::EnableExtent { name, .. } => write!(f, "enable extent {name}"),
            Self::Map { lun: None } => write!(f, "map the extent to the lowest free LUN"),
            Self::Map { lun: Some(lun) } => write!(f, "map the extent to LUN {lun}"),
            Self::Renumber { mapping, lun } => write!(f, "change LUN {} to {lun}", mapping.lun),
            Self::EnableService => write!(f, "have the iSCSI service start with TrueNAS"),
            Self::StartService => write!(f, "start the iSCSI service"),
            Self::Unmap { lun, .. } => write!(f, "delete the mapping of LUN {lun}"),
            Self::DeleteTarget { name, .. } => write!(f, "delete target {name}"),
            Self::DeleteExtent { name, .. } => write!(f, "delete extent {name}"),
            Self::DeleteInitiator { .. } => write!(f, "delete the group of initiators"),
            Self::DeleteAuth { user, .. } => write!(f, "delete CHAP user {user}"),
            Self::DeletePortal { .. } => write!(f, "delete the portal"),
            Self::DeleteVolume { name } => write!(f, "delete zvol {name}"),
        }
    }
}
