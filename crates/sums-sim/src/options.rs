//! The simulator's options, for the command line and for tests.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::{Clock, FaultRule, Scenario};

/// A simulated SUMS server. Prints its URL as its first line, then runs until SIGTERM or SIGINT.
#[derive(Clone, Debug, Parser)]
#[command(name = "sums-sim", version)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Options {
    /// Address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,

    /// Bearer token that clients must send.
    #[arg(long, default_value = "sim-token")]
    pub token: String,

    /// Duration of each step of a deployment, such as 200ms or 2s. A deployment has five steps.
    #[arg(long, default_value = "200ms", value_parser = duration)]
    pub step: Duration,

    /// The course of one vehicle's deployments: VIN=fail:REASON, VIN=stuck or VIN=slow. Repeatable.
    #[arg(long = "scenario", value_name = "VIN=SCENARIO")]
    pub scenarios: Vec<VehicleScenario>,

    /// A vehicle in the list of vehicles. Repeatable; replaces the two default ones.
    #[arg(long = "vehicle", value_name = "ID=VIN", default_values = ["vehicle-001=1HGBH41JXMN109186", "vehicle-002=5NPE24AF5FH000002"])]
    pub vehicles: Vec<VehicleOption>,

    /// A fault and its probability (default 1): 429:P, 500:P, 503:P, html:P, reset:P, reset-after:P,
    /// truncate:P, latency:TIME:P. Repeatable.
    #[arg(long = "fault", value_name = "FAULT[:P]")]
    pub faults: Vec<FaultRule>,

    /// Seed of the random faults; the same seed gives the same faults.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,

    /// Answer 409 when an event is fixed a second time, instead of 200.
    #[arg(long)]
    pub fix_conflict: bool,

    /// Ignore `Idempotency-Key` headers.
    #[arg(long)]
    pub no_idempotency: bool,

    /// Honour `Idempotency-Key` headers silently: neither echo them nor mark repeated answers.
    #[arg(long)]
    pub silent_idempotency: bool,

    /// How long a new event, deployment or test event is answered with 404, such as 2s.
    #[arg(long, default_value = "0s", value_parser = duration)]
    pub unseen_for: Duration,

    /// Support listing events, deployments and test events, as only some SUMS servers do: GET /events etc., with filter `?vin=`.
    #[arg(long)]
    pub lists: bool,

    /// Naming style of ids and states in answers.
    #[arg(long, value_enum, default_value = "modern")]
    pub id_style: IdStyle,

    /// File to append one JSON line per request to.
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,

    /// Exit when the parent process ends (Linux: when its thread that started this process ends).
    #[arg(long)]
    pub exit_with_parent: bool,

    /// The clock for deployments; set by tests.
    #[arg(skip)]
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self::parse_from(["sums-sim"])
    }
}

/// The naming style of ids, states and reasons in answers. Clients must understand both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum IdStyle {
    /// `event_id`, `deployment_id`, `test_event_id`; `state`; `reason`; a fixed event has `fixed: true`.
    Modern,
    /// `id`; `status`; `error_message`; a fixed event has the status `FIXED`.
    Legacy,
}

/// A VIN and the course of its deployments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VehicleScenario {
    /// The vehicle identification number.
    pub vin: String,
    /// The course of every deployment for that vehicle.
    pub scenario: Scenario,
}

impl FromStr for VehicleScenario {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (vin, scenario) = text.split_once('=').ok_or("expected VIN=SCENARIO")?;
        let (name, reason) = scenario.split_once(':').unwrap_or((scenario, "installation failed"));
        let scenario = match name {
            "fail" => Scenario::Fail(reason.to_owned()),
            "stuck" => Scenario::Stuck,
            "slow" => Scenario::Slow,
            _ => return Err(format!("unknown scenario `{name}`; use fail, stuck or slow")),
        };
        Ok(Self { vin: vin.to_owned(), scenario })
    }
}

/// A vehicle in the list of vehicles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VehicleOption {
    /// HATCI's id of the vehicle.
    pub id: String,
    /// The vehicle identification number.
    pub vin: String,
}

impl FromStr for VehicleOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (id, vin) = text.split_once('=').ok_or("expected ID=VIN")?;
        Ok(Self { id: id.to_owned(), vin: vin.to_owned() })
    }
}

/// Parses `200ms`, `2s`, `1m 30s`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration = text.parse().map_err(|error| format!("{error}"))?;
    Duration::try_from(duration).map_err(|_| "a duration must not be negative".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_read_as_vin_and_scenario() {
        let read = |text: &str| text.parse::<VehicleScenario>().map(|read| (read.vin, read.scenario));
        assert_eq!(read("V=fail:flash: bad"), Ok(("V".to_owned(), Scenario::Fail("flash: bad".to_owned()))));
        assert_eq!(read("V=fail"), Ok(("V".to_owned(), Scenario::Fail("installation failed".to_owned()))));
        assert_eq!(read("V=slow"), Ok(("V".to_owned(), Scenario::Slow)));
        assert_eq!(read("V=stuck"), Ok(("V".to_owned(), Scenario::Stuck)));
        assert!(read("V=late").is_err());
        assert!(read("V").is_err());
    }

    #[test]
    fn durations_have_units_and_no_sign() {
        assert_eq!(duration("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert!(duration("-1s").is_err());
        assert!(duration("200").is_err());
    }

    #[test]
    fn the_command_line_definition_is_sound() {
        use clap::CommandFactory;
        Options::command().debug_assert();
    }
}
