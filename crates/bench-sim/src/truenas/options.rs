//! The options of the stand-in, for the command line and for tests.
use super::fault::Fault;
use clap::{Args, Parser, ValueEnum};
use std::{net::SocketAddr, path::PathBuf};

/// A TrueNAS.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// The release whose API it serves.
    #[arg(long, value_enum, default_value = "25.10")]
    pub release: Release,
    /// The API key that it accepts.
    #[arg(long, default_value = "1-Zq8mVx3LrT0pYc6WnBd2HsKf9GjXa5UeRi7OoQwEtMlCvNyPzAbSxDgFhJkL1234")]
    pub api_key: String,
    /// The user that the key belongs to.
    #[arg(long, default_value = "bench")]
    pub username: String,
    /// The first part of the names of all targets.
    #[arg(long, default_value = "iqn.2005-10.org.freenas.ctl")]
    pub basename: String,
    /// The pool, and its free space in bytes.
    #[arg(long, value_name = "NAME=BYTES", default_value = "tank=1099511627776")]
    pub pool: String,
    /// An address that an existing portal listens on. Repeatable.
    #[arg(long)]
    pub portal: Vec<String>,
    /// Have the iSCSI service run and start with the machine from the beginning.
    #[arg(long)]
    pub running: bool,
    /// Show the secrets of CHAP users as asterisks, as to users that are no full administrators.
    #[arg(long)]
    pub masked: bool,
    /// The program `tgtadm`, for a real data path: tgt then serves what is exported. LUN n is n + 1 there.
    #[arg(long, requires = "data")]
    pub tgtadm: Option<PathBuf>,
    /// A folder in which zvols are files, with `--tgtadm`.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// A fault: `KIND:METHOD[:TIMES]` or `KIND[:TIMES]`; see the list in `fault.rs`. Repeatable.
    #[arg(long = "fault", value_name = "FAULT")]
    pub faults: Vec<Fault>,
}

impl Default for Options {
    fn default() -> Self {
        #[derive(Parser)]
        struct Alone {
            #[command(flatten)]
            options: Options,
        }
        Alone::parse_from(["truenas"]).options
    }
}

/// A release of TrueNAS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Release {
    /// REST only.
    #[value(name = "24.10")]
    V24_10,
    /// The first with JSON-RPC; jobs answer with their ids.
    #[value(name = "25.04")]
    V25_04,
    /// Services are controlled by jobs.
    #[value(name = "25.10")]
    V25_10,
    /// No REST, no `service.start`.
    #[value(name = "26")]
    V26,
}

impl Release {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::V24_10, Self::V25_04, Self::V25_10, Self::V26];

    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::V24_10 => "TrueNAS-SCALE-24.10.2.4",
            Self::V25_04 => "TrueNAS-25.04.2.6",
            Self::V25_10 => "TrueNAS-25.10.6",
            Self::V26 => "TrueNAS-26.0.0-BETA.3",
        }
    }

    /// What `/api/versions` lists; none: there is no such list.
    pub(crate) fn served(self) -> Option<Vec<&'static str>> {
        let all = [
            (Self::V25_04, &["v25.04.0", "v25.04.1", "v25.04.2"][..]),
            (Self::V25_10, &["v25.10.0", "v25.10.1", "v25.10.2", "v25.10.3", "v25.10.4", "v25.10.5"]),
            (Self::V26, &["v26.0.0"]),
        ];
        let served = all.into_iter().filter(|(since, _)| *since <= self).flat_map(|(_, served)| served);
        (self > Self::V24_10).then(|| served.copied().collect())
    }

    pub(crate) fn has_rest(self) -> bool {
        self < Self::V26
    }
}
