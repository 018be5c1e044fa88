//! Where a text is cut, and what a cut may leave of a secret: its beginning, which nothing that looks for the whole of it would find. Whoever
//! cuts a text marks the place, and whoever masks a text hides each beginning of a secret that ends at such a mark.
use crate::SHORTEST;
use std::borrow::Cow;

/// Stands where a text was cut.
pub const CUT: char = '…';
/// The same as a text.
pub(crate) const MARK: &str = "…";

/// The first `most` characters of a text, the last of which is [`CUT`] if there are more.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.char_indices().nth(most).is_none() {
        return text.into();
    }
    let end = text.char_indices().nth(most.saturating_sub(1)).map_or(0, |(at, _)| at);
    marked(&text[..end]).into()
}

/// A text of which the rest was left out, with [`CUT`] at its end.
pub fn marked(text: &str) -> String {
    // A cut may have left a part of a character.
    format!("{}{MARK}", text.trim_end_matches(char::REPLACEMENT_CHARACTER))
}

/// Whether a text was cut in front of this rest of it.
pub(crate) fn is_cut(rest: &[u8]) -> bool {
    rest.starts_with(MARK.as_bytes())
}

/// The text with `stars` for each beginning of the secret that stands at a cut. A beginning of less than four bytes reveals little.
pub fn without_beginnings<'a>(text: &'a str, secret: &str, stars: &str) -> Cow<'a, str> {
    let Some(first) = (SHORTEST..secret.len()).find(|at| secret.is_char_boundary(*at)) else {
        return text.into();
    };
    let (mut shown, mut end) = (String::new(), 0);
    for (at, _) in text.match_indices(&secret[..first]) {
        let both = text[at..].chars().zip(secret.chars());
        let same: usize = both.take_while(|(one, other)| one == other).map(|(one, _)| one.len_utf8()).sum();
        if at >= end && is_cut(&text.as_bytes()[at + same..]) {
            shown.extend([&text[end..at], stars]);
            end = at + same;
        }
    }
    if end == 0 { text.into() } else { (shown + &text[end..]).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_ends_in_a_mark() {
        for (text, most, shown) in
            [("", 3, ""), ("äöü", 3, "äöü"), ("äöüß", 3, "äö…"), ("ab", 1, "…"), ("ab", 0, "…")]
        {
            assert_eq!(cut(text, most), shown);
        }
        assert_eq!(marked("half a letter \u{fffd}"), "half a letter …");
    }

    #[test]
    fn the_beginning_of_a_secret_is_hidden_only_at_a_cut() {
        for (text, shown) in [
            ("token hush-0…", "token *…"),
            ("hush hush… and hush-08… and hush", "hush *… and *… and hush"),
            ("token hus…", "token hus…"),
            ("token hush-1…", "token hush-1…"),
            ("token hush…0815", "token *…0815"),
            ("hush-0815", "hush-0815"),
        ] {
            assert_eq!(without_beginnings(text, "hush-0815", "*"), shown);
        }
        assert_eq!(without_beginnings("äöü…", "äöüß", "*"), "*…");
        assert_eq!(without_beginnings("hus…", "hus", "*"), "hus…");
    }
}
