//! A quoted text of Python source: one or three quotes, raw or with escapes.

/// Reads the text that `source` starts with; returns it and what follows. `None` if it is no text, or one that no `str` of
/// Unicode characters can hold.
pub(super) fn quoted(source: &str, raw: bool) -> Option<(String, &str)> {
    let quote = &source[..1];
    let triple = quote.repeat(3);
    let end = if source.starts_with(&triple) { triple.as_str() } else { quote };
    let mut text = String::new();
    let mut rest = &source[end.len()..];
    loop {
        if let Some(rest) = rest.strip_prefix(end) {
            return Some((text, rest));
        }
        let c = take(&mut rest)?;
        match c {
            '\n' | '\r' if end.len() == 1 => return None,
            // Python reads every line end of its source as `\n`.
            '\r' => push_line_end(&mut rest, &mut text),
            '\\' if raw => text.extend([c, take(&mut rest)?]),
            '\\' => push_escaped(&mut rest, &mut text)?,
            _ => text.push(c),
        }
    }
}

fn take(rest: &mut &str) -> Option<char> {
    let mut chars = rest.chars();
    let c = chars.next();
    *rest = chars.as_str();
    c
}

fn push_line_end(rest: &mut &str, text: &mut String) {
    *rest = rest.strip_prefix('\n').unwrap_or(rest);
    text.push('\n');
}

/// What the backslash before `rest` makes of what follows it.
fn push_escaped(rest: &mut &str, text: &mut String) -> Option<()> {
    let c = take(rest)?;
    match c {
        '\\' | '\'' | '"' => text.push(c),
        'a' => text.push('\x07'),
        'b' => text.push('\x08'),
        'f' => text.push('\x0c'),
        'n' => text.push('\n'),
        'r' => text.push('\r'),
        't' => text.push('\t'),
        'v' => text.push('\x0b'),
        '0'..='7' => text.push(octal(c, rest)?),
        'x' => text.push(hex(rest, 2)?),
        'u' => text.push(hex(rest, 4)?),
        'U' => text.push(hex(rest, 8)?),
        // By name: that would take the whole table of Unicode.
        'N' => return None,
        // A continued line leaves nothing behind.
        '\n' => {}
        '\r' => *rest = rest.strip_prefix('\n').unwrap_or(rest),
        _ => text.extend(['\\', c]),
    }
    Some(())
}

/// Up to three octal digits, the first of them already taken.
fn octal(first: char, rest: &mut &str) -> Option<char> {
    let more = rest.chars().take(2).take_while(|c| matches!(c, '0'..='7')).count();
    let (digits, after) = rest.split_at(more);
    *rest = after;
    char::from_u32(u32::from_str_radix(&format!("{first}{digits}"), 8).ok()?)
}

fn hex(rest: &mut &str, digits: usize) -> Option<char> {
    let code = rest.get(..digits).filter(|code| code.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    *rest = &rest[digits..];
    char::from_u32(u32::from_str_radix(code, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_python() {
        let source = r#"'\\\'\"\a\b\f\n\r\t\v\0\18\101\x41\u20ac\U0001f600\d'rest"#;
        let text = "\\'\"\x07\x08\x0c\n\r\t\x0b\0\x018AA€😀\\d";
        assert_eq!(quoted(source, false), Some((text.into(), "rest")));
    }

    #[test]
    fn raw_texts_keep_their_backslashes() {
        assert_eq!(quoted(r"'a\n\'b'", true), Some((r"a\n\'b".into(), "")));
    }

    #[test]
    fn three_quotes_span_lines() {
        assert_eq!(quoted("'''a'\r\nb\rc'''", false), Some(("a'\nb\nc".into(), "")));
        assert_eq!(quoted("\"a\\\nb\"", false), Some(("ab".into(), "")));
        assert_eq!(quoted("''''", false), None);
        assert_eq!(quoted("''x", false), Some((String::new(), "x")));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for source in
            ["'", "'a", "'a\n'", "'\\x4'", "'\\ud800'", "'\\U00110000'", r"'\N{DASH}'", "'\\", r"'\x+1'"]
        {
            assert_eq!(quoted(source, false), None, "{source}");
        }
        assert_eq!(quoted(r"'\'", true), None);
    }
}
