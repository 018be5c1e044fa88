//! How much longer it takes to look through a text of twice the length.
use super::*;
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

const TOKEN: &str = "Zx9-planted/Sec+ret=42Qq";
/// In bytes.
const SHORT: usize = 2_000;

/// How often it is measured before it counts as slow: others run on this machine, too.
const TIMES: usize = 6;

fn time(all: &EncodedForms, text: &str) -> Duration {
    let start = Instant::now();
    black_box(all.concealed(black_box(text), "*"));
    start.elapsed()
}

#[test]
fn what_is_worst_takes_no_more_than_a_multiple_of_what_is_harmless() {
    let all = forms(TOKEN);
    let base64 = BASE64_STANDARD.encode(TOKEN);
    // Words, blanks and line breaks, which are read in several ways, too.
    let harmless = "an answer\\n of\n> several lines, ".repeat(4 * SHORT / 32);
    time(&all, &harmless);
    for unit in [
        &TOKEN[..4],
        TOKEN,
        &base64,
        &base64[..5],
        &base64[1..6],
        "\"Zx9-planted/\\nSec+ret=42Qq\",",
        "Zx9-planted/\nSec+ret=42Qq\n",
        "Zx9-planted/\\n\\tSec+",
        "Zx9-pl%0A%20",
        "\u{1b}]",
        "\u{1b}[3",
        "%25",
        "&amp",
        "&#00",
        "\\",
        "+",
        "=",
        "<",
        "<br>",
        "\u{200b}",
        "123456 ",
        "00000000 5a ",
        "00000000  5a 78 39\n",
        "x\n00000000  5a 78 39\nx",
        "> ",
        "+ \n",
        "…",
        "Zx9-…",
        "a/",
        "&abcdefgh",
    ] {
        let text = |length: usize| unit.repeat(length / unit.len());
        let measured = || {
            let usual = time(&all, &harmless);
            (usual, time(&all, &text(2 * SHORT)), time(&all, &text(4 * SHORT)))
        };
        let is_quick =
            |(usual, once, twice): (Duration, Duration, Duration)| twice <= 3 * once && twice <= 8 * usual;
        assert!((0..TIMES).any(|_| is_quick(measured())), "{unit:?}: {:?}", measured());
    }
}
