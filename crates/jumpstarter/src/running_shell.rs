//! A running `jmp shell`: tracks which command runs, collects its output, and ends everything in time.
use crate::{Error, Ran, Shell};
use hardened_host::{Child, Ending, FreshFolder, Guard, KeptOutput, Room};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fd::AsFd,
};
use std::{
    fs::File,
    io::{ErrorKind, Read},
    time::{Duration, Instant},
};

/// The minimum time for `jmp` to exit by itself.
const GRACE: Duration = Duration::from_secs(1);
/// The most read from a pipe at once: more than a pipe holds, so that it is emptied of earlier output.
const MOST_AT_ONCE: usize = 1 << 20;
/// How much of the end of `jmp`'s own output is kept.
const END_OF_JMP: usize = 64 << 10;
/// How many lines of it are shown on failure.
const LINES_SHOWN: usize = 5;
/// The exit code of a command that timed out, as with `timeout` of coreutils.
const TIMED_OUT: i32 = 124;
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
    /// The end of `jmp`'s own output.
    jmp_said: Vec<u8>,
}

/// A command and its output.
#[derive(Debug)]
struct Command {
    number: usize,
    out: (Pipe, KeptOutput),
    err: (Pipe, KeptOutput),
}

/// The reading end of a pipe, as long as the other may be written to.
#[derive(Debug)]
struct Pipe(Option<File>);

/// Where the data goes.
enum Sink<'a> {
    Line(&'a mut Vec<u8>),
    Kept(&'a mut KeptOutput),
    Nowhere,
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
            jmp_said: vec![],
        })
    }

    /// Stops everything from another thread, when the process must end.
    pub fn stopper(&self) -> Guard {
        self.child.guard()
    }

    /// Waits for the commands. Calls `tell` with each as it ends, and with one that timed out. After `patience`, everything is stopped.
    /// Returns `jmp`'s own output, or its end if it is long.
    pub fn wait(mut self, patience: Duration, tell: &mut dyn FnMut(Ran)) -> Result<String, Error> {
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
                    return Ok(self.leave(patience.saturating_sub(start.elapsed()).max(GRACE)));
                }
                self.command = Some(Command::open(&self.folder, number + 1)?);
            }
            if is_over {
                // Without `jmp` the commands have no device.
                return Err(self.failed());
            }
            if start.elapsed() >= patience {
                return Err(self.timed_out(patience, tell));
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
        self.hear_jmp();
        is_over
    }

    fn hear_jmp(&mut self) {
        let said = &mut self.jmp_said;
        self.child.read_all(&mut |piece| {
            said.extend_from_slice(piece);
            if said.len() > 2 * END_OF_JMP {
                said.drain(..said.len() - END_OF_JMP);
            }
        });
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

    /// Handles the end of a command with this exit code: all its output is in its pipes, or was read.
    fn take(&mut self, code: i32) -> Option<Ran> {
        let Command { number, mut out, mut err } = self.command.take()?;
        for (pipe, kept) in [&mut out, &mut err] {
            pipe.read(false, &mut Sink::Kept(kept), &mut self.room);
        }
        self.left.extend([out.0, err.0]);
        let (stdout, stderr) = (out.1, err.1);
        Some(Ran {
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
    fn leave(mut self, patience: Duration) -> String {
        let start = Instant::now();
        while start.elapsed() < patience && !self.look(patience.saturating_sub(start.elapsed())) {}
        self.child.guard().end();
        self.hear_jmp();
        self.said()
    }

    /// Calls `tell` with what a running command has written so far.
    fn timed_out(mut self, after: Duration, tell: &mut dyn FnMut(Ran)) -> Error {
        self.child.guard().end();
        if self.command.as_ref().is_some_and(|command| command.number < self.begun)
            && let Some(ran) = self.take(TIMED_OUT)
        {
            let command = ran.command.clone();
            tell(ran);
            return Error::CommandTimeout { command, after };
        }
        let why = format!("it timed out after {} s; {}", after.as_secs_f64(), self.end_of_output());
        self.fault(why)
    }

    fn failed(mut self) -> Error {
        self.hear_jmp();
        let how = match self.child.ending() {
            Ending::NotStarted(e) => return Error::start(&e),
            Ending::Exited(status) => format!("it exited with status {status}"),
            Ending::Killed(signal) => format!("it was killed by signal {signal}"),
            Ending::GuardDied => "its guard process was killed".into(),
        };
        let why = format!("{how}; {}", self.end_of_output());
        self.fault(why)
    }

    fn fault(&self, why: String) -> Error {
        if self.begun > 0 {
            Error::Shell { why }
        } else {
            Error::NoDevice { device: self.shell.device.to_string(), why }
        }
    }

    fn said(&self) -> String {
        let end = &self.jmp_said[self.jmp_said.len().saturating_sub(END_OF_JMP)..];
        without_quotes(&String::from_utf8_lossy(end))
    }

    /// The end of `jmp`'s own output.
    fn end_of_output(&self) -> String {
        let said = self.said();
        // The shell between `jmp` and the command writes its errors where the command's errors go.
        let complaint = self.command.as_ref().map(|command| command.err.1.last_line()).unwrap_or_default();
        let lines = said.lines().chain([complaint.as_str()]).map(str::trim).filter(|line| !line.is_empty());
        let lines: Vec<&str> = lines.collect();
        let last = lines[lines.len().saturating_sub(LINES_SHOWN)..].join(" / ");
        if last.is_empty() { "it produced no output".into() } else { last }
    }
}

/// `jmp`'s output without quotes from an exporter's file: the values that pydantic rejects, and user info in URLs.
fn without_quotes(said: &str) -> String {
    let line = |line: &str| {
        let mut line = line.to_owned();
        if let Some(start) = line.find(QUOTED) {
            let end = line.rfind(", input_type=").filter(|end| *end > start).unwrap_or(line.len());
            line.replace_range(start + QUOTED.len()..end, "***");
        }
        let mut shown = String::new();
        let mut rest = line.as_str();
        while let Some((before, after)) = rest.split_once("://") {
            let authority = after
                .find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\''))
                .unwrap_or(after.len());
            let host = after[..authority].rfind('@').map_or(0, |at| at + 1);
            shown.extend([before, "://", if host > 0 { "***@" } else { "" }]);
            rest = &after[host..];
        }
        shown + rest
    };
    said.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

const QUOTED: &str = "input_value=";

impl Command {
    fn open(folder: &FreshFolder, number: usize) -> Result<Self, Error> {
        let pipe = |kind| {
            let file = folder.open_pipe(&format!("{number}.{kind}"));
            file.map_err(|e| Error::private("Cannot read the output of a command", &e))
        };
        let pipe = |kind| Ok::<_, Error>((Pipe(Some(pipe(kind)?)), KeptOutput::default()));
        Ok(Command { number, out: pipe("out")?, err: pipe("err")? })
    }
}

impl Pipe {
    /// Reads what is available. Without writers there is nothing, too; but if it `has_hung_up`, all writers are gone for good.
    fn read(&mut self, has_hung_up: bool, sink: &mut Sink, room: &mut Room) {
        let Some(file) = &mut self.0 else { return };
        let mut piece = [0; 16 << 10];
        let mut total = 0;
        while total < MOST_AT_ONCE {
            match file.read(&mut piece) {
                Ok(0) if has_hung_up => {
                    self.0 = None;
                    return;
                }
                Ok(read @ 1..) => {
                    total += read;
                    match sink {
                        Sink::Line(line) => line.extend_from_slice(&piece[..read]),
                        Sink::Kept(kept) => kept.take(&piece[..read], room),
                        Sink::Nowhere => {}
                    }
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::without_quotes;

    #[test]
    fn what_jmp_quotes_of_a_file_is_not_shown() {
        for (said, shown) in [
            (
                "token: not a text [type=string_type, input_value=['hush'], input_type=list]",
                "token: not a text [type=string_type, input_value=***, input_type=list]",
            ),
            ("input_value='root:$6$hush:1:2'", "input_value=***"),
            (
                "no port socket://user:hush@127.0.0.1:1/x, tcp://127.0.0.1:2",
                "no port socket://***@127.0.0.1:1/x, tcp://127.0.0.1:2",
            ),
            ("a\nb https://u:p@ss@h\n", "a\nb https://***@h\n"),
        ] {
            assert_eq!(without_quotes(said), shown);
        }
    }
}
