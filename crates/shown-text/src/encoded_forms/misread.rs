//! A secret beyond ASCII as programs leave it that take it for another encoding than it has, or write one that lacks its characters.
use crate::{code_page, is_harmless};
use std::collections::BTreeSet;

/// So many characters must be left as they are, or what remains turns up by chance.
const FEWEST_KEPT: usize = 6;
/// In bytes. What is shorter may be any word in other capitals.
const SHORTEST_IN_CAPITALS: usize = 8;

/// The texts that it becomes.
pub(super) fn texts(secret: &str) -> BTreeSet<String> {
    let mut all: BTreeSet<_> = mojibake(secret).into_iter().chain(lossy(secret)).collect();
    if secret.len() >= SHORTEST_IN_CAPITALS {
        all.extend([secret.to_uppercase(), secret.to_lowercase()]);
    }
    all.remove(secret);
    all
}

/// Its bytes in Windows-1252, and so in Latin-1, if it has them.
pub(super) fn bytes(secret: &str) -> Option<Vec<u8>> {
    secret.chars().map(code_page::byte).collect()
}

/// Its bytes in UTF-8, taken for Latin-1 or Windows-1252: `pÃ¤ss`. Controls are left out or become blanks before they are shown.
fn mojibake(secret: &str) -> Vec<String> {
    let mut all = Vec::new();
    for character in [char::from, code_page::character] {
        let read = || secret.bytes().map(character);
        all.push(read().collect());
        // Of Cyrillic capitals it would be the same few signs, whichever they are.
        if read().filter(|c| is_harmless(*c)).collect::<BTreeSet<_>>().len() >= FEWEST_KEPT {
            let blank = |c: char| if is_harmless(c) { c } else { ' ' };
            all.extend([read().filter(|c| is_harmless(*c)).collect(), read().map(blank).collect()]);
        }
    }
    all
}

/// With a question mark or U+FFFD for what can't be written or read: `p?ss`.
fn lossy(secret: &str) -> Vec<String> {
    let in_ascii = |c: char| c.is_ascii();
    let in_code_page = |c: char| code_page::byte(c).is_some();
    let mut all = Vec::new();
    let mut replace = |is_kept: &dyn Fn(char) -> bool, by: &dyn Fn(char) -> String| {
        let write = |c: char| if is_kept(c) { c.to_string() } else { by(c) };
        if secret.chars().filter(|c| is_kept(*c)).count() >= FEWEST_KEPT {
            all.push(secret.chars().map(write).collect::<String>());
        }
    };
    for sign in ["?", "\u{fffd}"] {
        replace(&in_ascii, &|_| sign.to_owned());
        replace(&in_ascii, &|c| sign.repeat(c.len_utf8()));
        replace(&in_ascii, &|c| sign.repeat(c.len_utf16()));
        replace(&in_code_page, &|_| sign.to_owned());
    }
    all.retain(|text| !is_question(text));
    all
}

/// Whether it may be a word at the end of a question.
fn is_question(text: &str) -> bool {
    text.strip_suffix('?').is_some_and(|words| !words.contains(['?', char::REPLACEMENT_CHARACTER]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_words_or_always_the_same_signs_is_left_out() {
        let all = texts("passwordé");
        assert!(all.contains("password??") && all.contains("password\u{fffd}"), "{all:?}");
        assert!(!all.contains("password?") && !all.contains("password"), "{all:?}");
        assert_eq!(
            texts("ПАРОЛЬ").iter().filter(|text| text.is_ascii() || text.starts_with("ÐÐ")).count(),
            0
        );
        assert!(texts("ключ").iter().all(|text| !text.contains(['?', char::REPLACEMENT_CHARACTER])));
    }
}
