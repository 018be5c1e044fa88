//! What is to be done so that a unit is gone: in the order in which nothing is still in use.
use super::{
    conflict::{conflict, in_use},
    found::Found,
    step::Step,
    wanted::{Wanted, comment_of},
};
use ansible_module::Failure;
use truenas_client::{Extent, Group};

/// The steps, and what stays behind and should be looked at.
#[derive(Debug, Default)]
pub(super) struct Absence {
    pub(super) steps: Vec<Step>,
    pub(super) notes: Vec<String>,
}

/// The plan. A failure: somebody uses it, or it belongs to others, too.
pub(super) fn plan(wanted: &Wanted, found: &Found, delete_volume: bool) -> Result<Absence, Failure> {
    let mut plan = Absence::default();
    let extent = plan.own_extent(wanted, found, delete_volume)?;
    plan.check_others(wanted, found, extent)?;
    for mapping in found.mapped() {
        plan.steps.push(Step::Unmap { id: mapping.id, lun: mapping.lun });
    }
    if let Some(target) = found.target() {
        plan.steps.push(Step::DeleteTarget { id: target.id, name: target.name.clone() });
    }
    if let Some(extent) = extent {
        plan.steps.push(Step::DeleteExtent { id: extent.id, name: extent.name.clone() });
    }
    let initiators = found.logged_in();
    if !plan.steps.is_empty() && !initiators.is_empty() && !wanted.force {
        return Err(in_use(wanted, initiators));
    }
    plan.access(wanted, found);
    if let Some(volume) = found.volume.as_ref().filter(|_| delete_volume) {
        plan.steps.push(Step::DeleteVolume { name: volume.name.clone() });
    }
    Ok(plan)
}

impl Absence {
    /// None if it is there but belongs to another target.
    fn own_extent<'a>(
        &mut self,
        wanted: &Wanted,
        found: &'a Found,
        delete_volume: bool,
    ) -> Result<Option<&'a Extent>, Failure> {
        let Some(extent) = found.extent() else { return Ok(None) };
        let owner =
            found.mapping().and_then(|mapping| found.targets.iter().find(|it| it.id == mapping.target));
        match owner.filter(|owner| owner.name != wanted.name) {
            None => Ok(Some(extent)),
            Some(other) if delete_volume && extent.volume.as_deref() == found.volume_name() => {
                Err(conflict(format!(
                    "Zvol {} belongs to target {}, so it is not deleted. Delete that target first, or leave out `delete_volume`.",
                    found.volume_name().unwrap_or_default(),
                    other.name
                )))
            }
            Some(other) => {
                self.notes
                    .push(format!("Extent {} belongs to target {} and stays.", extent.name, other.name));
                Ok(None)
            }
        }
    }

    /// What else the target has is lost only by force; its extents stay in any case.
    fn check_others(&mut self, wanted: &Wanted, found: &Found, own: Option<&Extent>) -> Result<(), Failure> {
        let own = own.map(|extent| extent.id);
        let others: Vec<_> = found
            .mapped()
            .into_iter()
            .filter(|mapping| Some(mapping.extent) != own)
            .map(|mapping| {
                let extent = found.extents.iter().find(|extent| extent.id == mapping.extent);
                format!("LUN {} ({})", mapping.lun, extent.map_or("deleted", |extent| &extent.name))
            })
            .collect();
        if others.is_empty() {
            return Ok(());
        }
        let others = others.join(", ");
        if !wanted.force {
            return Err(conflict(format!(
                "Target {} also has {others}, which this task doesn't know, so nothing was deleted. Delete them first, or set `force: true` to delete the target and their mappings.",
                wanted.name
            )));
        }
        self.notes.push(format!("The extents of {others} stay without a target."));
        Ok(())
    }

    /// Of who may log in, what this module has made for this target alone.
    fn access(&mut self, wanted: &Wanted, found: &Found) {
        let is_used = |is: &dyn Fn(&Group) -> bool| found.others().any(is);
        for group in &found.initiators {
            if group.comment == comment_of(&wanted.name) && !is_used(&|it| it.initiator == Some(group.id)) {
                self.steps.push(Step::DeleteInitiator { id: group.id });
            }
        }
        let of_target = |tag: u64| found.groups().iter().any(|group| group.auth == Some(tag));
        for auth in found.auths.iter().filter(|auth| of_target(auth.tag)) {
            if found.is_auth_needed_by_others(auth.tag) {
                continue;
            }
            if wanted.chap.as_ref().is_some_and(|chap| chap.user == auth.user) {
                self.steps.push(Step::DeleteAuth { id: auth.id, user: auth.user.clone() });
            } else {
                self.notes.push(format!(
                    "CHAP user {} (tag {}) stays, because this task doesn't name it. Give `chap` to delete it with the target.",
                    auth.user, auth.tag
                ));
            }
        }
    }
}
