//! `hatci_info`
use super::connection::{CallFailure, CallStats, Connection, failed};
use super::vin;
use ansible_module::{Failure, InfoModule, Options, Results, Return, SharedResults, Task};
use hatci_client::{Client, Error, ListOf, Ping, Vin};
use serde_json::{Map, Value};

/// Check that the SUMS API is reachable and the token valid, and list its vehicles
///
/// A failure has an `error.kind`: `unavailable` or `timeout` (the server can't be reached), `tls`, `auth` (the token was rejected),
/// `protocol` or `not_found` (the address is not a SUMS server).
#[derive(Options)]
pub struct InfoOptions {
    /// Return only the vehicle with this VIN.
    vin: Option<String>,
    #[option(flatten)]
    connection: Connection,
}

/// What `hatci_info` returns.
#[derive(Results, Default)]
pub struct InfoResults {
    /// Whether the server answered.
    #[result(returned = "always", sample = true)]
    reachable: Option<bool>,
    /// Whether the server accepted the token.
    #[result(returned = "when the server checked the token", sample = true)]
    authenticated: Option<bool>,
    /// What the server reports about itself.
    #[result(returned = "when the server reports it", sample = { "status": "ok" })]
    server: Option<Map<String, Value>>,
    /// The vehicles that the server knows, or the one with the VIN `vin`.
    #[result(returned = "when the server lists its vehicles", sample = [{ "id": "V-1", "vin": "1HGBH41JXMN109186" }])]
    vehicles: Option<Vec<Map<String, Value>>>,
    /// Whether the server honours idempotency keys: `honoured` if it echoed one, otherwise `not_shown` (unknown).
    #[result(returned = "when the server answered", sample = "honoured")]
    idempotency_keys: Option<String>,
    #[result(flatten)]
    stats: CallStats,
}

/// The module `hatci_info`.
pub struct HatciInfo {
    client: Client,
    task: Task,
    vin: Option<Vin>,
}

impl InfoModule for HatciInfo {
    const NAME: &'static str = "hatci_info";
    const EXAMPLES: &'static str = include_str!("hatci_info.yml");
    type Options = InfoOptions;
    type Results = InfoResults;

    fn details() -> Vec<Return> {
        CallFailure::returns()
    }

    fn new(options: InfoOptions, task: &Task) -> Result<Self, Failure> {
        Ok(HatciInfo {
            vin: options.vin.map(|vin| vin::given(&vin, task)).transpose()?,
            client: options.connection.client(task)?,
            task: task.clone(),
        })
    }

    fn read(&mut self, results: &SharedResults<InfoResults>) -> Result<(), Failure> {
        let no_health = self.health(results)?;
        let vehicles = self.vehicles(results)?;
        let accepted = vehicles.is_some()
            || self.client.accepts_token(no_health.as_ref()).map_err(|e| refused(&e, results))?;
        if let Some(error) = no_health.filter(|_| !accepted) {
            return Err(failed(&error));
        }
        if !accepted {
            self.task.warn(
                "The SUMS API answers, but no read-only request needs the token, so the token was not checked. A bad token fails only later.",
            );
        }
        if let (Some(vin), Some([])) = (&self.vin, vehicles.as_deref()) {
            self.task.warn(format!(
                "The SUMS API lists its vehicles, but {vin} is not among them. Check the VIN."
            ));
        }
        results.update(|r| {
            r.authenticated = accepted.then_some(true);
            r.vehicles = vehicles;
        });
        Ok(())
    }
}

impl HatciInfo {
    /// A server without this call may still be the right one: the error is returned, for the case that nothing else fits.
    fn health(&self, results: &SharedResults<InfoResults>) -> Result<Option<Error>, Failure> {
        let ping = self.client.ping();
        let reachable = !matches!(ping, Ping::Unreachable(_) | Ping::Tls(_));
        let keys = if self.client.shows_keys() { "honoured" } else { "not_shown" };
        results.update(|r| {
            r.reachable = Some(reachable);
            r.idempotency_keys = reachable.then(|| keys.to_owned());
        });
        match ping {
            Ping::Good(health) => {
                results.update(|r| {
                    r.stats.add(health.stats);
                    r.server = Some(health.object);
                });
                Ok(None)
            }
            Ping::NotThisApi(error) => Ok(Some(error)),
            Ping::TokenRefused(error) => Err(refused(&error, results)),
            Ping::Unreachable(error) | Ping::Tls(error) | Ping::Failing(error) => Err(failed(&error)),
        }
    }

    /// `None` where the server doesn't list its vehicles: the list is not part of what every SUMS server offers, nor to everybody. Any
    /// other reason is warned of.
    fn vehicles(
        &self,
        results: &SharedResults<InfoResults>,
    ) -> Result<Option<Vec<Map<String, Value>>>, Failure> {
        match self.client.list(ListOf::Vehicles, self.vin.as_ref().map(Vin::as_str)) {
            Ok(found) if found.is_cut && found.objects.is_empty() && self.vin.is_some() => {
                self.task.warn(
                    "The server lists only some of its vehicles, and this one is not among them. It is unknown whether the server knows it.",
                );
                Ok(None)
            }
            Ok(found) => {
                if found.is_cut {
                    self.task.warn(format!(
                        "The server knows more vehicles than the {} that are returned; give `vin` to look one up.",
                        found.objects.len()
                    ));
                }
                Ok(Some(found.objects))
            }
            Err(error) if error.status() == Some(401) => Err(refused(&error, results)),
            Err(error) if matches!(error.status(), Some(403 | 404)) => Ok(None),
            Err(error) => {
                self.task.warn(format!("The server's list of vehicles could not be read. {error}"));
                Ok(None)
            }
        }
    }
}

fn refused(error: &Error, results: &SharedResults<InfoResults>) -> Failure {
    results.update(|r| r.authenticated = Some(false));
    failed(error)
}
