//! Takes the steps of a plan, one by one, and takes back what was made if one fails.
use super::{
    conflict::in_use,
    found::Found,
    presence::{Part, WantedGroup},
    step::Step,
    wanted::{Wanted, comment_of},
};
use crate::lab::truenas_connection::failed;
use ansible_module::{ErrorKind, Failure, Task};
use serde_json::{Map, Value};
use std::time::Duration;
use truenas_client::{Client, Error, Group, NewExtent, NewTarget, NewVolume};

/// The ids of a unit's parts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ids {
    pub(super) portal: Option<u64>,
    pub(super) initiator: Option<u64>,
    /// The tag of the login.
    pub(super) auth: Option<u64>,
    pub(super) target: Option<u64>,
    pub(super) extent: Option<u64>,
    pub(super) mapping: Option<u64>,
}

/// Steps that are being taken.
pub(super) struct Deed<'a> {
    pub(super) client: &'a Client,
    pub(super) task: &'a Task,
    pub(super) wanted: &'a Wanted,
    pub(super) groups: &'a [WantedGroup],
    ids: Ids,
    /// What takes back the steps so far, the first one first.
    undo: Vec<Step>,
    /// Steps that nothing takes back.
    lasting: Vec<String>,
    /// The datasets above a new zvol that were not there before. They are created with it, and stay.
    new_parents: Vec<String>,
    /// What was done, in words.
    pub(super) done: Vec<String>,
    /// What exists now because of these steps, by its names.
    pub(super) made: Map<String, Value>,
}

impl<'a> Deed<'a> {
    pub(super) fn new(
        client: &'a Client,
        task: &'a Task,
        wanted: &'a Wanted,
        found: &Found,
        groups: &'a [WantedGroup],
    ) -> Self {
        let ids = Ids {
            target: found.target().map(|target| target.id),
            extent: found.extent().map(|extent| extent.id),
            ..Ids::default()
        };
        Self {
            client,
            task,
            wanted,
            groups,
            ids,
            undo: vec![],
            lasting: vec![],
            new_parents: vec![],
            done: vec![],
            made: Map::new(),
        }
    }

    /// Takes all steps, or as many as go well.
    pub(super) fn take_all(&mut self, steps: &[Step]) -> Result<(), Failure> {
        for (at, step) in steps.iter().enumerate() {
            self.task.progress(&format!("step {} of {}: {step}", at + 1, steps.len()));
            let to_undo = self.undo.len();
            if let Err(failure) = self.take(step) {
                return Err(self.end(step, failure));
            }
            if self.undo.len() == to_undo {
                self.lasting.push(step.to_string());
            }
            self.done.push(step.to_string());
            if let Some((what, name)) = made_by(step) {
                self.made.insert(what.into(), name.into());
            }
        }
        Ok(())
    }

    fn take(&mut self, step: &Step) -> Result<(), Failure> {
        let client = self.client;
        let force = self.wanted.force;
        let done = match step {
            Step::CreateVolume { name, size } => {
                let new = NewVolume { name, size: *size, sparse: self.wanted.sparse };
                self.new_parents = client.missing_parents(name).map_err(|error| failed(&error))?;
                client.create_volume(new).map(|_| self.undo.push(Step::DeleteVolume { name: name.clone() }))
            }
            Step::GrowVolume { name, to, .. } => client.grow_volume(name, *to),
            Step::CreatePortal { address } => {
                client.create_portal(address, "hatci.automation").map(|portal| {
                    self.ids.portal = Some(portal.id);
                    self.undo.push(Step::DeletePortal { id: portal.id });
                })
            }
            Step::CreateInitiator => {
                let names = self.wanted.initiators.clone().unwrap_or_default();
                client.create_initiator(&names, &comment_of(&self.wanted.name)).map(|group| {
                    self.ids.initiator = Some(group.id);
                    self.undo.push(Step::DeleteInitiator { id: group.id });
                })
            }
            Step::CreateAuth { tag, user } => {
                let Some(chap) = &self.wanted.chap else { return Ok(()) };
                client.create_auth(*tag, user, &chap.secret).map(|auth| {
                    self.ids.auth = Some(auth.tag);
                    self.undo.push(Step::DeleteAuth { id: auth.id, user: user.clone() });
                })
            }
            Step::ChangeSecret { id, .. } => {
                let Some(chap) = &self.wanted.chap else { return Ok(()) };
                client.change_secret(*id, &chap.secret)
            }
            Step::CreateTarget { name } => {
                let groups = self.groups_now();
                client.create_target(NewTarget { name, groups: &groups }).map(|target| {
                    self.ids.target = Some(target.id);
                    self.undo.push(Step::DeleteTarget { id: target.id, name: name.clone() });
                })
            }
            Step::Regroup { id, .. } => client.regroup_target(*id, &self.groups_now()),
            Step::CreateExtent { name, volume } => {
                let blocksize = self.wanted.blocksize.unwrap_or(512);
                client.create_extent(NewExtent { name, volume, blocksize }).map(|extent| {
                    self.ids.extent = Some(extent.id);
                    self.undo.push(Step::DeleteExtent { id: extent.id, name: name.clone() });
                })
            }
            Step::EnableExtent { id, .. } => client.enable_extent(*id),
            Step::Map { lun } => {
                let (Some(target), Some(extent)) = (self.ids.target, self.ids.extent) else {
                    return Err(Failure::new(
                        ErrorKind::Internal,
                        "Target or extent is missing. Please report this.",
                    ));
                };
                client.map(target, extent, *lun).map(|mapping| {
                    self.ids.mapping = Some(mapping.id);
                    self.undo.push(Step::Unmap { id: mapping.id, lun: mapping.lun });
                })
            }
            Step::Renumber { mapping, lun } => client.renumber(mapping, *lun),
            Step::EnableService => client.enable_iscsi(),
            Step::StartService => client.start_iscsi(),
            Step::Unmap { id, .. } => return self.patiently(|| client.unmap(*id, force)),
            Step::DeleteTarget { id, .. } => return self.patiently(|| client.delete_target(*id, force)),
            Step::DeleteExtent { id, .. } => return self.patiently(|| client.delete_extent(*id, force)),
            Step::DeleteInitiator { id } => client.delete_initiator(*id),
            Step::DeleteAuth { id, .. } => client.delete_auth(*id),
            Step::DeletePortal { id } => client.delete_portal(*id),
            Step::DeleteVolume { name } => return self.patiently(|| client.delete_volume(name)),
        };
        done.map_err(|error| failed(&error))
    }

    /// The groups of the target, now that their parts are there.
    fn groups_now(&self) -> Vec<Group> {
        let id = |part: Part, made: Option<u64>| match part {
            Part::Is(id) => Some(id),
            Part::New => made,
        };
        let group = |group: &WantedGroup| Group {
            portal: id(group.portal, self.ids.portal).unwrap_or_default(),
            initiator: group.initiator.and_then(|part| id(part, self.ids.initiator)),
            auth: group.auth.and_then(|part| id(part, self.ids.auth)),
            mutual: group.mutual,
        };
        self.groups.iter().map(group).collect()
    }

    /// Deletes something that may be in use for some seconds longer: the server lets go of a disk only after a while.
    fn patiently(&mut self, delete: impl Fn() -> Result<(), Error>) -> Result<(), Failure> {
        const FIRST: Duration = Duration::from_millis(250);
        const LONGEST: Duration = Duration::from_secs(8);
        const ATTEMPTS: u32 = 8;
        let mut attempts = 0;
        loop {
            let Err(error) = delete() else { return Ok(()) };
            if !error.is_busy() {
                return Err(failed(&error));
            }
            self.check_sessions()?;
            attempts += 1;
            let pause = (FIRST * 2_u32.pow(attempts - 1)).min(LONGEST);
            if attempts == ATTEMPTS || !self.client.pause(pause) {
                let failure = failed(&error);
                return Err(Failure { kind: ErrorKind::Conflict, ..failure });
            }
        }
    }

    /// Somebody may have logged in since.
    pub(super) fn check_sessions(&self) -> Result<(), Failure> {
        if self.wanted.force {
            return Ok(());
        }
        let fault = |error| failed(&error);
        let iqn = format!("{}:{}", self.client.iscsi_global().map_err(fault)?.basename, self.wanted.name);
        let sessions = self.client.sessions().map_err(fault)?;
        let mut initiators: Vec<_> =
            sessions.into_iter().filter(|it| it.target == iqn).map(|session| session.initiator).collect();
        initiators.sort();
        initiators.dedup();
        if initiators.is_empty() { Ok(()) } else { Err(in_use(self.wanted, initiators)) }
    }

    /// The datasets that a new zvol brought with it, unless it is still there.
    fn parents_left(&self) -> Vec<String> {
        // Who can't ask has to assume that they are there.
        self.client.existing_datasets(&self.new_parents).unwrap_or_else(|_| self.new_parents.clone())
    }

    /// Takes back what was made for a unit that can't be finished, and says what became of it.
    fn end(&mut self, step: &Step, mut failure: Failure) -> Failure {
        // The unit is there; only around it something is missing.
        let is_whole =
            matches!(step, Step::EnableService | Step::StartService | Step::DeleteInitiator { .. });
        let undo = if is_whole { vec![] } else { std::mem::take(&mut self.undo) };
        let mut stays = Vec::new();
        let mut is_stuck = false;
        if !is_whole {
            self.made.clear();
        }
        for step in undo.iter().rev() {
            // What the rest of it needs can't be deleted before it.
            is_stuck = is_stuck || self.take(step).is_err();
            if is_stuck {
                stays.push(step.to_string());
            } else {
                self.done.push(format!("undo: {step}"));
            }
        }
        let remedy = if is_whole {
            "The unit itself is complete; solve this, then run the task again.".to_owned()
        } else if !stays.is_empty() {
            format!(
                "What this task had created could not all be removed; still to do: {}. Run the task again to continue, or with `state: absent` and `delete_volume: true` to remove it.",
                stays.join("; ")
            )
        } else if !undo.is_empty() {
            "What this task had created was removed again.".to_owned()
        } else {
            String::new()
        };
        let parents = if is_whole { vec![] } else { self.parents_left() };
        let mut msg = format!("Could not {step}. {} {remedy}", failure.msg).trim().to_owned();
        if !is_whole && !self.lasting.is_empty() {
            msg.push_str(" These steps were done, and stay: ");
            msg.push_str(&self.lasting.join("; "));
            msg.push('.');
        }
        if !parents.is_empty() {
            msg.push_str(" Datasets that were created for the zvol stay: ");
            msg.push_str(&parents.join(", "));
            msg.push_str(". Delete them in TrueNAS if nothing else needs them.");
        }
        failure.msg = msg;
        let in_doubt = failure.kind == ErrorKind::UnknownOutcome;
        let is_left = !stays.is_empty() || !parents.is_empty() || !self.lasting.is_empty();
        let changed = in_doubt || is_left || is_whole && !self.done.is_empty();
        Failure { changed: Some(changed), ..failure }
    }
}

/// What exists after a step, and its name.
fn made_by(step: &Step) -> Option<(&'static str, &str)> {
    Some(match step {
        Step::CreateVolume { name, .. } => ("volume", name),
        Step::CreatePortal { address } => ("portal", address),
        Step::CreateAuth { user, .. } => ("chap_user", user),
        Step::CreateTarget { name } => ("target", name),
        Step::CreateExtent { name, .. } => ("extent", name),
        _ => return None,
    })
}
