//! `truenas_iscsi_target`
mod absence;
mod deed;
mod found;
mod presence;
mod step;
mod unit;
mod wanted;

use super::{
    phases::{Housekeeping, Phases, Processing},
    truenas_connection::{TruenasConnection, TruenasFailure, failed},
    truenas_session::SessionShown,
};
use absence::Absence;
use ansible_module::{
    Choices, ErrorKind, Failure, Module, Options, Plan, Results, Return, Secret, SharedResults, Task,
};
use deed::Deed;
use found::Found;
use presence::{Presence, WantedGroup};
use serde_json::{Map, Value, json};
use step::Step;
use truenas_client::Client;
use wanted::{ChapUser, Wanted};

/// Export a zvol of a TrueNAS as an iSCSI unit
///
/// One task for the whole unit: the zvol, the extent, the target, the mapping between them, who may log in, and the service. All of it is
/// found by names. What is there already is adopted, and what is missing is created. If the unit can't be finished, what this task has
/// created is taken back; what can't be taken back is named. With `state: absent` mapping, target, extent and, if asked, the zvol
/// are deleted in that order, unless an initiator is logged in.
///
/// A zvol is never made smaller, and the zvol and block size of an existing extent are never changed.
#[derive(Options)]
#[options(required_if(state = State::Present, all(volume)))]
pub struct IscsiTargetOptions {
    /// Short name of target and extent: a-z, 0-9, dot, dash and colon, at most 64 characters.
    ///
    /// TrueNAS puts its base name before it. A whole IQN is refused, since it would get two base names, and so is an underscore.
    name: String,
    /// The zvol with its pool, such as `tank/benches/r630-01`. Datasets in between are created.
    ///
    /// With `state: absent` it defaults to the one that is exported.
    volume: Option<String>,
    /// Size of the zvol, such as `120G`. An existing zvol grows to it. Required if the zvol does not exist yet.
    #[option(bytes)]
    size: Option<u64>,
    /// Whether a new zvol takes space only as it is written.
    #[option(default = true)]
    sparse: bool,
    /// Size of a block in bytes. A new extent has 512 by default.
    #[option(choices(512, 1024, 2048, 4096))]
    blocksize: Option<u64>,
    /// Logical unit number. By default, the lowest that is free, or the one it has.
    lun: Option<u64>,
    /// An address of TrueNAS at which the target is reached. A portal that listens there is used, else one is created.
    ///
    /// The comment or id of an existing portal is also accepted. By default, the portals of an existing target stay; a new one gets the
    /// portal that listens at all addresses, else the only portal. If there is none, one for all addresses is created.
    portal: Option<String>,
    /// IQNs of the initiators that may log in; an empty list means all. By default, nothing is changed, and all may log in to a new target.
    initiators: Option<Vec<String>>,
    /// The user that initiators log in as. By default, nothing is changed, and a new target needs no login.
    ///
    /// With `state: absent` the user is deleted with the target, unless another target needs it.
    chap: Option<Chap>,
    /// Whether to write the CHAP secret even if the API key may not read it, so that it can't be compared. The task is then always `changed`.
    #[option(default = false)]
    update_secret: bool,
    /// Whether `state: absent` also deletes the zvol, with all that is on it.
    #[option(default = false)]
    delete_volume: bool,
    /// Whether to go on though initiators are logged in, or the target has further units. It can make a running machine lose its disk.
    #[option(default = false)]
    force: bool,
    /// Whether the unit should exist.
    #[option(default = State::Present)]
    state: State,
    #[option(flatten)]
    connection: TruenasConnection,
}

/// How initiators log in.
#[derive(Options)]
struct Chap {
    /// The user's name.
    user: String,
    /// 12 to 16 characters, without #.
    secret: Secret,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum State {
    /// It exists as described, and the iSCSI service runs and starts with TrueNAS.
    Present,
    /// It does not exist.
    Absent,
}

/// What `truenas_iscsi_target` returns.
#[derive(Results, Default)]
pub struct IscsiTargetResults {
    /// The target's whole name, with the base name of this TrueNAS.
    #[result(returned = "when TrueNAS answered", sample = "iqn.2005-10.org.freenas.ctl:r630-01")]
    iqn: Option<String>,
    /// Where the target is reached.
    #[result(returned = "when the target exists", sample = [{ "ip": "192.0.2.10", "port": 3260 }])]
    portals: Option<Vec<PortalShown>>,
    /// The logical unit number.
    #[result(returned = "when the unit exists", sample = 0)]
    lun: Option<u64>,
    /// The zvol.
    #[result(returned = "when the zvol exists", sample = { "name": "tank/benches/r630-01", "size": 128_849_018_880_u64 })]
    volume: Option<VolumeShown>,
    /// The numbers of all parts in the API. They may differ tomorrow: refer to parts by their names.
    #[result(returned = "when a part exists", sample = { "target": 1, "extent": 1, "mapping": 1, "portal": 1 })]
    ids: Option<Map<String, Value>>,
    /// The initiators that are logged in.
    #[result(returned = "when TrueNAS answered", sample = [])]
    sessions: Option<Vec<SessionShown>>,
    #[result(flatten)]
    phases: Phases,
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

/// The module `truenas_iscsi_target`.
pub struct TruenasIscsiTarget {
    client: Client,
    task: Task,
    wanted: Wanted,
    state: State,
    delete_volume: bool,
    /// Whether process ended well, so that housekeep has something to compare.
    is_done: bool,
}

/// What process is handed.
pub struct Change {
    found: Found,
    steps: Vec<Step>,
    groups: Vec<WantedGroup>,
}

impl Module for TruenasIscsiTarget {
    const NAME: &'static str = "truenas_iscsi_target";
    const EXAMPLES: &'static str = include_str!("truenas_iscsi_target.yml");
    type Options = IscsiTargetOptions;
    type Results = IscsiTargetResults;
    type Change = Change;

    fn details() -> Vec<Return> {
        TruenasFailure::returns()
    }

    fn new(options: IscsiTargetOptions, task: &Task) -> Result<Self, Failure> {
        let client = options.connection.client(task)?;
        let chap = options.chap.map(|Chap { user, secret }| ChapUser { user, secret });
        if let Some(chap) = &chap {
            task.conceal(chap.secret.expose());
            client.conceal(chap.secret.expose());
        }
        let wanted = Wanted {
            name: options.name,
            volume: options.volume.map(|volume| volume.trim().to_owned()),
            size: options.size,
            sparse: options.sparse,
            blocksize: options.blocksize,
            lun: options.lun,
            portal: options.portal.map(|portal| portal.trim().to_owned()),
            initiators: options
                .initiators
                .map(|names| names.into_iter().filter(|name| name != "ALL").collect()),
            chap,
            update_secret: options.update_secret,
            force: options.force,
        };
        wanted.check()?;
        Ok(TruenasIscsiTarget {
            client,
            task: task.clone(),
            wanted,
            state: options.state,
            delete_volume: options.delete_volume,
            is_done: false,
        })
    }

    fn discover(&mut self, results: &SharedResults<IscsiTargetResults>) -> Result<Plan<Change>, Failure> {
        let found = self.find(results)?;
        results.update(|r| r.phases.discovery = Some(found.described()));
        let Presence { steps, groups, notes } = self.plan(&found)?;
        notes.iter().for_each(|note| self.task.warn(note));
        let planned: Vec<_> = steps.iter().map(Step::to_string).collect();
        let before = found.described();
        let after = self.described(&found);
        results.update(|r| {
            let actions = if self.task.check_mode() { planned } else { vec![] };
            r.phases.processing = Some(Processing { actions, made: None });
        });
        if steps.is_empty() {
            results
                .update(|r| r.phases.housekeeping = Some(Housekeeping { verified: true, warnings: notes }));
            return Ok(Plan::Nothing);
        }
        Ok(Plan::Change { what: Change { found, steps, groups }, before: before.into(), after })
    }

    fn process(
        &mut self,
        change: Change,
        results: &SharedResults<IscsiTargetResults>,
    ) -> Result<(), Failure> {
        let Change { found, steps, groups } = change;
        let _hook = self.task.on_interrupt(|| {
            "What was made until now stays. Run the task again to go on, or with `state: absent` to remove it.".into()
        });
        let mut deed = Deed::new(&self.client, &self.task, &self.wanted, &found, &groups);
        let outcome = match self.state {
            State::Present => deed.take_all(&steps),
            // Somebody may have logged in since.
            State::Absent => {
                deed.check_sessions().map_err(Failure::unchanged).and_then(|()| deed.take_all(&steps))
            }
        };
        results.update(|r| r.phases.processing = Some(Processing { actions: deed.done, made: None }));
        self.is_done = outcome.is_ok();
        outcome
    }

    fn housekeep(&mut self, results: &SharedResults<IscsiTargetResults>) -> Result<(), Failure> {
        if !self.is_done {
            return Ok(());
        }
        let found = self.find(results)?;
        let left = self.plan(&found)?;
        // A secret that can't be read is written each time.
        let is_settled = |step: &Step| matches!(step, Step::ChangeSecret { .. } if self.wanted.update_secret);
        let open: Vec<_> = left.steps.iter().filter(|step| !is_settled(step)).map(Step::to_string).collect();
        let verified = open.is_empty();
        results.update(|r| {
            r.phases.housekeeping = Some(Housekeeping { verified, warnings: left.notes });
        });
        if verified {
            return Ok(());
        }
        let msg = format!(
            "TrueNAS accepted all steps, but these are still to do: {}. Check whether somebody else changes it at the same time, then run the task again.",
            open.join("; ")
        );
        Err(Failure::new(ErrorKind::Conflict, msg))
    }
}

impl TruenasIscsiTarget {
    /// Reads all there is, and tells the results.
    fn find(&self, results: &SharedResults<IscsiTargetResults>) -> Result<Found, Failure> {
        let found = Found::read(&self.client, &self.wanted).map_err(|error| failed(&error))?;
        results.update(|r| r.show(&found));
        Ok(found)
    }

    fn plan(&self, found: &Found) -> Result<Presence, Failure> {
        match self.state {
            State::Present => presence::plan(&self.wanted, found),
            State::Absent => {
                let Absence { steps, notes } = absence::plan(&self.wanted, found, self.delete_volume)?;
                Ok(Presence { steps, notes, groups: vec![] })
            }
        }
    }

    /// As it is to be, for the difference.
    fn described(&self, found: &Found) -> Value {
        let mut after = found.described();
        let wanted = &self.wanted;
        if self.state == State::Absent {
            let gone: &[&str] = if self.delete_volume {
                &["volume", "extent", "target", "groups", "lun"]
            } else {
                &["extent", "target", "groups", "lun"]
            };
            gone.iter().for_each(|name| drop(after.insert((*name).into(), Value::Null)));
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
        if let Some(lun) = wanted.lun {
            after.insert("lun".into(), lun.into());
        }
        let chap = wanted.chap.as_ref().map(|chap| &chap.user);
        let asked = json!({ "portal": wanted.portal, "initiators": wanted.initiators, "chap_user": chap });
        after.insert("asked".into(), asked);
        after.insert("service".into(), json!({ "state": "RUNNING", "enabled": true }));
        after.into()
    }
}

impl IscsiTargetResults {
    fn show(&mut self, found: &Found) {
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
