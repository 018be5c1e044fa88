//! Finds and ends all descendants of this process.
//!
//! A child subreaper inherits every orphan below it. So each descendant is found by its chain of parents, wherever it
//! moved: neither a session or process group of its own nor an empty environment hides it.
use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, set_child_subreaper, wait},
};
use std::{
    collections::{HashMap, HashSet},
    thread::sleep,
    time::{Duration, Instant},
};

/// The time to exit after SIGTERM.
const GRACE: Duration = Duration::from_secs(1);
/// One that even SIGKILL doesn't end hangs in the kernel, or belongs to somebody else.
const PATIENCE: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(5);

/// Makes orphaned descendants children of this process from now on.
pub(crate) fn adopt_orphans() {
    // Linux has it since 3.4. If it fails, children are still found, and their children as long as the parents live.
    let _ = set_child_subreaper(Some(rustix::process::getpid()));
}

/// Ends all descendants with SIGTERM, then SIGKILL. Returns when none is left, or nothing more can be done.
pub(crate) fn end_all() {
    let begun = Instant::now();
    signal(&living(), Signal::TERM);
    while !living().is_empty() && begun.elapsed() < GRACE {
        sleep(TICK);
    }
    while begun.elapsed() < PATIENCE {
        let left = living();
        if left.is_empty() {
            return;
        }
        // A stopped process can't start others while the rest is being ended.
        signal(&left, Signal::STOP);
        signal(&living(), Signal::KILL);
        sleep(TICK);
    }
}

/// Reaps the children that have ended; calls `found` for each.
pub(crate) fn collect(found: &mut dyn FnMut(Pid, WaitStatus)) {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) => found(pid, status),
            Err(Errno::INTR) => {}
            Ok(None) | Err(_) => return,
        }
    }
}

fn living() -> Vec<Pid> {
    collect(&mut |_, _| ());
    let Ok(entries) = std::fs::read_dir("/proc") else { return vec![] };
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for pid in entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok()) {
        if let Some(parent) = parent_of(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = HashSet::new();
    let mut next = vec![rustix::process::getpid().as_raw_nonzero().get()];
    while let Some(pid) = next.pop() {
        for child in children.get(&pid).into_iter().flatten() {
            if found.insert(*child) {
                next.push(*child);
            }
        }
    }
    found.into_iter().filter_map(Pid::from_raw).collect()
}

/// `None` if it is gone or a zombie.
fn parent_of(pid: i32) -> Option<i32> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    // The second field is the program's name in parentheses, which may contain anything.
    let mut fields = stat[stat.rfind(')')? + 1..].split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(parent)
}

fn signal(processes: &[Pid], signal: Signal) {
    for pid in processes {
        // It may have ended by now.
        let _ = kill_process(*pid, signal);
    }
}
