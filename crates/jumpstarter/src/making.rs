//! Making a lease, and giving it back if its bench doesn't come.
use crate::{Client, Error, Lease, NewLease, Watch};
use std::time::Duration;

/// How long is tried to give back a lease that was asked for in vain.
const CLEAN_UP: Duration = Duration::from_secs(5);

/// With `wait`, once its bench is assigned.
pub(crate) async fn make(
    client: &Client,
    new: &NewLease,
    wait: Option<Duration>,
    watch: &mut dyn Watch,
) -> Result<Lease, Error> {
    let lease = client.request(new).await?;
    match wait {
        Some(limit) => wait_or_delete(client, &new.name, limit, watch).await,
        None => Ok(lease),
    }
}

/// The lease once its bench is assigned; else it is deleted.
pub(crate) async fn wait_or_delete(
    client: &Client,
    name: &str,
    limit: Duration,
    watch: &mut dyn Watch,
) -> Result<Lease, Error> {
    let cause = match client.wait_until_ready(name, limit, watch).await {
        Ok(lease) => return Ok(lease),
        Err(cause) => cause,
    };
    match client.delete_patiently(name, CLEAN_UP).await {
        Ok(_) => Err(cause),
        Err(why) => Err(Error::NotGivenBack { lease: name.into(), cause: cause.into(), why: why.into() }),
    }
}
