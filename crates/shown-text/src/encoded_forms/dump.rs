//! What stands in the lines of a dump, as `hexdump -C`, `xxd` and `od` write it: a number, so many bytes, and perhaps the same bytes as text.
use crate::cut::{CUT, MARK};

/// The bytes of one line at most.
const MOST_BYTES: usize = 32;
/// The length of one line at most.
const MOST_OF_LINE: usize = 512;
/// The digits of the number at the beginning of a line at least.
const FEWEST_DIGITS: usize = 6;
/// How wide a character is in the output of `od -c`.
const COLUMN: usize = 4;

/// Lines of a dump that follow one another.
#[derive(Default)]
struct Dump {
    content: Vec<u8>,
    /// For each line, where its bytes begin in the content, and from where to where they stand in the text.
    lines: Vec<(usize, usize, usize)>,
    /// Whether it is a dump of words, which may have the second byte first.
    is_of_words: bool,
    is_cut: bool,
}

/// Where the lines of dumps stand that hold any of what `find` finds in their content, each without its number.
pub(super) fn places_in(text: &str, find: &dyn Fn(&str) -> Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    let (mut places, mut dump, mut start) = (Vec::new(), Dump::default(), 0);
    for line in text.split('\n') {
        if !dump.add(line, start) {
            // The cut may be before the next line's first byte.
            dump.is_cut |= line.contains(CUT);
            dump.take(find, &mut places);
        }
        start += line.len() + 1;
    }
    dump.take(find, &mut places);
    places
}

impl Dump {
    /// Adds a line that begins here in the text; false if it is none of a dump.
    fn add(&mut self, line: &str, start: usize) -> bool {
        // Before the first there may be other words on its line.
        self.add_all(line, start)
            || self.lines.is_empty() && words(line).any(|word| self.add_all(&line[word..], start + word))
    }

    /// The same of a line that begins with the number.
    fn add_all(&mut self, line: &str, start: usize) -> bool {
        let Some(number) = number(line) else { return false };
        let line =
            &line[..(0..=MOST_OF_LINE.min(line.len())).rfind(|at| line.is_char_boundary(*at)).unwrap_or(0)];
        let (written, is_cut) = match line.find(CUT) {
            Some(at) => (&line[number..at], true),
            None => (&line[number..], false),
        };
        let written = written.trim_end_matches('\r');
        // `xxd` has the same as text behind two blanks, the others behind a sign.
        let end_of_digits =
            if line[..number].ends_with(':') { written.find("  ") } else { written.find(['|', '>']) };
        let written_of_digits = &written[..end_of_digits.unwrap_or(written.len())];
        // Behind the last line a quote or bracket may end the text.
        let is_of_digits = |c: char| c.is_ascii_hexdigit() || c.is_whitespace();
        let of_digits = || digits(written_of_digits.split(|c| !is_of_digits(c)).next().unwrap_or_default());
        let of_characters = characters(written, is_cut).map(|bytes| (bytes, false));
        let Some((bytes, is_of_words)) = of_characters.or_else(of_digits) else { return false };
        self.lines.push((self.content.len(), start + number, start + number + written.len()));
        self.content.extend(bytes);
        self.is_of_words |= is_of_words;
        self.is_cut |= is_cut;
        true
    }

    fn take(&mut self, find: &dyn Fn(&str) -> Vec<(usize, usize)>, places: &mut Vec<(usize, usize)>) {
        let Dump { content, lines, is_of_words, is_cut } = std::mem::take(self);
        if lines.is_empty() {
            return;
        }
        let text_of = |content: &[u8]| text_of(content) + if is_cut { MARK } else { "" };
        let mut found = find(&text_of(&content));
        if is_of_words {
            let turned: Vec<_> = content.chunks(2).flat_map(|word| word.iter().rev().copied()).collect();
            found.extend(find(&text_of(&turned)));
        }
        for (index, (first, start, end)) in lines.iter().enumerate() {
            let next = lines.get(index + 1).map_or(content.len(), |line| line.0);
            let holds_any = found.iter().any(|place| place.0 < next && place.1 > *first);
            places.extend(holds_any.then_some((*start, *end)));
        }
    }
}

/// The content as a text of as many bytes.
fn text_of(content: &[u8]) -> String {
    let ascii = |byte: &u8| if byte.is_ascii() { char::from(*byte) } else { '?' };
    match std::str::from_utf8(content) {
        Ok(text) => text.to_owned(),
        Err(_) => content.iter().map(ascii).collect(),
    }
}

/// Where digits begin behind something else.
fn words(line: &str) -> impl Iterator<Item = usize> {
    let begins = |both: &[u8]| !both[0].is_ascii_alphanumeric() && both[1].is_ascii_hexdigit();
    line.as_bytes().windows(2).enumerate().filter_map(move |(at, both)| begins(both).then_some(at + 1))
}

/// Where the number at the beginning of a line ends.
fn number(line: &str) -> Option<usize> {
    let start = line.len() - line.trim_start_matches(' ').len();
    let digits = line[start..].bytes().take_while(u8::is_ascii_hexdigit).count();
    let end = start + digits;
    let end = end + usize::from(line[end..].starts_with(':'));
    (digits >= FEWEST_DIGITS && line[end..].starts_with(' ')).then_some(end)
}

/// The bytes in groups of hexadecimal digits, or in words of octal ones; and whether they are in words of two.
fn digits(written: &str) -> Option<(Vec<u8>, bool)> {
    let (mut bytes, mut is_of_words) = (Vec::new(), false);
    for group in written.split_whitespace() {
        let value = |radix| u16::from_str_radix(group, radix).ok();
        let Some(read) = (match group.len() {
            2 => value(16).map(|byte| byte.to_be_bytes()[1..].to_vec()),
            4 => value(16).map(|word| word.to_be_bytes().to_vec()),
            6 => value(8).map(|word| word.to_be_bytes().to_vec()),
            _ => None,
        }) else {
            break;
        };
        is_of_words |= read.len() > 1;
        bytes.extend(read);
        if bytes.len() > MOST_BYTES {
            return None;
        }
    }
    (!bytes.is_empty()).then_some((bytes, is_of_words))
}

/// The bytes of `od -c`: in columns, characters, escapes, and octal numbers.
fn characters(written: &str, is_cut: bool) -> Option<Vec<u8>> {
    let byte = |column: &[u8]| match column {
        b"    " => Some(b' '),
        [b' ', b' ', b' ', byte] => Some(*byte),
        [b' ', b' ', b'\\', escape] => match escape {
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            _ => Some(0),
        },
        [b' ', octal @ ..] => u8::from_str_radix(std::str::from_utf8(octal).ok()?, 8).ok(),
        _ => None,
    };
    // The line break that ends the content may have become one of the text.
    let whole = written.len() / COLUMN * COLUMN;
    if !is_cut && !written.as_bytes()[whole..].iter().all(|byte| *byte == b' ') {
        return None;
    }
    let columns = written.as_bytes().chunks_exact(COLUMN);
    columns.map(byte).collect::<Option<Vec<_>>>().filter(|bytes| !bytes.is_empty())
}
