//! A text in letters of another size, or from its end to its beginning.

/// In bytes. A shorter text is left alone: so changed, it may be any word.
const SHORTEST: usize = 8;

/// In letters of one size and with a capital for each word, as what normalises header fields writes it; with the size of each letter changed;
/// and backwards.
pub(crate) fn turned(text: &str) -> Vec<String> {
    if text.len() < SHORTEST {
        return Vec::new();
    }
    let lower = text.to_ascii_lowercase();
    let mut sentence = lower.clone();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let swapped = text.chars().map(swapped).collect();
    vec![text.to_ascii_uppercase(), text.chars().rev().collect(), swapped, in_words(&lower), sentence, lower]
}

fn swapped(c: char) -> char {
    if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
}

/// With a capital behind whatever is no letter.
fn in_words(lower: &str) -> String {
    let mut is_within = false;
    lower
        .chars()
        .map(|c| {
            let begins = !std::mem::replace(&mut is_within, c.is_alphabetic());
            if begins { c.to_ascii_uppercase() } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_change_their_size_and_nothing_else_does() {
        let all = turned("äBc-0dE/fg");
        for one in ["äbc-0de/fg", "äBC-0DE/FG", "äbC-0De/FG", "äbc-0De/Fg", "gf/Ed0-cBä"] {
            assert!(all.iter().any(|it| it == one), "{one}: {all:?}");
        }
        assert!(turned("Hush").is_empty());
    }
}
