//! `idrac_info`
use super::idrac_connection::{IdracConnection, IdracFailure, conceal_image, failed};
use super::phases::Phases;
use ansible_module::{Choices, Failure, InfoModule, Options, Results, Return, SharedResults, Task};
use redfish_client::{Client, Error, Job, Kind, NicFunction, OrderJob};
use serde_json::{Map, Value, json};

/// Read the state of a server from its iDRAC
///
/// What a server or its firmware doesn't support is left out, with a warning.
///
/// # See also
///
/// - `idrac_boot`: Change the boot order, the next boot and the BIOS.
#[derive(Options)]
pub struct InfoOptions {
    /// What to read in addition to the generation, the firmware and the power state.
    #[option(default = [Gather::All])]
    gather: Vec<Gather>,
    #[option(flatten)]
    connection: IdracConnection,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum Gather {
    /// Everything.
    All,
    /// Only the power state, which is always read.
    Power,
    /// The boot order and the next boot.
    Boot,
    /// The settings of the BIOS.
    Bios,
    /// The network functions and their iSCSI settings.
    Nics,
    /// The virtual CD.
    Media,
    /// The queue of jobs.
    Jobs,
}

/// What `idrac_info` returns.
#[derive(Results, Default)]
pub struct InfoResults {
    /// The generation of the server, such as 13 for an R630.
    #[result(returned = "always", sample = 13)]
    generation: Option<u32>,
    /// The version of the iDRAC's firmware.
    #[result(returned = "always", sample = "2.86.86.86")]
    firmware: Option<String>,
    /// The power state.
    #[result(returned = "always", sample = "On")]
    power: Option<String>,
    /// What the server boots from.
    #[result(returned = "when gathered")]
    boot: Option<BootInfo>,
    /// The settings of the BIOS.
    #[result(returned = "when gathered", sample = { "BootMode": "Uefi" })]
    bios: Option<Map<String, Value>>,
    /// The network functions, each with its `name`, `mac` and `iscsi` settings. A CHAP secret is never among them.
    #[result(returned = "when gathered", sample = [{ "name": "NIC.Integrated.1-1-1", "mac": "B0:26:28:01:02:03", "iscsi": { "PrimaryLUN": 0 } }])]
    nics: Option<Vec<Map<String, Value>>>,
    /// The virtual drives, each with its `device`, `image` and whether it is `inserted`.
    #[result(returned = "when gathered", sample = [{ "device": "cd", "image": null, "inserted": false }])]
    media: Option<Vec<Map<String, Value>>>,
    /// The jobs, each with its `id`, `name`, `type`, `state`, `message`, `percent` and `target`.
    #[result(returned = "when gathered", sample = [{ "id": "JID_123456789012", "name": "Configure: BIOS.Setup.1-1", "state": "Scheduled" }])]
    jobs: Option<Vec<Map<String, Value>>>,
    #[result(flatten)]
    phases: Phases,
}

/// What a server boots from.
#[derive(Results, Default)]
pub(crate) struct BootInfo {
    /// The boot order, each entry with its `id`, `name` and whether it is `enabled`.
    #[result(returned = "when the firmware shows it", sample = [{ "id": "Boot0001", "name": "Hard drive C:", "enabled": true }])]
    order: Option<Vec<Map<String, Value>>>,
    /// The ids in the order that a job will set at the next start.
    #[result(returned = "when a change is pending", sample = ["Boot0004", "Boot0001"])]
    pending: Option<Vec<String>>,
    /// What the next boot is set to; `None` if the boot order decides.
    #[result(returned = "always", sample = "Pxe")]
    next: Option<String>,
}

/// The module `idrac_info`.
pub struct IdracInfo {
    client: Client,
    task: Task,
    gather: Vec<Gather>,
}

impl InfoModule for IdracInfo {
    const NAME: &'static str = "idrac_info";
    const EXAMPLES: &'static str = include_str!("idrac_info.yml");
    type Options = InfoOptions;
    type Results = InfoResults;

    fn details() -> Vec<Return> {
        IdracFailure::returns()
    }

    fn new(options: InfoOptions, task: &Task) -> Result<Self, Failure> {
        Ok(Self { client: options.connection.client(task)?, task: task.clone(), gather: options.gather })
    }

    fn read(&mut self, results: &SharedResults<InfoResults>) -> Result<(), Failure> {
        let who = self.client.identity().map_err(|e| failed(&e))?.clone();
        let system = self.client.system().map_err(|e| failed(&e))?;
        results.update(|r| {
            let found = json!({
                "model": system.model, "service_tag": system.service_tag, "idrac": who.model,
                "generation": who.generation, "firmware": who.firmware, "power": system.power,
            });
            r.phases.discovery = found.as_object().cloned();
            r.generation = Some(who.generation);
            r.firmware = Some(who.firmware);
            r.power = Some(system.power);
        });
        let all = [Gather::Boot, Gather::Bios, Gather::Nics, Gather::Media, Gather::Jobs];
        let is_wanted = |part: &Gather| self.gather.contains(part) || self.gather.contains(&Gather::All);
        for part in all.into_iter().filter(is_wanted) {
            match self.read_part(part, results) {
                // This server or firmware has no such thing.
                Err(error) if matches!(error.kind(), Kind::Invalid | Kind::NotFound | Kind::Protocol) => {
                    self.task.warn(format!("{} could not be read: {error}", part.as_str()));
                }
                outcome => outcome.map_err(|e| failed(&e))?,
            }
        }
        Ok(())
    }
}

impl IdracInfo {
    fn read_part(&self, part: Gather, results: &SharedResults<InfoResults>) -> Result<(), Error> {
        match part {
            Gather::All | Gather::Power => {}
            Gather::Boot => {
                let next = self.client.next_boot()?.shown().to_owned();
                results.update(|r| r.boot.get_or_insert_default().next = Some(next));
                let order = self.client.boot_order()?;
                if let OrderJob::Unshown(job) = self.client.boot_order_job(&order)? {
                    self.task.warn(format!(
                        "Job {} will change the boot order, but the iDRAC does not show how.",
                        job.id
                    ));
                }
                let entries = order.entries.iter();
                let entries =
                    entries.map(|it| dict(&json!({ "id": it.id, "name": it.name, "enabled": it.enabled })));
                results.update(|r| {
                    let boot = r.boot.get_or_insert_default();
                    boot.order = Some(entries.collect());
                    boot.pending = order.pending;
                });
            }
            Gather::Bios => {
                let bios = self.client.bios()?;
                results.update(|r| r.bios = Some(bios.current));
            }
            Gather::Nics => {
                let nics = self.client.nic_functions()?.iter().map(nic).collect();
                results.update(|r| r.nics = Some(nics));
            }
            Gather::Media => {
                let cd = self.client.virtual_cd()?;
                cd.image.iter().for_each(|image| conceal_image(image, &self.task));
                let cd = json!({ "device": "cd", "image": cd.image, "inserted": cd.inserted });
                results.update(|r| r.media = Some(vec![dict(&cd)]));
            }
            Gather::Jobs => {
                let jobs = self.client.jobs()?.iter().map(job).collect();
                results.update(|r| r.jobs = Some(jobs));
            }
        }
        Ok(())
    }
}

fn nic(function: &NicFunction) -> Map<String, Value> {
    let mut iscsi = function.iscsi.clone();
    iscsi.retain(|key, _| !key.to_ascii_lowercase().contains("secret"));
    dict(&json!({ "name": function.name, "mac": function.mac, "iscsi": iscsi }))
}

fn job(job: &Job) -> Map<String, Value> {
    dict(&json!({
        "id": job.id, "name": job.name, "type": job.kind, "state": job.state, "message": job.message,
        "percent": job.percent, "target": job.target,
    }))
}

fn dict(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
