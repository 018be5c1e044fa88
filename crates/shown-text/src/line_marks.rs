//! What programs write between the lines of a text and before each of them: breaks, indentation, quote signs, and the marks of comments.
use crate::{CUT, unseen::unseen};

/// The bytes of indentation that are read at most.
const MOST: usize = 64;
/// The signs of a mark at most.
const MOST_SIGNS: usize = 4;

/// Tells how long what nobody sees at the beginning of a text is, and the line break behind that: as it is, and with more and more of the
/// indentation after it.
pub(crate) fn read_gap(text: &str, tell: &mut dyn FnMut(usize)) {
    read_break(text, 0, tell);
    let (mut at, mut length) = (0, unseen(text));
    while length > 0 && at < MOST {
        // The escape may be the last of a sequence that was cut.
        if length > 1 && text.as_bytes()[at] == 0x1b {
            tell(at + 1);
        }
        at += length;
        tell(at);
        read_break(text, at, tell);
        length = unseen(&text[at..]);
    }
}

/// Whether a gap may begin with this byte.
pub(crate) fn may_begin_gap(byte: u8) -> bool {
    matches!(byte, ..b' ' | b'=' | b'\\' | 0x7f..)
}

fn read_break(text: &str, at: usize, tell: &mut dyn FnMut(usize)) {
    for length in line_breaks(&text[at..]) {
        let start = at + length;
        let most = indentation(&text[start..]);
        (0..=most).for_each(|more| {
            // A mark may have signs of more than one byte.
            if text.is_char_boundary(start + more) {
                tell(start + more);
            }
        });
        if text[start + most..].starts_with(is_sign) {
            tell(start + most + 1);
        }
    }
}

/// Whether `diff` or a comment has this sign before a line, perhaps without a blank behind it.
pub(crate) fn is_sign(sign: char) -> bool {
    "+-<>*|#:;%!/".contains(sign)
}

/// How long the line break at the beginning of a text is: of several readings, each.
pub(crate) fn line_breaks(text: &str) -> impl Iterator<Item = usize> {
    const BREAKS: [&str; 6] = ["\r\n", "\n", "\\r\\n", "\\n", "\\\\r\\\\n", "\\\\n"];
    // Mail and the shell have a sign before it.
    let rests = [Some(text), text.strip_prefix('='), text.strip_prefix('\\')].into_iter().flatten();
    rests.filter_map(|rest| {
        let after = BREAKS.iter().find_map(|one| rest.strip_prefix(one))?;
        Some(text.len() - after.len())
    })
}

/// How long the blanks, quote signs and marks at the beginning of a line are.
pub(crate) fn indentation(line: &str) -> usize {
    let mut at = 0;
    while at < MOST {
        at += match line.as_bytes().get(at) {
            Some(b' ' | b'\t' | b'>' | b'|' | b'#') => 1,
            Some(_) => match (unseen(&line[at..]), mark(&line[at..])) {
                (0, length) if length > 0 && line[at + length..].starts_with([' ', '\t', '\r', '\n']) => {
                    length
                }
                (length, _) if length > 0 => length,
                _ => break,
            },
            None => break,
        };
    }
    at
}

/// How long the signs are, neither letters nor digits, that begin a text. Before a line these are a mark if a blank comes after them.
pub(crate) fn mark(text: &str) -> usize {
    let is_sign = |c: &char| !c.is_alphanumeric() && !c.is_whitespace() && !c.is_control() && *c != CUT;
    text.chars().take(MOST_SIGNS).take_while(is_sign).map(char::len_utf8).sum()
}

/// How long the number at the beginning of a line is, with the blanks and the sign that set it apart.
pub(crate) fn line_number(line: &[u8]) -> usize {
    const MOST_DIGITS: usize = 9;
    const MOST_BLANKS: usize = 4;
    let digits = line.iter().take(MOST_DIGITS).take_while(|byte| byte.is_ascii_digit()).count();
    let blanks = line[digits..].iter().take(MOST_BLANKS).take_while(|byte| b" \t".contains(byte)).count();
    let sign = line[digits + blanks..].first().is_some_and(|byte| b":.)|".contains(byte));
    let apart = blanks + usize::from(sign);
    if digits > 0 && apart > 0 { digits + apart } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_indentation_only_if_a_blank_comes_after_it() {
        for (line, length) in [
            ("", 0),
            ("  a", 2),
            ("> > a", 4),
            (">>|#a", 4),
            ("* a", 2),
            ("// a", 3),
            ("+ a", 2),
            (": a", 2),
            ("  -- a", 5),
            ("\u{bb} a", 3),
            ("//a", 0),
            ("+a", 0),
            ("***** a", 0),
            ("\u{2026} a", 0),
            ("//\n", 2),
        ] {
            assert_eq!(indentation(line), length, "{line:?}");
        }
    }
}
