//! What is to be done so that a zvol is exported as a unit of its target.
use super::{conflict::conflict, found::Found, step::Step, wanted::Wanted};
use ansible_module::Failure;
use truenas_client::Extent;

/// The steps, and what should be looked at.
#[derive(Debug, Default)]
pub(super) struct Unit {
    pub(super) steps: Vec<Step>,
    pub(super) notes: Vec<String>,
}

/// Extent and mapping.
pub(super) fn unit(volume: &str, wanted: &Wanted, found: &Found) -> Result<Unit, Failure> {
    let mut plan = Unit::default();
    let Some(extent) = found.extent() else {
        plan.steps.push(Step::CreateExtent { name: wanted.name.clone(), volume: volume.into() });
        check_number(wanted, found)?;
        plan.steps.push(Step::Map { lun: wanted.lun });
        return Ok(plan);
    };
    check_extent(extent, volume, wanted)?;
    if extent.locked {
        plan.notes
            .push(format!("Zvol {volume} is encrypted and locked, so no initiator can read it. Unlock it."));
    }
    if !extent.enabled {
        plan.steps.push(Step::EnableExtent { id: extent.id, name: extent.name.clone() });
    }
    let Some(mapping) = found.mapping() else {
        check_number(wanted, found)?;
        plan.steps.push(Step::Map { lun: wanted.lun });
        return Ok(plan);
    };
    if let Some(other) = found.targets.iter().find(|it| it.id == mapping.target && it.name != wanted.name) {
        return Err(conflict(format!(
            "Zvol {volume} is already LUN {} of target {}, and can't belong to two targets. Give another `volume`, or delete that target first.",
            mapping.lun, other.name
        )));
    }
    match wanted.lun {
        Some(lun) if lun != mapping.lun => {
            check_number(wanted, found)?;
            let initiators = found.logged_in();
            if !initiators.is_empty() && !wanted.force {
                return Err(conflict(format!(
                    "LUN {} of target {} is in use by {}, so its number is not changed. Log them out, or set `force: true`.",
                    mapping.lun,
                    wanted.name,
                    initiators.join(", ")
                ))
                .with("initiators", initiators));
            }
            plan.steps.push(Step::Renumber { mapping: *mapping, lun });
            Ok(plan)
        }
        _ => Ok(plan),
    }
}

/// To change these would destroy what is on the disk, or upset who uses it.
fn check_extent(extent: &Extent, volume: &str, wanted: &Wanted) -> Result<(), Failure> {
    let name = &extent.name;
    if extent.volume.as_deref() != Some(volume) {
        return Err(conflict(format!(
            "Extent {name} exports {}, not {volume}. Give that `volume`, or delete the unit first with `state: absent`.",
            extent.volume.as_deref().unwrap_or("a file")
        )));
    }
    if let Some(blocksize) = wanted.blocksize.filter(|blocksize| *blocksize != extent.blocksize) {
        return Err(conflict(format!(
            "Extent {name} has blocks of {} bytes, not of {}, and the data on the disk depends on that. Give that `blocksize`, or delete the unit first with `state: absent`.",
            extent.blocksize, blocksize
        )));
    }
    if extent.read_only {
        return Err(conflict(format!(
            "Extent {name} is read-only. Allow writing to it in TrueNAS, or delete the unit first with `state: absent`."
        )));
    }
    Ok(())
}

/// Another unit of the target must not have the number.
fn check_number(wanted: &Wanted, found: &Found) -> Result<(), Failure> {
    let Some(lun) = wanted.lun else { return Ok(()) };
    let Some(taken) = found.mapped().into_iter().find(|mapping| mapping.lun == lun) else { return Ok(()) };
    let other = found.extents.iter().find(|extent| extent.id == taken.extent);
    Err(conflict(format!(
        "LUN {lun} of target {} is already extent {}. Give another `lun`, or delete that one first.",
        wanted.name,
        other.map_or("(deleted)", |extent| &extent.name)
    )))
}
