//! Keeps a program's output as far as there is room, and counts the rest.
use shown_text::marked;

/// The room for the output of one task, in bytes and lines. All its streams share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes that may still be kept; a control character takes the room of six.
    pub bytes: u64,
    /// Lines that may still be started.
    pub lines: u64,
}

/// How much of the last line is kept regardless of room: it often says what went wrong.
const LONGEST_LAST_LINE: usize = 1000;

/// One stream of a program's output.
#[derive(Debug, Default)]
pub struct KeptOutput {
    kept: Vec<u8>,
    left_out: u64,
    /// The last line that isn't blank, and the incomplete one.
    last: Vec<u8>,
    open: Vec<u8>,
}

impl KeptOutput {
    /// Adds output: keeps it up to the first byte that doesn't fit.
    pub fn take(&mut self, bytes: &[u8], room: &mut Room) {
        let fits = if self.left_out > 0 { 0 } else { fitting(bytes, room) };
        self.kept.extend_from_slice(&bytes[..fits]);
        self.left_out += (bytes.len() - fits) as u64;
        self.note_lines(bytes);
    }

    /// How many bytes were dropped.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The last line that is not blank, without a frame around it, also if it was left out. A very long one is cut, and ends in
    /// [`CUT`](shown_text::CUT). Empty if there is none.
    pub fn last_line(&self) -> String {
        let line = if is_blank(&self.open) { &self.last } else { &self.open };
        if line.len() > LONGEST_LAST_LINE {
            return marked(String::from_utf8_lossy(&line[..LONGEST_LAST_LINE]).trim_start_matches(is_frame));
        }
        String::from_utf8_lossy(line).trim_matches(is_frame).to_owned()
    }

    /// The kept output as text: each run of bytes that are not UTF-8 becomes one U+FFFD. No character is cut in two. If something was left out
    /// after it, it ends in [`CUT`](shown_text::CUT).
    pub fn into_text(mut self) -> String {
        let is_cut = self.left_out > 0;
        if is_cut {
            let cut = unfinished_character(&self.kept);
            self.kept.truncate(self.kept.len() - cut);
        }
        let text = text_of(self.kept);
        if is_cut && !text.is_empty() { marked(&text) } else { text }
    }

    fn note_lines(&mut self, bytes: &[u8]) {
        let mut lines = bytes.rsplit(|byte| *byte == b'\n');
        let open = lines.next().unwrap_or_default();
        if open.len() < bytes.len() {
            // The first of these lines ends the incomplete one.
            let ended = bytes.len() - open.len() - 1;
            let first = &bytes[..bytes.iter().position(|byte| *byte == b'\n').unwrap_or(ended)];
            match lines.find(|line| !is_blank(line)) {
                Some(last) if last.as_ptr() != first.as_ptr() => self.last = start_of(last).to_vec(),
                _ => {
                    self.open.extend_from_slice(start_of(first));
                    if !is_blank(&self.open) {
                        std::mem::swap(&mut self.last, &mut self.open);
                    }
                }
            }
            self.open.clear();
        }
        self.open.extend_from_slice(start_of(open));
        self.open.truncate(LONGEST_LAST_LINE + 1);
        self.last.truncate(LONGEST_LAST_LINE + 1);
    }
}

/// One byte more than is shown, which says that it is not the whole.
fn start_of(line: &[u8]) -> &[u8] {
    &line[..line.len().min(LONGEST_LAST_LINE + 1)]
}

fn text_of(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => e.as_bytes().utf8_chunks().fold(String::new(), |mut text, chunk| {
            text.push_str(chunk.valid());
            let goes_on = chunk.valid().is_empty() && text.ends_with(char::REPLACEMENT_CHARACTER);
            if !chunk.invalid().is_empty() && !goes_on {
                text.push(char::REPLACEMENT_CHARACTER);
            }
            text
        }),
    }
}

/// How many of the bytes fit; uses up the room for them.
fn fitting(bytes: &[u8], room: &mut Room) -> usize {
    let mut left = room.bytes;
    let too_much = |byte: &u8| left.checked_sub(cost(*byte)).map(|rest| left = rest).is_none();
    let by_size = bytes.iter().position(too_much).unwrap_or(bytes.len());
    let mut fits = 0;
    for line in bytes[..by_size].split_inclusive(|byte| *byte == b'\n') {
        if room.lines == 0 {
            break;
        }
        room.lines -= u64::from(line.ends_with(b"\n"));
        fits += line.len();
    }
    room.bytes -= bytes[..fits].iter().map(|byte| cost(*byte)).sum::<u64>();
    fits
}

/// How much room a byte takes. In JSON a control character is six characters: `\u0000`.
fn cost(byte: u8) -> u64 {
    if byte < b' ' && !matches!(byte, b'\n' | b'\r' | b'\t') { 6 } else { 1 }
}

/// Blank too is a line that only draws the frame of a box, as Python's `rich` and `click` do around what went wrong.
fn is_blank(line: &[u8]) -> bool {
    String::from_utf8_lossy(line).chars().all(is_frame)
}

/// Whether it is white space, or one of Unicode's box-drawing characters.
fn is_frame(c: char) -> bool {
    c.is_whitespace() || ('\u{2500}'..='\u{257f}').contains(&c)
}

/// The length of an incomplete character at the end, in bytes.
fn unfinished_character(bytes: &[u8]) -> usize {
    let invalid = bytes.utf8_chunks().last().map_or(&[][..], |chunk| chunk.invalid());
    let is_unfinished = std::str::from_utf8(invalid).is_err_and(|e| e.error_len().is_none());
    if is_unfinished { invalid.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(bytes: u64, lines: u64) -> Room {
        Room { bytes, lines }
    }

    #[test]
    fn control_characters_take_the_room_that_they_need_in_json() {
        let (mut output, mut room) = (KeptOutput::default(), room(15, 3));
        output.take(b"a\n\0\x1b\0b", &mut room);
        assert_eq!((output.left_out(), room.bytes), (2, 1));
        assert_eq!(output.into_text(), "a\n\0\x1b…");
    }

    #[test]
    fn all_is_kept_as_long_as_there_is_room_for_it() {
        let (mut output, mut room) = (KeptOutput::default(), room(20, 3));
        output.take("ä\n".as_bytes(), &mut room);
        output.take(b"\xff b\n", &mut room);
        assert_eq!((output.left_out(), room), (0, Room { bytes: 13, lines: 1 }));
        assert_eq!(output.last_line(), "\u{fffd} b");
        assert_eq!(output.into_text(), "ä\n\u{fffd} b\n");
    }

    #[test]
    fn what_there_is_no_room_for_is_counted_and_its_last_line_is_known() {
        for mut room in [room(5, 100), room(100, 2)] {
            let mut output = KeptOutput::default();
            output.take(b"1\n22\n333\n", &mut room);
            output.take(b"4444\n5", &mut room);
            output.take(b"5 the end\n \n", &mut room);
            assert_eq!((output.left_out(), output.last_line().as_str()), (22, "55 the end"));
            assert_eq!(output.into_text(), "1\n22\n…");
        }
    }

    #[test]
    fn nothing_is_kept_after_a_gap() {
        let (mut output, mut room) = (KeptOutput::default(), room(3, 1));
        output.take(b"1\n2", &mut room);
        output.take(b"2", &mut room);
        assert_eq!(output.into_text(), "1\n…");
    }

    #[test]
    fn no_character_is_cut_in_two() {
        for (bytes, kept) in
            [(1, ""), (2, "ä…"), (3, "ä…"), (4, "ä…"), (5, "ä€…"), (8, "ä€…"), (9, "ä€😀…"), (10, "ä€😀+")]
        {
            let (mut output, mut room) = (KeptOutput::default(), room(bytes, 10));
            output.take("ä€😀+".as_bytes(), &mut room);
            assert_eq!(output.into_text(), kept, "{bytes}");
        }
    }

    #[test]
    fn a_line_without_an_end_takes_no_more_memory_than_there_is_room_for() {
        let (mut output, mut room) = (KeptOutput::default(), room(10, 10));
        for _ in 0..1000 {
            output.take(&[b'x'; 1000], &mut room);
        }
        assert_eq!(output.last_line(), "x".repeat(LONGEST_LAST_LINE) + "…");
        assert!(output.kept.capacity() < 2000 && output.open.capacity() <= 4 * LONGEST_LAST_LINE);
    }

    #[test]
    fn the_frame_of_a_box_is_no_last_line() {
        let mut output = KeptOutput::default();
        let mut room = Room { bytes: 0, lines: 0 };
        output
            .take("╭─ Error ───────╮\n│ Driver a.B is not installed │\n╰───────╯\n\n".as_bytes(), &mut room);
        assert_eq!(output.last_line(), "Driver a.B is not installed");
    }
}
