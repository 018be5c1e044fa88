//! The installer's log on its standard error: `level=info msg="..."`, or `INFO ...` on a terminal.
/// Longer than any secret, so that one that begins in what is shown is whole.
const LONGEST: usize = 64 << 10;

/// Takes the log piece by piece, and remembers what says why it failed.
#[derive(Debug, Default)]
pub(crate) struct LogLines {
    open: Vec<u8>,
    last: Option<String>,
    fatal: Option<String>,
}

impl LogLines {
    /// `tell` gets the message of each line that is complete, unless it is one for debugging.
    pub(crate) fn take(&mut self, bytes: &[u8], tell: &dyn Fn(&str)) {
        for byte in bytes {
            match byte {
                b'\n' | b'\r' => self.end_line(tell),
                _ if self.open.len() < LONGEST => self.open.push(*byte),
                _ => {}
            }
        }
    }

    /// The last fatal message; else the last line.
    pub(crate) fn reason(mut self) -> Option<String> {
        self.end_line(&|_| ());
        self.fatal.or(self.last)
    }

    fn end_line(&mut self, tell: &dyn Fn(&str)) {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.open)).trim().to_owned();
        if line.is_empty() {
            return;
        }
        let (level, message) = parts(&line);
        if level == "debug" {
            return;
        }
        if level == "fatal" {
            self.fatal = Some(message.clone());
        }
        tell(&message);
        self.last = Some(message);
    }
}

/// The level, in lower case, and the message.
fn parts(line: &str) -> (String, String) {
    let level = line.split_ascii_whitespace().find_map(|word| word.strip_prefix("level="));
    if let (Some(level), Some((_, message))) = (level, line.split_once("msg=")) {
        return (level.to_owned(), unquoted(message));
    }
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    match first {
        "DEBUG" | "INFO" | "WARNING" | "ERROR" | "FATAL" => {
            (first.to_ascii_lowercase(), rest.trim().to_owned())
        }
        _ => ("info".into(), line.to_owned()),
    }
}

/// The content of a Go string in quotes.
fn unquoted(text: &str) -> String {
    serde_json::from_str(text.trim()).unwrap_or_else(|_| text.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn the_last_fatal_line_is_the_reason_whatever_follows_it() {
        let mut log = LogLines::default();
        let told = RefCell::new(vec![]);
        let tell = |line: &str| told.borrow_mut().push(line.to_owned());
        log.take(b"level=info msg=Consuming Install Config\nlevel=debug msg=x\nlevel=fatal msg=\"failed to fetch Agent", &tell);
        log.take(b" Installer ISO: no \\\"base\\\"\"\nlevel=info msg=bye\n", &tell);
        let fatal = "failed to fetch Agent Installer ISO: no \"base\"";
        assert_eq!(*told.borrow(), ["Consuming Install Config", fatal, "bye"]);
        assert_eq!(log.reason().as_deref(), Some(fatal));
    }

    #[test]
    fn a_log_for_terminals_and_one_of_none_are_understood_too() {
        let mut log = LogLines::default();
        log.take(b"INFO Consuming\nFATAL no disk", &|_| ());
        assert_eq!(log.reason().as_deref(), Some("no disk"));
        let mut log = LogLines::default();
        log.take(b"panic: runtime error\n\n", &|_| ());
        assert_eq!(log.reason().as_deref(), Some("panic: runtime error"));
        assert_eq!(LogLines::default().reason(), None);
    }
}
