//! The lines of a file of any size, one by one. No more of the file is in memory than one line of limited length.
use std::io::{self, BufRead, BufReader, Read};

/// The length of a line, in bytes. ARA takes no more than 2.5 MiB at once.
pub(crate) const LONGEST: usize = 4 << 20;

/// What is left of a file.
pub(crate) struct Lines<R> {
    rest: BufReader<R>,
    line: Vec<u8>,
}

impl<R: Read> Lines<R> {
    pub(crate) fn of(rest: R) -> Self {
        Self { rest: BufReader::new(rest), line: Vec::new() }
    }

    /// The next line and its length in the file, with its end. A line that is too long is empty.
    pub(crate) fn next(&mut self) -> io::Result<Option<(&[u8], u64)>> {
        self.line.clear();
        let most = LONGEST as u64 + 1;
        let mut length = self.rest.by_ref().take(most).read_until(b'\n', &mut self.line)? as u64;
        if length == most && self.line.last() != Some(&b'\n') {
            length += self.rest.skip_until(b'\n')? as u64;
            self.line = Vec::new();
        }
        Ok((length > 0).then_some((&self.line[..], length)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_passed_over_and_the_next_is_there() {
        for (long, is_kept) in [(LONGEST, true), (LONGEST + 1, false), (3 * LONGEST, false)] {
            let text = [b"a\n".to_vec(), vec![b'x'; long], b"\nb".to_vec()].concat();
            let mut lines = Lines::of(&text[..]);
            assert_eq!(lines.next().unwrap(), Some((&b"a\n"[..], 2)));
            let (line, length) = lines.next().unwrap().unwrap();
            assert_eq!((!line.is_empty(), length), (is_kept, long as u64 + 1));
            assert_eq!(lines.next().unwrap(), Some((&b"b"[..], 1)));
            assert_eq!(lines.next().unwrap(), None);
        }
    }
}
