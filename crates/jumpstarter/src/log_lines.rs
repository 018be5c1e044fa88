//! Telling the log lines of `jmp` and `j`, which they write to stdout, from what was asked for.

const LEVELS: [&str; 5] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
/// `[11/20/26 20:18:58] `, or as many blanks within the same second.
const STAMP: usize = 20;
/// The level and a blank; the message follows, and is wrapped below itself.
const LEVEL: usize = 9;

/// The text without log lines.
pub(crate) fn without_log_lines(text: &str) -> String {
    let mut in_log = false;
    text.split_inclusive('\n')
        .filter(|line| {
            in_log = is_log_line(line) || (in_log && is_continuation(line));
            !in_log
        })
        .collect()
}

fn is_log_line(line: &str) -> bool {
    let Some((stamp, rest)) = line.split_at_checked(STAMP) else { return false };
    let is_stamp = stamp.starts_with('[') && stamp.ends_with("] ") && stamp.matches(['/', ':']).count() == 4;
    let is_same_second = stamp.trim().is_empty();
    let level = rest.get(..LEVEL).unwrap_or_default();
    (is_stamp || is_same_second) && level.ends_with(' ') && LEVELS.contains(&level.trim_end())
}

fn is_continuation(line: &str) -> bool {
    line.len() > STAMP + LEVEL && line.get(..STAMP + LEVEL).is_some_and(|margin| margin.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_lines_go_and_everything_else_stays() {
        let text = "\
Power cycling with 1 seconds wait time...
[11/21/26 00:59:13] INFO     Starting power cycle sequence                      
                    INFO     Waiting 1 seconds...                               
[11/21/26 00:59:05] WARNING  [driver.PySerial] Connecting to loop://, baudrate: 
                             115200                                             
                             9600
voltage=0.0 V
                             indented by the command itself
[11/21/26] INFO not ours
INFO     not ours either
ümlaut at the start of a line that is long enough
";
        assert_eq!(
            without_log_lines(text),
            "\
Power cycling with 1 seconds wait time...
voltage=0.0 V
                             indented by the command itself
[11/21/26] INFO not ours
INFO     not ours either
ümlaut at the start of a line that is long enough
"
        );
    }
}
