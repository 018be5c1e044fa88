//! Takes secrets out of what the installer says, before it is cut to a length that can be shown.
use crate::pull_secret::Secrets;
use shown_text::marked;

const STARS: &str = "********";
/// No line that is shown is longer, in bytes.
const LONGEST: usize = 2000;

/// The secrets of one build.
pub(crate) struct Concealment {
    secrets: Secrets,
}

impl Concealment {
    pub(crate) fn new(mut secrets: Secrets) -> Self {
        // No secret is cut in two by a shorter one within it.
        secrets.everywhere.sort_by_key(|text| std::cmp::Reverse(text.len()));
        secrets.as_words.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Concealment { secrets }
    }

    /// A line that can be shown. `further` is hidden, too.
    pub(crate) fn shown(&self, line: &str, further: Option<&str>) -> String {
        let everywhere = self.secrets.everywhere.iter().map(String::as_str).chain(further);
        let hidden = everywhere
            .filter(|secret| !secret.trim().is_empty())
            .fold(line.to_owned(), |line, secret| line.replace(secret, STARS));
        let hidden =
            self.secrets.as_words.iter().fold(hidden, |line, secret| without_word(&line, secret.trim()));
        cut(hidden)
    }
}

/// The line without this text where it stands alone, and is no part of a longer word.
fn without_word(line: &str, word: &str) -> String {
    let mut parts = vec![];
    let (mut rest, mut before) = (line, None);
    while let Some(at) = rest.find(word).filter(|_| !word.is_empty()) {
        let end = at + word.len();
        let last = rest[..at].chars().next_back().or(before);
        let is_alone = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        let hides = is_alone(last) && is_alone(rest[end..].chars().next());
        parts.extend([&rest[..at], if hides { STARS } else { word }]);
        before = word.chars().next_back();
        rest = &rest[end..];
    }
    parts.push(rest);
    parts.concat()
}

/// Ends a long line between two words, since half a secret in another form would not be known as one here.
fn cut(line: String) -> String {
    if line.len() <= LONGEST {
        return line;
    }
    let spaces = line.char_indices().take_while(|(at, _)| *at < LONGEST).filter(|(_, c)| c.is_whitespace());
    marked(&line[..spaces.last().map_or(0, |(at, _)| at)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let secrets = Secrets {
            everywhere: vec!["hush4711".into(), "kim:hush4711".into()],
            as_words: vec!["test".into()],
        };
        Concealment::new(secrets).shown(line, Some("of-the-cluster"))
    }

    #[test]
    fn a_password_that_is_a_word_is_hidden_where_it_stands_alone() {
        assert_eq!(shown("password=test of tester, 'test'"), "password=******** of tester, '********'");
        assert_eq!(shown("testtest test"), "testtest ********");
        assert_eq!(shown("kim:hush4711xhush4711 of-the-cluster"), "********x******** ********");
    }

    #[test]
    fn a_secret_is_not_shown_in_part_where_a_long_line_is_cut() {
        for length in 1980..2001 {
            let line = format!("a {} hush4711 x", "y".repeat(length - 3));
            let said = shown(&line);
            assert!(!said.contains('h') && said.len() < 2020, "{said}");
        }
        assert_eq!(shown(&"x".repeat(3000)), "…");
        assert_eq!(shown(&format!("pull secret {}", "eyJ".repeat(1000))), "pull secret…");
    }
}
