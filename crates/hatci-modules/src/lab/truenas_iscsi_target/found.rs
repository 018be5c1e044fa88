//! What TrueNAS has of a unit, found by names: ids differ from machine to machine.
use super::wanted::Wanted;
use serde_json::{Map, Value, json};
use truenas_client::{
    Auth, Client, Error, Extent, Global, Group, Initiator, Mapping, Pool, Portal, Service, Session, Target,
    Volume,
};

/// All that a task looks at.
pub(super) struct Found {
    pub(super) global: Global,
    pub(super) pools: Vec<Pool>,
    pub(super) portals: Vec<Portal>,
    pub(super) initiators: Vec<Initiator>,
    pub(super) auths: Vec<Auth>,
    pub(super) targets: Vec<Target>,
    pub(super) extents: Vec<Extent>,
    pub(super) mappings: Vec<Mapping>,
    pub(super) volume: Option<Volume>,
    pub(super) service: Service,
    /// At this unit's target.
    pub(super) sessions: Vec<Session>,
    name: String,
    volume_name: Option<String>,
}

impl Found {
    /// Asks the server.
    pub(super) fn read(client: &Client, wanted: &Wanted) -> Result<Self, Error> {
        let global = client.iscsi_global()?;
        let iqn = iqn(&global, &wanted.name);
        let mut found = Self {
            pools: client.pools()?,
            portals: client.portals()?,
            initiators: client.initiators()?,
            auths: client.auths()?,
            targets: client.targets()?,
            extents: client.extents()?,
            mappings: client.mappings()?,
            volume: None,
            service: client.iscsi_service()?,
            sessions: client.sessions()?.into_iter().filter(|session| session.target == iqn).collect(),
            name: wanted.name.clone(),
            volume_name: wanted.volume.clone(),
            global,
        };
        // Without its name, the zvol of a unit is the one that its extent exports.
        if found.volume_name.is_none() {
            found.volume_name = found.extent().and_then(|extent| extent.volume.clone());
        }
        if let Some(name) = &found.volume_name {
            found.volume = client.volume(name)?;
        }
        // A key's user may be allowed to read them; here nobody is to see them.
        for secret in found.auths.iter().filter_map(|auth| auth.secret.as_ref()) {
            client.conceal(secret.expose());
        }
        Ok(found)
    }

    pub(super) fn iqn(&self) -> String {
        iqn(&self.global, &self.name)
    }

    pub(super) fn target(&self) -> Option<&Target> {
        self.targets.iter().find(|target| target.name == self.name)
    }

    /// By its zvol, which only one extent can export, else by its name, else the only one of the target.
    pub(super) fn extent(&self) -> Option<&Extent> {
        let by_volume = self
            .extents
            .iter()
            .find(|extent| self.volume_name.is_some() && extent.volume == self.volume_name);
        let by_name = || self.extents.iter().find(|extent| extent.name == self.name);
        by_volume.or_else(by_name).or_else(|| match self.mapped()[..] {
            [only] if self.volume_name.is_none() => {
                self.extents.iter().find(|extent| extent.id == only.extent)
            }
            _ => None,
        })
    }

    /// The units of the target.
    pub(super) fn mapped(&self) -> Vec<&Mapping> {
        let id = self.target().map(|target| target.id);
        self.mappings.iter().filter(|mapping| Some(mapping.target) == id).collect()
    }

    /// Where the unit's extent is mapped, whatever target that is.
    pub(super) fn mapping(&self) -> Option<&Mapping> {
        let id = self.extent()?.id;
        self.mappings.iter().find(|mapping| mapping.extent == id)
    }

    /// Groups of other targets.
    pub(super) fn others(&self) -> impl Iterator<Item = &Group> {
        self.targets.iter().filter(|target| target.name != self.name).flat_map(|target| &target.groups)
    }

    /// Whether anything but this target needs the users of a tag: another target, or the discovery of all targets.
    pub(super) fn is_auth_needed_by_others(&self, tag: u64) -> bool {
        self.others().any(|group| group.auth == Some(tag)) || self.is_for_discovery(tag)
    }

    /// Whether initiators discover targets with the users of a tag.
    pub(super) fn is_for_discovery(&self, tag: u64) -> bool {
        self.auths.iter().any(|auth| auth.tag == tag && auth.is_for_discovery)
            || self.portals.iter().any(|portal| portal.discovery_auth == Some(tag))
    }

    pub(super) fn groups(&self) -> &[Group] {
        self.target().map_or(&[], |target| &target.groups)
    }

    /// The addresses of a portal.
    pub(super) fn listens(&self, portal: u64) -> Vec<&str> {
        let of_it = self.portals.iter().filter(|it| it.id == portal).flat_map(|it| &it.listen);
        of_it.map(|(ip, _)| ip.as_str()).collect()
    }

    pub(super) fn volume_name(&self) -> Option<&str> {
        self.volume_name.as_deref()
    }

    /// The initiators that are logged in.
    pub(super) fn logged_in(&self) -> Vec<String> {
        let mut names: Vec<_> = self.sessions.iter().map(|session| session.initiator.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// For the results and the difference; without any secret.
    pub(super) fn described(&self) -> Map<String, Value> {
        let of_group = |group: &Group| {
            let initiator = self.initiators.iter().find(|it| Some(it.id) == group.initiator);
            let auth = self.auths.iter().find(|auth| Some(auth.tag) == group.auth);
            json!({
                "portal": self.listens(group.portal),
                "initiators": initiator.map(|it| &it.names),
                "chap_user": auth.map(|auth| &auth.user),
            })
        };
        let volume = self.volume.as_ref().map(|it| json!({ "name": it.name, "size": it.size }));
        let extent = self.extent().map(|it| json!({ "name": it.name, "volume": it.volume, "blocksize": it.blocksize, "enabled": it.enabled }));
        let here = self.target().map(|target| target.id);
        let mapping = self.mapping().filter(|mapping| Some(mapping.target) == here);
        let groups = self.target().map(|target| target.groups.iter().map(of_group).collect::<Vec<_>>());
        let all = json!({
            "volume": volume,
            "extent": extent,
            "target": self.target().map(|it| &it.name),
            "groups": groups,
            "lun": mapping.map(|it| it.lun),
            "service": { "state": self.service.state, "enabled": self.service.enabled },
        });
        match all {
            Value::Object(all) => all,
            _ => Map::new(),
        }
    }
}

fn iqn(global: &Global, name: &str) -> String {
    format!("{}:{name}", global.basename)
}
