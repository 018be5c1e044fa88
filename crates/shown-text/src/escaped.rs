//! Secrets in a text whose characters may each be escaped or not, in any way, with line breaks between them.
//!
//! All ways to read a text are followed at once, so none is tried again: at each place it takes as many steps as the secret has characters.
use crate::{
    cut::is_cut,
    escapes::{LONGEST, may_begin, read},
    line_marks::{may_begin_gap, read_gap},
};
use std::collections::HashMap;

/// A shorter secret's escaped forms turn up by chance.
const SHORTEST: usize = 8;

/// Such secrets.
#[derive(Clone, Default)]
pub(crate) struct Escaped {
    /// By their first character, the others of each.
    by_first: HashMap<char, Vec<Vec<char>>>,
    /// Whether one begins with this byte as it is.
    begins: Vec<bool>,
}

impl Escaped {
    pub(crate) fn add(&mut self, secret: &str) {
        let mut characters = secret.chars();
        let Some(first) = characters.next().filter(|_| secret.len() >= SHORTEST) else { return };
        self.begins.resize(1 << 8, false);
        self.begins[usize::from(secret.as_bytes()[0])] = true;
        self.by_first.entry(first).or_default().push(characters.collect());
    }

    /// Where they stand: from where to where.
    pub(crate) fn places_in(&self, text: &str) -> Vec<(usize, usize)> {
        let mut places = Vec::new();
        if self.by_first.is_empty() {
            return places;
        }
        let mut room = Room::default();
        for (start, byte) in text.bytes().enumerate() {
            if !(self.begins[usize::from(byte)] || may_begin(byte)) {
                continue;
            }
            read(&text[start..], &mut |first, length| {
                let secrets = self.by_first.get(&first).into_iter().flatten();
                let ends = secrets.filter_map(|others| room.end(others, text, start + length));
                places.extend(ends.map(|end| (start, end)));
            });
        }
        places
    }
}

/// Where the characters so far may end, and those of the next.
#[derive(Default)]
struct Room {
    ends: Vec<usize>,
    next: Vec<usize>,
}

impl Room {
    /// Where these characters end, if they stand from here on; or so many of them that they are no chance, up to where the text was cut.
    fn end(&mut self, characters: &[char], text: &str, from: usize) -> Option<usize> {
        let Self { ends, next } = self;
        ends.clear();
        ends.push(from);
        let mut end_at_cut = None;
        for (index, wanted) in characters.iter().enumerate() {
            // Most characters are plain, and there is one way to read them.
            if let [end] = ends[..]
                && let Some(byte) = text.as_bytes().get(end)
                && !may_begin(*byte)
                && !may_begin_gap(*byte)
            {
                if u32::from(*byte) != u32::from(*wanted) {
                    return end_at_cut;
                }
                ends[0] = end + 1;
                continue;
            }
            if index + 1 >= crate::SHORTEST {
                end_at_cut = ends.iter().find_map(|end| cut_at(text, *end)).or(end_at_cut);
            }
            next.clear();
            for end in &*ends {
                let mut go_on = |at: usize| {
                    read(&text[at..], &mut |found, length| {
                        next.extend((found == *wanted).then_some(at + length));
                    });
                };
                go_on(*end);
                if text.as_bytes().get(*end).is_some_and(|byte| may_begin_gap(*byte)) {
                    read_gap(&text[*end..], &mut |length| go_on(*end + length));
                }
            }
            next.sort_unstable();
            next.dedup();
            std::mem::swap(ends, next);
            if ends.is_empty() {
                return end_at_cut;
            }
        }
        ends.pop()
    }
}

/// Where the text was cut, if that was here or within the escape that begins here.
fn cut_at(text: &str, from: usize) -> Option<usize> {
    let rest = &text.as_bytes()[from..];
    let is_escape = rest.first().is_some_and(|byte| may_begin(*byte));
    let length = (0..rest.len().min(if is_escape { LONGEST } else { 1 })).find(|at| is_cut(&rest[*at..]))?;
    Some(from + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TOKEN: &str = "q7Rk+Vd2/mP9sLx4+Tw==";

    fn places(secret: &str, text: &str) -> Vec<(usize, usize)> {
        let mut escaped = Escaped::default();
        escaped.add(secret);
        escaped.places_in(text)
    }

    #[test]
    fn a_token_is_found_whole_however_its_signs_are_escaped() {
        for form in [
            TOKEN,
            r"q7Rk\u002BVd2/mP9sLx4\u002BTw==",
            r"q7Rk\u002bVd2\/mP9sLx4+Tw==",
            r"q7Rk+Vd2/mP9sLx4+Tw\u003d\u003d",
            r"q7Rk+Vd2\/mP9sLx4+Tw==",
            r"q7Rk+Vd2\\/mP9sLx4\\u002BTw==",
            "q7Rk&#x2B;Vd2/mP9sLx4&#x2B;Tw==",
            "q7Rk&plus;Vd2&sol;mP9sLx4&plus;Tw&equals;&equals;",
            "q7Rk&#043;Vd2/mP9sLx4&#x002b;Tw&#0000061;=",
            "q7Rk&amp;#43;Vd2/mP9sLx4&amp;#43;Tw==",
            "q7Rk+Vd2%2FmP9sLx4+Tw==",
            "q7Rk%2BVd2/mP9sLx4%2BTw==",
            "q7Rk+Vd2/mP9sLx4+Tw%3D%3D",
            "q7Rk%2bVd2%2fmP9sLx4%2BTw%3d%3D",
            "q7Rk%252BVd2%252fmP9sLx4%2BTw==",
            "%71&#X0037;Rk+Vd2\\/m\\u0050&#57;sLx4+Tw=3D=",
        ] {
            for (before, after) in [("", ""), ("{\"token\": \"", "\"}"), ("a=%20", "&b=%2B"), ("q7Rk+", ";")]
            {
                let found = places(TOKEN, &format!("{before}{form}{after}"));
                assert_eq!(
                    found.last(),
                    Some(&(before.len(), before.len() + form.len())),
                    "{before}{form}{after}"
                );
            }
        }
    }

    #[test]
    fn a_token_is_found_whole_in_entities_without_semicolons() {
        for form in [
            "&#113&#55&#82&#107&#43&#86&#100&#50&#47&#109&#80&#57&#115&#76&#120&#52&#43&#84&#119&#61&#61",
            "&#x71&#x37&#x52&#x6b+Vd2&#x2f&#x6DP9sLx4&#X2BTw==",
            "&#0113&#0055Rk&#00043&#86d&#50/&#109P9sLx4&#43;Tw&#61=",
            "q7Rk&amp#43Vd2/mP9sLx4&#38;#43;Tw==",
            "&#1137Rk&#43&#86d&#50/mP9sLx4+Tw==",
        ] {
            for (before, after) in [("", ""), ("&#", "&#43"), ("q7", " end")] {
                let text = format!("{before}{form}{after}");
                assert_eq!(
                    places(TOKEN, &text).last(),
                    Some(&(before.len(), before.len() + form.len())),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn a_token_is_found_whole_wherever_its_line_is_broken() {
        for form in [TOKEN, "q7Rk%2BVd2/mP9sLx4\\u002bTw=="] {
            for line_break in [
                "\n", "\r\n ", "\n  ", "\n> ", "\n\t", "\\\n", "\\\n    ", "=\r\n", "\\n  ", "\\r\\n",
                "\n>> | ",
            ] {
                for at in 1..TOKEN.len() {
                    // Not within an escape.
                    let at = (at..form.len())
                        .find(|at| !"%\\0u2Bb".contains(&form[*at..=*at]) || form == TOKEN)
                        .unwrap();
                    let text = format!("  > {}{line_break}{} > ", &form[..at], &form[at..]);
                    assert_eq!(places(TOKEN, &text), [(4, text.len() - 3)], "{text:?}");
                }
            }
        }
    }

    #[test]
    fn a_secret_of_signs_that_begin_escapes_is_found_as_it_is_and_escaped() {
        let secret = "a%25b+\\u0041&amp;=3D";
        for form in [
            secret,
            "a%25b%2B\\u0041&amp;=3D",
            "a%2525b+\\\\u0041&amp;amp;=3D3D",
            "a&percnt;25b+\\\\u0041&amp;=3D",
        ] {
            assert_eq!(places(secret, form), [(0, form.len())], "{form}");
        }
    }

    #[test]
    fn what_is_similar_and_what_is_short_is_left_alone() {
        for text in [
            "q7Rk-Vd2/mP9sLx4+Tw==",
            "q7Rk+Vd2/mP9sLx4+Tw=",
            "q7Rk\n\n+Vd2/mP9sLx4+Tx==",
            "Q7Rk%2BVd2/mP9sLx4+Tw==",
        ] {
            assert_eq!(places(TOKEN, text), []);
        }
        assert_eq!(places("a+b/c=d", "a%2Bb/c=d"), []);
    }

    #[test]
    fn a_text_made_of_beginnings_of_the_secret_takes_no_longer_than_another() {
        let secret = format!("{}!", "%25\\\\&amp;".repeat(20));
        let text = "%25\\\\&amp;".repeat(1_000);
        assert_eq!(places(&secret, &text), []);
        assert_eq!(places(&"%\\".repeat(30), &format!("%\n{}", " ".repeat(1 << 20))), []);
    }

    fn each<T>(units: impl Iterator<Item = T>, write: fn(T) -> String) -> String {
        units.map(write).collect()
    }

    /// A character in one of its forms.
    fn escaped(one: char, form: u8, zeros: usize) -> String {
        let (text, code) = (one.to_string(), u32::from(one));
        match form {
            0 => each(text.bytes(), |byte| format!("%{byte:02X}")),
            1 => each(text.bytes(), |byte| format!("%{byte:02x}")),
            2 => each(text.encode_utf16(), |unit| format!("\\u{unit:04X}")),
            3 => each(text.encode_utf16(), |unit| format!("\\u{unit:04x}")),
            4 => format!("&#{}{code};", "0".repeat(zeros)),
            5 => format!("&#x{}{code:X};", "0".repeat(zeros)),
            10 if code > 0 => format!("&#{}{code}", "0".repeat(zeros)),
            11 if code > 0 => format!("&#x{}{code:x}", "0".repeat(zeros)),
            6 if one.is_ascii_punctuation() => format!("\\{one}"),
            7 => each(text.bytes(), |byte| format!("%25{byte:02X}")),
            8 => format!("{one}\n  "),
            9 => format!("{one}\r\n> "),
            _ => text,
        }
    }

    proptest! {
        #[test]
        fn a_secret_is_found_whatever_form_each_of_its_characters_has(
            all in prop::collection::vec((prop_oneof![prop::char::range(' ', '~'), any::<char>()], 0_u8..16, 0_usize..4), 8..40), before in "[a-z ]{0,9}", after in "[a-z ]{0,9}",
        ) {
            let secret: String = all.iter().map(|(one, ..)| *one).collect();
            let form: String = all.iter().map(|(one, form, zeros)| escaped(*one, *form, *zeros)).collect();
            // The break after the last character is none of the secret's.
            let last = all.last().map_or(0, |(_, form, _)| match form { 8 => 3, 9 => 4, _ => 0 });
            let text = format!("{before}{form}{after}");
            let end = before.len() + form.len() - last;
            let found = places(&secret, &text);
            prop_assert!(found.iter().any(|place| place.0 == before.len() && place.1 >= end), "{found:?} in {text:?}");
        }
    }
}
