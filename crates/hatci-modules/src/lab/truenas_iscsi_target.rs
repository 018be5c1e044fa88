//! `truenas_iscsi_target`
mod absence;
mod conflict;
mod deed;
mod found;
mod presence;
mod shown;
mod step;
mod unit;
mod wanted;
mod zvol;

use super::{
    phases::{Housekeeping, Processing},
    truenas_connection::{TruenasConnection, TruenasFailure, failed},
};
use absence::Absence;
use ansible_module::{
    Choices, ErrorKind, Failure, Module, Options, Plan, Results, Return, Secret, SharedResults, Task,
};
use deed::Deed;
use found::Found;
use presence::{Presence, WantedGroup};
use shown::Goal;
use shown::IscsiTargetResults;
use step::Step;
use truenas_client::Client;
use wanted::{ChapUser, Wanted};

/// Export a zvol of a TrueNAS as an iSCSI unit
///
/// One task for the whole unit: the zvol, the extent, the target, the mapping between them, who may log in, and the service. Everything
/// is found by name. What already exists is adopted, and what is missing is created. If the unit can't be completed, what this task has
/// created is removed; what can't be removed is named. With `state: absent`, the mapping, target, extent and, if requested, the zvol are
/// deleted in that order, unless an initiator is logged in.
///
/// A zvol is never made smaller, and the zvol and block size of an existing extent are never changed.
#[derive(Options)]
#[options(required_if(state = State::Present, all(volume)))]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
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
    /// Logical unit number. By default, the one it has, or the lowest free one.
    lun: Option<u64>,
    /// An address of TrueNAS at which the target is reached. A portal that listens there is used; otherwise one is created.
    ///
    /// The comment or id of an existing portal is also accepted. By default, the portals of an existing target stay; a new one gets the
    /// portal that listens on all addresses, else the only portal. If there is none, one for all addresses is created.
    portal: Option<String>,
    /// IQNs of the initiators that may log in; an empty list means all. By default, nothing is changed, and all may log in to a new target.
    ///
    /// While an initiator is logged in, this option, `portal`, `chap` and `lun` of an existing target are changed only with `force`.
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
    /// Whether to continue even if initiators are logged in, or the target has further units. This can make a running machine lose its
    /// disk.
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
        for note in &notes {
            self.task.warn(note);
        }
        let planned: Vec<_> = steps.iter().map(Step::to_string).collect();
        let before = found.described();
        let after = shown::described(&self.wanted, &found, &groups, self.goal());
        results.update(|r| {
            let actions = if self.task.check_mode() { planned } else { vec![] };
            r.phases.processing = Some(Processing { actions, made: None });
        });
        if self.task.check_mode() && self.state == State::Present {
            results.update(|r| r.predict(&self.wanted, &found, &groups));
        }
        if steps.is_empty() {
            results.update(|r| {
                r.phases.housekeeping = Some(Housekeeping { verified: Some(true), warnings: notes });
            });
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
            "What was created so far stays. Run the task again to continue, or with `state: absent` to remove it.".into()
        });
        let mut deed = Deed::new(&self.client, &self.task, &self.wanted, &found, &groups);
        // Somebody may have logged in since.
        let is_free = if self.state == State::Absent || steps.iter().any(Step::disturbs) {
            deed.check_sessions().map_err(Failure::unchanged)
        } else {
            Ok(())
        };
        let outcome = is_free.and_then(|()| deed.take_all(&steps));
        let made = Some(deed.made).filter(|made| !made.is_empty());
        results.update(|r| r.phases.processing = Some(Processing { actions: deed.done, made }));
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
            r.phases.housekeeping = Some(Housekeeping { verified: Some(verified), warnings: left.notes });
        });
        if verified {
            return Ok(());
        }
        let msg = format!(
            "TrueNAS accepted all steps, but these are still to do: {}. Check whether someone else is changing the target, then run the task again.",
            open.join("; ")
        );
        Err(Failure::new(ErrorKind::Conflict, msg))
    }
}

impl TruenasIscsiTarget {
    fn goal(&self) -> Goal {
        match self.state {
            State::Present => Goal::There,
            State::Absent if self.delete_volume => Goal::GoneWithVolume,
            State::Absent => Goal::Gone,
        }
    }

    /// Reads all there is, and shows it in the results.
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
}
