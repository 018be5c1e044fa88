//! What `truenas_iscsi_target` returns, and shows as a difference.
use super::{
    found::Found,
    presence::{Part, WantedGroup},
    wanted::{MOST_LUN, Wanted},
};
use crate::lab::{phases::Phases, truenas_session::SessionShown};
use ansible_module::Results;
use serde_json::{Map, Value, json};

/// What `truenas_iscsi_target` returns.
#[derive(Results, Default)]
pub struct IscsiTargetResults {
    /// The target's full name, with the base name of this TrueNAS.
    #[result(returned = "when TrueNAS answered", sample = "iqn.2005-10.org.freenas.ctl:r630-01")]
    iqn: Option<String>,
    /// Where the target can be reached. In check mode, where it will be.
    #[result(returned = "when the target exists, and in check mode", sample = [{ "ip": "192.0.2.10", "port": 3260 }])]
    portals: Option<Vec<PortalShown>>,
    /// The logical unit number. In check mode, the one it will have.
    #[result(returned = "when the unit exists, and in check mode", sample = 0)]
    lun: Option<u64>,
    /// The zvol. In check mode, as it will be.
    #[result(returned = "when the zvol exists, and in check mode", sample = { "name": "tank/benches/r630-01", "size": 128_849_018_880_u64 })]
    volume: Option<VolumeShown>,
    /// The numbers of all parts in the API. They may change: refer to parts by their names.
    #[result(returned = "when a part exists", sample = { "target": 1, "extent": 1, "mapping": 1, "portal": 1 })]
    ids: Option<Map<String, Value>>,
    /// The initiators that are logged in.
    #[result(returned = "when TrueNAS answered", sample = [])]
    sessions: Option<Vec<SessionShown>>,
    #[result(flatten)]
    pub(super) phases: Phases,
}

/// An address.
#[derive(Results, Default)]
struct PortalShown {
    /// `0.0.0.0` stands for all addresses of TrueNAS.
    ip: String,
    /// The port.
    port: u64,
}

/// A zvol.
#[derive(Results, Default)]
struct VolumeShown {
    /// With its pool.
    name: String,
    /// In bytes.
    size: u64,
}

impl IscsiTargetResults {
    /// Takes over what was found.
    pub(super) fn show(&mut self, found: &Found) {
        let target = found.target();
        let mapping =
            found.mapping().filter(|mapping| Some(mapping.target) == target.map(|target| target.id));
        let group = found.groups().first();
        let ids: Map<String, Value> = [
            ("target", target.map(|target| target.id)),
            ("extent", found.extent().map(|extent| extent.id)),
            ("mapping", mapping.map(|mapping| mapping.id)),
            ("portal", group.map(|group| group.portal)),
            ("initiator", group.and_then(|group| group.initiator)),
            ("auth", group.and_then(|group| group.auth)),
        ]
        .into_iter()
        .filter_map(|(name, id)| Some((name.to_owned(), id?.into())))
        .collect();
        let of_group = |id: u64| found.portals.iter().filter(move |portal| portal.id == id);
        let listens =
            found.groups().iter().flat_map(|group| of_group(group.portal)).flat_map(|it| &it.listen);
        let port = found.global.port.unwrap_or(3260);
        let portals: Vec<_> =
            listens.map(|(ip, own)| PortalShown { ip: ip.clone(), port: own.unwrap_or(port) }).collect();
        self.iqn = Some(found.iqn());
        self.portals = target.map(|_| portals);
        self.lun = mapping.map(|mapping| mapping.lun);
        self.volume = found.volume.as_ref().map(|it| VolumeShown { name: it.name.clone(), size: it.size });
        self.ids = Some(ids).filter(|ids| !ids.is_empty());
        self.sessions = Some(found.sessions.iter().cloned().map(SessionShown::of).collect());
    }
}

impl IscsiTargetResults {
    /// Takes over what will be there, for check mode.
    pub(super) fn predict(&mut self, wanted: &Wanted, found: &Found, groups: &[WantedGroup]) {
        let port = found.global.port.unwrap_or(3260);
        let shown = |ip: &str| PortalShown { ip: ip.to_owned(), port };
        let portals = groups.iter().flat_map(|group| addresses(wanted, found, *group));
        self.portals = Some(portals.map(shown).collect());
        self.lun = Some(lun_to_be(wanted, found));
        let size = wanted.size.or(found.volume.as_ref().map(|volume| volume.size));
        let named = wanted.volume.clone().zip(size);
        self.volume = named.map(|(name, size)| VolumeShown { name, size });
    }
}

/// The number that the unit has, or gets.
fn lun_to_be(wanted: &Wanted, found: &Found) -> u64 {
    let taken: Vec<_> = found.mapped().iter().map(|mapping| mapping.lun).collect();
    let lowest = || (0..=MOST_LUN).find(|lun| !taken.contains(lun)).unwrap_or_default();
    wanted.lun.or(found.mapping().map(|mapping| mapping.lun)).unwrap_or_else(lowest)
}

fn addresses<'a>(wanted: &'a Wanted, found: &'a Found, group: WantedGroup) -> Vec<&'a str> {
    match group.portal {
        Part::Is(id) => found.listens(id),
        Part::New => vec![wanted.portal.as_deref().unwrap_or("0.0.0.0")],
    }
}

/// What a task is to reach.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Goal {
    There,
    Gone,
    GoneWithVolume,
}

/// The unit as it is to be, for the difference.
pub(super) fn described(wanted: &Wanted, found: &Found, groups: &[WantedGroup], goal: Goal) -> Value {
    let mut after = found.described();
    if goal != Goal::There {
        for name in ["extent", "target", "groups", "lun"] {
            after.insert(name.into(), Value::Null);
        }
        if goal == Goal::GoneWithVolume {
            after.insert("volume".into(), Value::Null);
        }
        return after.into();
    }
    let size = wanted.size.or(found.volume.as_ref().map(|volume| volume.size));
    after.insert("volume".into(), json!({ "name": wanted.volume, "size": size }));
    let blocksize = wanted.blocksize.or(found.extent().map(|extent| extent.blocksize)).unwrap_or(512);
    let extent = found.extent().map_or(&wanted.name, |extent| &extent.name);
    after.insert(
        "extent".into(),
        json!({ "name": extent, "volume": wanted.volume, "blocksize": blocksize, "enabled": true }),
    );
    after.insert("target".into(), wanted.name.clone().into());
    after.insert("lun".into(), lun_to_be(wanted, found).into());
    let groups: Value = groups.iter().map(|group| shown_group(wanted, found, *group)).collect();
    after.insert("groups".into(), groups);
    after.insert("service".into(), json!({ "state": "RUNNING", "enabled": true }));
    after.into()
}

/// As [`Found::described`] shows those that are there.
fn shown_group(wanted: &Wanted, found: &Found, group: WantedGroup) -> Value {
    let portal = addresses(wanted, found, group);
    let initiators = match group.initiator {
        Some(Part::Is(id)) => found.initiators.iter().find(|it| it.id == id).map(|it| &it.names),
        Some(Part::New) => wanted.initiators.as_ref(),
        None => None,
    };
    let chap_user = match group.auth {
        Some(Part::Is(tag)) => found.auths.iter().find(|auth| auth.tag == tag).map(|auth| &auth.user),
        Some(Part::New) => wanted.chap.as_ref().map(|chap| &chap.user),
        None => None,
    };
    json!({ "portal": portal, "initiators": initiators, "chap_user": chap_user })
}
