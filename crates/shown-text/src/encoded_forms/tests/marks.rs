//! Secrets in pieces with a mark before each, as mail, comments and diffs have it, and what is left of that on one line.
use super::*;
use crate::{harmless, one_line};
use std::sync::LazyLock;

const TOKEN: &str = "jmpTOK-7f3a9Q+zX/8kLm2Vw5RtY0pB";
static ALL: LazyLock<EncodedForms> = LazyLock::new(|| forms(TOKEN));
const MARKS: [&str; 16] = [
    "> ", ">> ", "> > ", "| ", "# ", "* ", "// ", "+ ", "- ", ": ", ";; ", "-- ", "% ", "! ", " * ",
    "\u{bb} ",
];

/// In pieces of so many characters.
fn pieces(text: &str, length: usize) -> Vec<String> {
    text.as_bytes().chunks(length).map(|piece| String::from_utf8_lossy(piece).into_owned()).collect()
}

fn assert_nothing_is_left(text: &str) {
    let shown = ALL.concealed(text, "*");
    for form in [TOKEN.to_owned(), BASE64_STANDARD.encode(TOKEN), HEXLOWER.encode(TOKEN.as_bytes())] {
        for piece in pieces(&form, 8).iter().filter(|piece| piece.len() == 8) {
            assert!(!shown.contains(piece), "{piece} of {text:?} in {shown:?}");
        }
    }
    assert!(shown.starts_with("it says") && shown.ends_with("end"), "{shown:?}");
}

#[test]
fn a_form_whose_lines_have_marks_is_concealed_with_its_breaks_and_without() {
    for form in [TOKEN.to_owned(), BASE64_STANDARD.encode(TOKEN), HEXLOWER.encode(TOKEN.as_bytes())] {
        for mark in MARKS {
            for length in [8, 12, 16] {
                let text =
                    format!("it says\n{mark}{}\n{mark}end", pieces(&form, length).join(&format!("\n{mark}")));
                assert_nothing_is_left(&text);
                assert_nothing_is_left(&harmless(&text));
                assert_nothing_is_left(&one_line(&text));
                assert_nothing_is_left(&text.replace('\n', "\\n"));
            }
        }
    }
}

#[test]
fn a_form_whose_lines_have_numbers_is_concealed_where_these_are_one_line() {
    let numbered: Vec<_> = (1..)
        .zip(pieces(&BASE64_STANDARD.encode(TOKEN), 12))
        .map(|(number, piece)| format!("{number:6}\t{piece}"))
        .collect();
    assert_nothing_is_left(&harmless(&format!("it says {} end", numbered.join("\n"))));
    assert_nothing_is_left(&harmless(&format!("it says {} end", numbered.join("\n").replace('\t', ": "))));
}

#[test]
fn a_form_in_the_lines_of_a_diff_is_concealed() {
    for sign in ["+", "-", ">", "<", "#", "*", "!"] {
        let lines = pieces(&BASE64_STANDARD.encode(TOKEN), 16).join(&format!("\n{sign}"));
        let text = format!("it says\n{sign}{lines}\n{sign}end");
        assert_nothing_is_left(&text);
        assert_nothing_is_left(&harmless(&text));
    }
}

#[test]
fn the_beginning_of_a_form_with_marks_is_concealed_where_the_text_was_cut() {
    let text = format!("it says > {}", pieces(&BASE64_STANDARD.encode(TOKEN), 12).join(" > "));
    let shown = ALL.concealed(&crate::cut(&text, 42), "*");
    assert_eq!(shown, "it says > *\u{2026}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn a_text_of_marks_and_words_without_the_secret_stays(
        words in prop::collection::vec("[a-zA-Z0-9+/=]{0,12}|[ -~]{0,4}|[>|#*/+:-]{1,2}", 0..20), between in "[ \\n]",
    ) {
        let text = words.join(&between);
        prop_assert_eq!(ALL.concealed(&text, "*"), text);
    }
}

#[test]
fn a_long_text_of_marks_takes_no_longer_than_another() {
    for text in [" >".repeat(1 << 19), "\n+ ".repeat(1 << 18), "> \n".repeat(1 << 18), "1 ".repeat(1 << 19)] {
        assert_eq!(ALL.concealed(&text, "*"), text);
    }
}
