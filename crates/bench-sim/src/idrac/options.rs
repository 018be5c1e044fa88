//! The options of the stand-in, for the command line and for tests.
use super::Scenario;
use clap::{Args, ValueEnum};
use std::{net::SocketAddr, time::Duration};

/// A stand-in for an iDRAC. Prints its URL as its first line, then runs until SIGTERM or SIGINT.
#[derive(Args, Clone, Debug)]
pub struct IdracOptions {
    /// Address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Which generation of server it belongs to.
    #[arg(long, value_enum, default_value = "14")]
    pub generation: Generation,
    /// Its firmware; by default 2.86.86.86 or 6.10.30.20, according to the generation.
    #[arg(long)]
    pub firmware: Option<String>,
    /// The user name that clients must send.
    #[arg(long, default_value = "root")]
    pub username: String,
    /// The password that clients must send.
    #[arg(long, default_value = "calvin")]
    pub password: String,
    /// How long a job runs, such as 50 for 50 ms.
    #[arg(long, default_value = "20", value_parser = milliseconds, value_name = "MILLISECONDS")]
    pub step: Duration,
    /// Whether the server is switched off at first.
    #[arg(long)]
    pub off: bool,
    /// What is to go wrong, as NAME or NAME=COUNT. Repeatable.
    #[arg(long = "scenario", value_name = "NAME[=COUNT]")]
    pub scenarios: Vec<Scenario>,
}

/// A generation of Dell servers, by the word that its iDRAC uses for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, ValueEnum)]
pub enum Generation {
    /// R630 and its like, with an iDRAC8.
    #[value(name = "13")]
    Thirteen,
    /// R640 and its like, with an iDRAC9.
    #[value(name = "14")]
    Fourteen,
}

impl IdracOptions {
    /// The usual one of a generation.
    pub fn of(generation: Generation) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            generation,
            firmware: None,
            username: "root".into(),
            password: "calvin".into(),
            step: Duration::from_millis(20),
            off: false,
            scenarios: vec![],
        }
    }

    /// The firmware's version, as four numbers.
    pub(super) fn version(&self) -> [u32; 4] {
        let mut parts =
            self.firmware().split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>();
        parts.resize(4, 0);
        [parts[0], parts[1], parts[2], parts[3]]
    }

    /// The firmware's version as it is shown.
    pub(super) fn firmware(&self) -> &str {
        self.firmware.as_deref().unwrap_or(match self.generation {
            Generation::Thirteen => "2.86.86.86",
            Generation::Fourteen => "6.10.30.20",
        })
    }

    pub(super) fn is_idrac8(&self) -> bool {
        self.generation == Generation::Thirteen
    }

    /// Since 6.00 of the iDRAC9, virtual media belong to the system.
    pub(super) fn has_media_of_the_system(&self) -> bool {
        !self.is_idrac8() && self.version() >= [6, 0, 0, 0]
    }

    /// Inserting a medium came with 2.75.75.75 (iDRAC8) and 3.30.30.30 (iDRAC9).
    pub(super) fn can_insert(&self) -> bool {
        self.version() >= if self.is_idrac8() { [2, 75, 75, 75] } else { [3, 30, 30, 30] }
    }
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    text.parse().map(Duration::from_millis).map_err(|error| format!("{error}"))
}
