//! `hatci_deployment_info`
use super::connection::{CallFailure, Connection, Effort};
use super::lookup::Lookup;
use ansible_module::{Failure, InfoModule, Options, Results, Return, SharedResults, Task};
use hatci_client::{Client, DeploymentId, ListOf};
use serde_json::{Map, Value};

/// Show a deployment, or all deployments of a vehicle
///
/// Nothing is changed. The deployments of a vehicle are those of its events.
///
/// # See also
///
/// - `hatci_update_status`: Wait until a deployment has finished.
#[derive(Options)]
#[options(mutually_exclusive(deployment_id, vin), required_one_of(deployment_id, vin))]
pub struct HatciDeploymentInfoOptions {
    /// The deployment to show; in check mode also `pending`.
    deployment_id: Option<String>,
    /// Show all deployments of the vehicle with this VIN. Not every SUMS server can list them; one that can't fails with `not_found`.
    vin: Option<String>,
    #[option(flatten)]
    connection: Connection,
}

/// What `hatci_deployment_info` returns.
#[derive(Results, Default)]
pub struct HatciDeploymentInfoResults {
    /// The deployments as the server describes them. Empty if there are none.
    #[result(returned = "success", sample = [{ "deployment_id": "DEP-000001", "event_id": "EVT-000002", "state": "COMPLETE" }])]
    deployments: Option<Vec<Map<String, Value>>>,
    #[result(flatten)]
    effort: Effort,
}

/// The module `hatci_deployment_info`.
pub struct HatciDeploymentInfo {
    client: Client,
    task: Task,
    lookup: Lookup<DeploymentId>,
}

impl InfoModule for HatciDeploymentInfo {
    const NAME: &'static str = "hatci_deployment_info";
    const EXAMPLES: &'static str = include_str!("hatci_deployment_info.yml");
    type Options = HatciDeploymentInfoOptions;
    type Results = HatciDeploymentInfoResults;

    fn details() -> Vec<Return> {
        CallFailure::returns()
    }

    fn new(options: HatciDeploymentInfoOptions, task: &Task) -> Result<Self, Failure> {
        let (deployment_id, vin) = (options.deployment_id.as_deref(), options.vin.as_deref());
        Ok(HatciDeploymentInfo {
            lookup: Lookup::parse("deployment_id", deployment_id, vin, task, DeploymentId::parse)?,
            client: options.connection.client(task)?,
            task: task.clone(),
        })
    }

    fn read(&mut self, results: &SharedResults<HatciDeploymentInfoResults>) -> Result<(), Failure> {
        let found = self.lookup.run(ListOf::Deployments, &self.client, &self.task, |id| {
            let deployment = self.client.deployment(id)?;
            results.update(|r| r.effort.add(deployment.effort));
            Ok(deployment.object)
        })?;
        results.update(|r| r.deployments = Some(found));
        Ok(())
    }
}
