//! `truenas_info`
use super::{
    truenas_connection::{TruenasConnection, TruenasFailure, failed},
    truenas_session::SessionShown,
};
use ansible_module::{Choices, Failure, InfoModule, Options, Results, Return, SharedResults, Task};
use serde_json::{Map, Value};
use truenas_client::{Client, Error, Extent, Global, Mapping, Target, Volume};

/// Show the pools, iSCSI units and sessions of a TrueNAS
///
/// Only reads. The secrets of CHAP users are not read.
#[derive(Options)]
pub struct InfoOptions {
    /// What to gather. By default, everything.
    gather: Option<Vec<Gather>>,
    #[option(flatten)]
    connection: TruenasConnection,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum Gather {
    /// The release, and the host name.
    System,
    /// The storage pools.
    Pools,
    /// What is exported.
    Luns,
    /// Whether the iSCSI service runs.
    Service,
    /// Who is logged in.
    Sessions,
    /// What is left over from units that are gone.
    Orphans,
}

/// What `truenas_info` returns.
#[derive(Results, Default)]
pub struct InfoResults {
    /// The release and the host name.
    #[result(returned = "when gathered", sample = { "version": "TrueNAS-25.10.1", "hostname": "truenas" })]
    system: Option<Map<String, Value>>,
    /// The pools; sizes are in bytes.
    #[result(returned = "when gathered", sample = [{ "name": "tank", "status": "ONLINE", "healthy": true, "free": 1_000_000_000_000_u64, "allocated": 4096, "size": 1_000_000_004_096_u64 }])]
    pools: Option<Vec<PoolShown>>,
    /// What initiators see: each unit with its target, extent and zvol.
    #[result(returned = "when gathered", sample = [{ "iqn": "iqn.2005-10.org.freenas.ctl:bench1", "target": "bench1", "lun": 0, "extent": "bench1", "volume": "tank/bench1", "size": 21_474_836_480_u64, "blocksize": 512, "enabled": true }])]
    luns: Option<Vec<Lun>>,
    /// The iSCSI service.
    #[result(returned = "when gathered", sample = { "state": "RUNNING", "enabled": true, "basename": "iqn.2005-10.org.freenas.ctl", "port": 3260 })]
    service: Option<ServiceShown>,
    /// Who is logged in.
    #[result(returned = "when gathered", sample = [{ "initiator": "iqn.1994-05.com.redhat:bench1", "address": "192.0.2.30", "target": "iqn.2005-10.org.freenas.ctl:bench1" }])]
    sessions: Option<Vec<SessionShown>>,
    /// What does not belong to a unit.
    #[result(returned = "when gathered", sample = { "targets": [], "extents": ["old"], "initiators": [] })]
    orphans: Option<Orphans>,
}

/// A pool.
#[derive(Results, Default)]
struct PoolShown {
    /// Its name.
    name: String,
    /// Such as `ONLINE` or `DEGRADED`.
    status: String,
    /// Whether nothing is wrong with it.
    healthy: bool,
    /// Free bytes.
    free: Option<u64>,
    /// Bytes in use.
    allocated: Option<u64>,
    /// All bytes.
    size: Option<u64>,
}

/// A unit.
#[derive(Results, Default)]
struct Lun {
    /// The target's full name.
    iqn: String,
    /// The target's short name.
    target: String,
    /// The logical unit number.
    #[result(name = "lun")]
    number: u64,
    /// The extent's name.
    extent: String,
    /// The zvol. Missing if a file is exported.
    volume: Option<String>,
    /// The zvol's size in bytes.
    size: Option<u64>,
    /// The size of a block in bytes.
    blocksize: u64,
    /// Whether it is exported.
    enabled: bool,
}

/// The service.
#[derive(Results, Default)]
struct ServiceShown {
    /// `RUNNING`, `STOPPED` or `UNKNOWN`.
    state: String,
    /// Whether it starts with TrueNAS.
    enabled: bool,
    /// The first part of each IQN.
    basename: String,
    /// The port of all portals.
    port: Option<u64>,
}

/// Left over.
#[derive(Results, Default)]
struct Orphans {
    /// Targets without a unit.
    targets: Vec<String>,
    /// Extents that are not a unit of any target.
    extents: Vec<String>,
    /// Groups of initiators that no target refers to, by their comments or names.
    initiators: Vec<String>,
}

/// The module `truenas_info`.
pub struct TruenasInfo {
    client: Client,
    gather: Option<Vec<Gather>>,
}

impl InfoModule for TruenasInfo {
    const NAME: &'static str = "truenas_info";
    const EXAMPLES: &'static str = include_str!("truenas_info.yml");
    type Options = InfoOptions;
    type Results = InfoResults;

    fn details() -> Vec<Return> {
        TruenasFailure::returns()
    }

    fn new(options: InfoOptions, task: &Task) -> Result<Self, Failure> {
        Ok(TruenasInfo { client: options.connection.client(task)?, gather: options.gather })
    }

    fn read(&mut self, results: &SharedResults<InfoResults>) -> Result<(), Failure> {
        self.gather(results).map_err(|error| failed(&error))
    }
}

impl TruenasInfo {
    fn wants(&self, what: Gather) -> bool {
        self.gather.as_ref().is_none_or(|all| all.contains(&what))
    }

    fn gather(&self, results: &SharedResults<InfoResults>) -> Result<(), Error> {
        let client = &self.client;
        if self.wants(Gather::System) {
            let mut system = client.system()?;
            system.retain(|name, _| ["version", "hostname"].contains(&name.as_str()));
            results.update(|r| r.system = Some(system));
        }
        if self.wants(Gather::Pools) {
            let pools = client.pools()?;
            results.update(|r| r.pools = Some(pools.into_iter().map(PoolShown::of).collect()));
        }
        let global = client.iscsi_global()?;
        if self.wants(Gather::Service) {
            let service = client.iscsi_service()?;
            let Global { basename, port } = global.clone();
            let shown = ServiceShown { state: service.state, enabled: service.enabled, basename, port };
            results.update(|r| r.service = Some(shown));
        }
        if self.wants(Gather::Sessions) {
            let sessions = client.sessions()?.into_iter().map(SessionShown::of).collect();
            results.update(|r| r.sessions = Some(sessions));
        }
        if !self.wants(Gather::Luns) && !self.wants(Gather::Orphans) {
            return Ok(());
        }
        let (targets, extents, mappings) = (client.targets()?, client.extents()?, client.mappings()?);
        if self.wants(Gather::Luns) {
            let volumes = client.volumes()?;
            let luns = mappings.iter().filter_map(|one| Lun::of(one, &targets, &extents, &volumes, &global));
            let luns = luns.collect();
            results.update(|r| r.luns = Some(luns));
        }
        if self.wants(Gather::Orphans) {
            let orphans = Orphans::of(client, &targets, &extents, &mappings)?;
            results.update(|r| r.orphans = Some(orphans));
        }
        Ok(())
    }
}

impl PoolShown {
    fn of(pool: truenas_client::Pool) -> Self {
        let truenas_client::Pool { name, status, healthy, free, allocated, size } = pool;
        Self { name, status, healthy, free, allocated, size }
    }
}

impl Lun {
    /// None if a part of it was deleted between two queries.
    fn of(
        mapping: &Mapping,
        targets: &[Target],
        extents: &[Extent],
        volumes: &[Volume],
        global: &Global,
    ) -> Option<Self> {
        let target = targets.iter().find(|target| target.id == mapping.target)?;
        let extent = extents.iter().find(|extent| extent.id == mapping.extent)?;
        let volume = volumes.iter().find(|volume| Some(&volume.name) == extent.volume.as_ref());
        Some(Self {
            iqn: format!("{}:{}", global.basename, target.name),
            target: target.name.clone(),
            number: mapping.lun,
            extent: extent.name.clone(),
            volume: extent.volume.clone(),
            size: volume.map(|volume| volume.size),
            blocksize: extent.blocksize,
            enabled: extent.enabled,
        })
    }
}

impl Orphans {
    fn of(
        client: &Client,
        targets: &[Target],
        extents: &[Extent],
        mappings: &[Mapping],
    ) -> Result<Self, Error> {
        let is_used =
            |id| targets.iter().flat_map(|target| &target.groups).any(|group| group.initiator == Some(id));
        let unused = client.initiators()?.into_iter().filter(|initiator| !is_used(initiator.id));
        let name = |initiator: truenas_client::Initiator| match initiator.comment {
            comment if comment.is_empty() => initiator.names.into_iter().collect::<Vec<_>>().join(", "),
            comment => comment,
        };
        let empty = targets.iter().filter(|target| mappings.iter().all(|one| one.target != target.id));
        let unmapped = extents.iter().filter(|extent| mappings.iter().all(|one| one.extent != extent.id));
        Ok(Self {
            targets: empty.map(|target| target.name.clone()).collect(),
            extents: unmapped.map(|extent| extent.name.clone()).collect(),
            initiators: unused.map(name).collect(),
        })
    }
}
