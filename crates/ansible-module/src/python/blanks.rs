//! Which characters Python takes for blanks.

/// `text.strip()`
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `c.isspace()`: beyond the blanks of Unicode, the four separators that ASCII has.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strip_takes_what_python_calls_a_space() {
        assert_eq!(strip("\x1f\u{a0} \n5 5\u{3000}\x1c"), "5 5");
        assert_eq!(strip("\u{200b}5"), "\u{200b}5");
    }
}
