//! A `jmp shell` at work: hearing which command runs, keeping what it writes, and ending everything in time.
use crate::{
    CommandOutput, Error, Shell,
    command_pipes::{Command, Pipe, Sink},
    jmp_words::{JmpWords, unframed},
};
use hardened_host::{Child, Ending, FreshFolder, Guard, Room};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fd::AsFd,
};
use std::{
    fs::File,
    time::{Duration, Instant},
};

/// The minimum time for `jmp` to exit by itself.
const GRACE: Duration = Duration::from_secs(1);
/// How many lines of it are shown on failure.
const LINES_SHOWN: usize = 5;
/// The exit code of a command that timed out, as with `timeout` of coreutils.
const TIMED_OUT: i32 = 124;
/// The exit code of a command whose shell was killed, as a shell says it of what got SIGKILL.
const KILLED: i32 = 137;
/// The script's lines are shorter.
const LONGEST_LINE: usize = 100;

/// A running `jmp shell`.
#[derive(Debug)]
pub struct RunningShell {
    shell: Shell,
    folder: FreshFolder,
    child: Child,
    /// Where the script reports its progress.
    told: Pipe,
    /// The incomplete last line of it.
    line: Vec<u8>,
    room: Room,
    /// How many commands have begun.
    begun: usize,
    /// The command that ends next; `None` after the last.
    command: Option<Command>,
    /// Pipes of commands that have ended: processes that these started may still write.
    left: Vec<Pipe>,
    jmp: JmpWords,
}

impl RunningShell {
    pub(crate) fn new(shell: Shell, folder: FreshFolder, told: File, child: Child) -> Result<Self, Error> {
        Ok(RunningShell {
            room: shell.room,
            command: Some(Command::open(&folder, 0)?),
            told: Pipe(Some(told)),
            shell,
            folder,
            child,
            line: vec![],
            begun: 0,
            left: vec![],
            jmp: JmpWords::default(),
        })
    }

    /// Stops everything from another thread, when the process must end.
    pub fn stopper(&self) -> Guard {
        self.child.guard()
    }

    /// Waits for the commands; `tell` is called with each as it ends, and with the one that ran into the timeout. After `patience`
    /// everything that was started is ended. Returns what `jmp` itself said; its end, if that was much. `conceal` takes secrets out of that,
    /// before it is cut.
    pub fn wait(
        mut self,
        patience: Duration,
        conceal: &dyn Fn(&str) -> String,
        tell: &mut dyn FnMut(CommandOutput),
    ) -> Result<String, Error> {
        let start = Instant::now();
        loop {
            let is_over = self.look(patience.saturating_sub(start.elapsed()));
            for (word, number, code) in self.told_lines() {
                if word == "begun" {
                    self.begun = number + 1;
                }
                if word != "ended" || self.command.as_ref().is_none_or(|command| command.number != number) {
                    continue;
                }
                let is_last =
                    number + 1 == self.shell.commands.len() || (code != 0 && self.shell.stops_at_failure);
                if let Some(ran) = self.take(code) {
                    tell(ran);
                }
                if is_last {
                    // `jmp` may take its time to exit; its exit code adds nothing.
                    return Ok(self.leave(patience.saturating_sub(start.elapsed()).max(GRACE), conceal));
                }
                self.command = Some(Command::open(&self.folder, number + 1)?);
            }
            if is_over {
                // Without `jmp` the commands have no device.
                return Err(self.failed(conceal, tell));
            }
            if start.elapsed() >= patience {
                return Err(self.timed_out(patience, conceal, tell));
            }
        }
    }

    /// Waits for an event, and reads new output. Returns true if everything has ended.
    fn look(&mut self, patience: Duration) -> bool {
        let limit = Timespec {
            tv_sec: i64::try_from(patience.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: patience.subsec_nanos().into(),
        };
        let Self { told, line, room, command, left, child, .. } = self;
        let mut pipes = vec![(told, Sink::Line(line))];
        if let Some(Command { out, err, .. }) = command {
            pipes.extend([out, err].map(|(pipe, kept)| (pipe, Sink::Kept(kept))));
        }
        pipes.extend(left.iter_mut().map(|pipe| (pipe, Sink::Nowhere)));
        pipes.retain(|(pipe, _)| pipe.0.is_some());
        let is_over = {
            let open = pipes.iter().filter_map(|(pipe, _)| pipe.0.as_ref()).map(AsFd::as_fd);
            let watched = [child.ended(), child.written()].into_iter().chain(open);
            let mut watched: Vec<_> = watched.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)).collect();
            // An error is a signal; the loop checks again.
            let _ = poll(&mut watched, Some(&limit));
            let has_hung_up: Vec<bool> =
                watched[2..].iter().map(|it| it.revents().contains(PollFlags::HUP)).collect();
            let is_over = !watched[0].revents().is_empty();
            for ((pipe, sink), has_hung_up) in pipes.iter_mut().zip(has_hung_up) {
                pipe.read(has_hung_up, sink, room);
            }
            is_over
        };
        self.left.retain(|pipe| pipe.0.is_some());
        self.jmp.hear(&mut self.child);
        is_over
    }

    /// The script's new reports: a word, a command's number and its exit code.
    fn told_lines(&mut self) -> Vec<(String, usize, i32)> {
        let mut lines = vec![];
        while let Some(end) = self.line.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.line.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            if let [word, number, code] = line.split_whitespace().collect::<Vec<_>>()[..]
                && let (Ok(number), Ok(code)) = (number.parse(), code.parse())
            {
                lines.push((word.to_owned(), number, code));
            }
        }
        if self.line.len() > LONGEST_LINE {
            // The script doesn't write that.
            self.line.clear();
        }
        lines
    }

    /// The command has ended with this code: all that it wrote is in its pipes, or was read.
    fn take(&mut self, code: i32) -> Option<CommandOutput> {
        let Command { number, mut out, mut err } = self.command.take()?;
        for (pipe, kept) in [&mut out, &mut err] {
            pipe.read(false, &mut Sink::Kept(kept), &mut self.room);
        }
        self.left.extend([out.0, err.0]);
        let (stdout, stderr) = (out.1, err.1);
        Some(CommandOutput {
            command: self.shell.commands.get(number)?.clone(),
            code,
            left_out: stdout.left_out() + stderr.left_out(),
            last_line: Some(stderr.last_line())
                .filter(|line| !line.is_empty())
                .unwrap_or_else(|| stdout.last_line()),
            stdout: stdout.into_text(),
            stderr: stderr.into_text(),
        })
    }

    /// Returns `jmp`'s output, once it has exited.
    fn leave(mut self, patience: Duration, conceal: &dyn Fn(&str) -> String) -> String {
        let start = Instant::now();
        while start.elapsed() < patience && !self.look(patience.saturating_sub(start.elapsed())) {}
        self.child.guard().end();
        self.jmp.hear(&mut self.child);
        self.jmp.text(conceal)
    }

    /// `tell` is called with what a running command has written so far.
    fn timed_out(
        mut self,
        after: Duration,
        conceal: &dyn Fn(&str) -> String,
        tell: &mut dyn FnMut(CommandOutput),
    ) -> Error {
        self.child.guard().end();
        if let Some(command) = self.broken_off(TIMED_OUT, tell) {
            return Error::CommandTimeout { command, after };
        }
        let why = format!("it timed out after {} s; {}", after.as_secs_f64(), self.end_of_output(conceal));
        self.fault(why)
    }

    /// The command that is running, if one is. It will have no other end: `tell` is called with what it has written so far.
    fn broken_off(&mut self, code: i32, tell: &mut dyn FnMut(CommandOutput)) -> Option<String> {
        self.command.as_ref().filter(|command| command.number < self.begun)?;
        let ran = self.take(code)?;
        let command = ran.command.clone();
        tell(ran);
        Some(command)
    }

    /// `tell` is called with what a running command has written.
    fn failed(mut self, conceal: &dyn Fn(&str) -> String, tell: &mut dyn FnMut(CommandOutput)) -> Error {
        self.jmp.hear(&mut self.child);
        let said = self.end_of_output(conceal);
        let running = self.broken_off(KILLED, tell);
        let how = match self.child.ending() {
            Ending::NotStarted(e) => return Error::start(&e),
            // `jmp` sees nothing wrong with that.
            Ending::Exited(0) if running.is_some() => {
                return Error::ShellKilled { command: running.unwrap_or_default() };
            }
            Ending::Exited(status) => exited(status),
            Ending::Killed(signal) => format!("it was killed by signal {signal}"),
            Ending::GuardDied => "its guard process was killed".into(),
        };
        self.fault(format!("{how}; {said}"))
    }

    fn fault(&self, why: String) -> Error {
        if self.begun > 0 {
            Error::Shell { why }
        } else {
            Error::NoDevice { device: self.shell.device.to_string(), why }
        }
    }

    /// The end of `jmp`'s own output.
    fn end_of_output(&self, conceal: &dyn Fn(&str) -> String) -> String {
        let said = self.jmp.text(conceal);
        // The shell between `jmp` and the command writes its errors where the command's errors go.
        let complaint = self.command.as_ref().map(|command| command.err.1.last_line()).unwrap_or_default();
        let lines = said.lines().chain([complaint.as_str()]).map(unframed).filter(|line| !line.is_empty());
        let lines: Vec<&str> = lines.collect();
        let last = lines[lines.len().saturating_sub(LINES_SHOWN)..].join(" / ");
        if last.is_empty() { "it produced no output".into() } else { last }
    }
}

/// A shell adds 128 to the signal that has ended a program, and `jmp`, as other programs in Python, subtracts it from 256.
fn exited(status: i32) -> String {
    match status {
        129..=159 => format!("signal {} ended its shell (it exited with status {status})", status - 128),
        241..=254 => format!("signal {} ended its shell (it exited with status {status})", 256 - status),
        _ => format!("it exited with status {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::exited;

    #[test]
    fn a_status_that_stands_for_a_signal_names_it() {
        for status in [137, 247] {
            assert_eq!(exited(status), format!("signal 9 ended its shell (it exited with status {status})"));
        }
        for status in [1, 126, 127, 128, 255] {
            assert_eq!(exited(status), format!("it exited with status {status}"));
        }
    }
}
