//! Ending everything that a shell has started, also when whoever started it was killed and can't do it any more.
use std::{
    ffi::OsString,
    io::{self, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// All that the shell starts inherits this variable, wherever it puts itself: a session of its own leaves the process group.
pub(crate) const MARK: &str = "HATCI_JMP_SHELL";

/// Ends what has the mark $1, and the process group $2, unless it is told a line before its input ends.
const SCRIPT: &str = r#"
read -r dismissed && exit
marked() {
    grep -lsF "$mark" /proc/[0-9]*/environ | cut -d / -f 3
}
mark=$1 group=$2
kill -s TERM -- $(marked) "-$group"
rounds=0
while [ -n "$(marked)" ] && [ $rounds -lt 10 ]
do
    sleep 0.1
    rounds=$((rounds + 1))
done
# Whoever is starting others may be faster than one look.
rounds=0
while [ -n "$(marked)" ] && [ $rounds -lt 10 ]
do
    kill -s KILL -- $(marked)
    rounds=$((rounds + 1))
done
# Whoever has thrown its environment away.
kill -s KILL -- "-$group"
"#;

/// A process that outlives this one for as long as it takes to end what a shell has started.
#[derive(Debug, Clone)]
pub(crate) struct ShellGuard(Arc<Mutex<Child>>);

impl ShellGuard {
    /// Guards what has this value of [`MARK`] and what is in the process group.
    pub(crate) fn start(value: &Path, group: u32) -> io::Result<Self> {
        let mut mark = OsString::from(MARK);
        mark.push("=");
        mark.push(value);
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "sh"]).arg(mark).arg(group.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Ok(ShellGuard(Arc::new(Mutex::new(command.spawn()?))))
    }

    /// Ends everything, and returns when it is done.
    pub(crate) fn end(&self) {
        let mut child = self.child();
        drop(child.stdin.take());
        // It ends by itself, whatever the others do.
        let _ = child.wait();
    }

    /// What still runs may go on.
    pub(crate) fn dismiss(&self) {
        let mut child = self.child();
        if let Some(mut input) = child.stdin.take() {
            // It reads until then, or is gone.
            let _ = input.write_all(b"\n");
        }
        let _ = child.wait();
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Read};

    /// Starts three sleepers: in the process group, in a session of its own, and one that nothing but SIGKILL ends.
    fn start(value: &str) -> (ShellGuard, Child, BufReader<impl Read>) {
        let sleepers =
            "sleep 60 & setsid sh -c 'sleep 60 & wait' & trap '' TERM; setsid sleep 60 & echo begun; wait";
        let mut command = Command::new("sh");
        command.args(["-c", sleepers]).env(MARK, value).process_group(0);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let guard = ShellGuard::start(Path::new(value), child.id()).unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "begun\n");
        (guard, child, output)
    }

    /// All of them hold its other end.
    fn wait_for_the_last(mut output: impl Read) {
        assert_eq!(output.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn all_that_was_started_is_ended_wherever_it_is() {
        let (guard, mut child, output) = start("/ended");
        guard.end();
        wait_for_the_last(output);
        child.wait().unwrap();
    }

    #[test]
    fn the_death_of_whoever_holds_it_ends_all_as_well() {
        let (guard, mut child, output) = start("/died");
        drop(guard);
        wait_for_the_last(output);
        child.wait().unwrap();
    }

    #[test]
    fn nothing_is_ended_once_it_is_dismissed() {
        let (guard, mut child, output) = start("/dismissed");
        guard.dismiss();
        assert!(child.try_wait().unwrap().is_none());
        // What others have started is left alone too.
        let (other, ..) = start("/other");
        other.end();
        assert!(child.try_wait().unwrap().is_none());
        ShellGuard::start(Path::new("/dismissed"), child.id()).unwrap().end();
        wait_for_the_last(output);
        child.wait().unwrap();
    }
}
