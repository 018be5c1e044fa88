//! What is to be done so that a zvol is there in the size that was asked for.
use super::{conflict::conflict, found::Found, step::Step, wanted::Wanted};
use ansible_module::{ErrorKind, Failure};
use truenas_client::Pool;

/// The size of a zvol is a multiple of its block size, which is this unless the pool is of another kind.
const USUAL_BLOCK: u64 = 16 << 10;

/// None: nothing is to be done.
pub(super) fn zvol(name: &str, wanted: &Wanted, found: &Found) -> Result<Option<Step>, Failure> {
    match (&found.volume, wanted.size) {
        (None, None) => Err(Failure::invalid(format!("There is no zvol {name} yet. Give its `size`."))),
        (None, Some(size)) => {
            check_pool(pool_of(name, found)?, size)?;
            check_multiple(size, USUAL_BLOCK)?;
            Ok(Some(Step::CreateVolume { name: name.into(), size }))
        }
        (Some(volume), Some(to)) if volume.size < to => {
            check_multiple(to, volume.blocksize.unwrap_or(USUAL_BLOCK))?;
            Ok(Some(Step::GrowVolume { name: name.into(), from: volume.size, to }))
        }
        (Some(volume), Some(size)) if volume.size > size => Err(conflict(format!(
            "Zvol {name} has {} bytes, and a zvol can't be made smaller. Give at least that `size`, or delete it first.",
            volume.size
        ))),
        _ => Ok(None),
    }
}

fn pool_of<'a>(name: &str, found: &'a Found) -> Result<&'a Pool, Failure> {
    let pool = name.split('/').next().unwrap_or_default();
    found.pools.iter().find(|known| known.name == pool).ok_or_else(|| {
        let known: Vec<_> = found.pools.iter().map(|pool| pool.name.as_str()).collect();
        let msg = format!("TrueNAS has no pool {pool}. Its pools are: {}.", known.join(", "));
        Failure::new(ErrorKind::NotFound, msg)
    })
}

/// TrueNAS refuses more than this of the parent's free space, which is at most the pool's.
fn check_pool(pool: &Pool, size: u64) -> Result<(), Failure> {
    match pool.free.map(|free| free / 5 * 4) {
        Some(most) if size > most => Err(conflict(format!(
            "Pool {} is too full: TrueNAS creates no zvol of more than 80 % of the free space, which would be {most} bytes. Give a smaller `size`, or free some space.",
            pool.name
        ))),
        _ => Ok(()),
    }
}

fn check_multiple(size: u64, block: u64) -> Result<(), Failure> {
    if block == 0 || size.is_multiple_of(block) {
        return Ok(());
    }
    let next = size.div_ceil(block).saturating_mul(block);
    Err(Failure::invalid(format!(
        "size is {size} bytes, but a zvol's is a multiple of its block size, {block} bytes. Give {next}, the next one."
    )))
}
