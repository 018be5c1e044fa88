//! `cargo xtask bench`: measures tasks and processes, and compares them with the usual alternatives in the same run.

mod ara;
mod fleet;
mod jumpstarter;
mod modules;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use fs_err as fs;

use crate::error::{Error, Result};
use crate::package;
use crate::process;
use crate::tree;

/// The number of runs per figure, which is their median. Runs of different kinds alternate, so that a slow moment affects all.
const PLAYS: usize = 5;
const PROCESSES: usize = 51;

/// A group of measurements: its name, and a function that returns its rows. Servers write to the folder.
type Group = (&'static str, fn(&Path) -> Result<Vec<Row>>);
const GROUPS: [Group; 4] = [
    ("modules", modules::rows),
    ("fleet", fleet::rows),
    ("jumpstarter", jumpstarter::rows),
    ("ara", ara::rows),
];

/// Measures the groups of these names, or all if there are none.
pub(crate) fn bench(only: &[String]) -> Result<()> {
    let names = GROUPS.map(|(name, _)| name);
    if let Some(unknown) = only.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(Error::Tree(format!("there is no group {unknown}; the groups are {}", names.join(", "))));
    }
    let archive = package::package(Vec::new(), false)?;
    let folder = tree::target("bench");
    fs::create_dir_all(&folder)?;

    let mut rows = Vec::new();
    for (name, measure) in GROUPS {
        if only.is_empty() || only.iter().any(|it| it == name) {
            println!("Measuring {name}");
            rows.extend(measure(&folder)?);
        }
    }
    let size = fs::metadata(archive)?.len();
    rows.push(Row::new("The archive", format!("{:.2} MB", mega(size))));

    println!("\n| What | Median | Ratio |\n|---|---|---|");
    for row in rows {
        println!("| {} | {} | {} |", row.what, row.figure, row.ratio);
    }
    Ok(())
}

/// A row of the table.
struct Row {
    what: &'static str,
    figure: String,
    ratio: String,
}

impl Row {
    fn new(what: &'static str, figure: String) -> Self {
        Self { what, figure, ratio: String::new() }
    }

    /// A time in milliseconds, and its ratio to another.
    fn beside(what: &'static str, time: f64, other: f64) -> Self {
        Self { what, figure: format!("{time:.2} ms"), ratio: format!("{:.1}", time / other) }
    }
}

/// The program of a module in the packaged collection.
fn module(name: &str) -> PathBuf {
    package::folder().join(format!("plugins/modules/__{}__/{name}", std::env::consts::ARCH))
}

/// Milliseconds until the program has exited successfully.
fn timed(command: &mut Command) -> Result<f64> {
    let started = Instant::now();
    process::output_of(command)?;
    Ok(milliseconds(started.elapsed()))
}

/// The median of each kind of run.
fn medians<const N: usize>(runs: usize, kinds: [&dyn Fn() -> Result<f64>; N]) -> Result<[f64; N]> {
    let mut all = [(); N].map(|()| Vec::with_capacity(runs));
    for _ in 0..runs {
        for (figures, kind) in all.iter_mut().zip(kinds) {
            figures.push(kind()?);
        }
    }
    Ok(all.map(median))
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "sizes here are far below 2^52 bytes")]
fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// The peak memory of a process, in kB, from `/proc/PID/status`; `None` for a process that has ended.
fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_found_where_there_is_one() {
        assert_eq!(high_water("Name:\tx\nVmHWM:\t    3100 kB\nVmRSS:\t 2000 kB\n"), Some(3100));
        assert_eq!(high_water("Name:\tx\nState:\tZ (zombie)\n"), None);
    }

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert!((median(vec![9.0, 1.0, 5.0]) - 5.0).abs() < f64::EPSILON);
    }
}
