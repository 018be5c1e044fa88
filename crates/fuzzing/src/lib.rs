//! Feeds parsers of foreign text with randomly changed samples of a corpus, for `FUZZ_SECONDS` seconds.
//!
//! It is not coverage-guided, so that it runs on every toolchain and in every test run: for a fifth of a second each, or a minute
//! each in `cargo xtask test --long`. An input that breaks a parser is printed; add it to the corpus, `fuzz/NAME/` of the parser's crate.
//!
//! ```no_run
//! #[test]
//! fn no_json_breaks_it() {
//!     fuzzing::run(env!("CARGO_MANIFEST_DIR"), "json", |bytes| drop(str::from_utf8(bytes)));
//! }
//! ```
#![allow(clippy::disallowed_methods, reason = "it serves tests")]
use std::{
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    time::{Duration, Instant},
};

/// The default; each sample of the corpus is tried in any case.
const USUALLY: f64 = 0.2;
/// A parser that takes longer for a few kB probably has quadratic cost.
const SLOW: Duration = Duration::from_secs(10);
/// The largest changed sample, in bytes.
const MOST: usize = 64 << 10;
/// Pieces that often break parsers.
const PIECES: [&[u8]; 24] = [
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r\n",
    b"\n",
    b"\x1b[2J",
    b"\"",
    b"\\",
    b"\\ud800",
    b"{",
    b"[",
    b"}",
    b"]",
    b":",
    b",",
    b"-",
    b"1e999",
    b"99999999999999999999",
    b"-----BEGIN CERTIFICATE-----\n",
    b"-----END ",
    b"<",
    b"&a *a",
    "\u{202e}".as_bytes(),
    b"null",
];

/// Feeds `parse` every sample in `fuzz/NAME` below `folder`, and then changed ones. Panics with the input if `parse` panics or takes
/// more than ten seconds.
pub fn run(folder: &str, name: &str, parse: impl Fn(&[u8])) {
    let corpus = Path::new(folder).join("fuzz").join(name);
    let samples = samples(&corpus);
    for sample in &samples {
        tried(name, sample, &parse);
    }
    let seconds = env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(USUALLY);
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let mut chance = fastrand::Rng::new();
    while Instant::now() < end {
        tried(name, &changed(&samples, &mut chance), &parse);
    }
}

fn samples(corpus: &Path) -> Vec<Vec<u8>> {
    let files =
        fs::read_dir(corpus).unwrap_or_else(|e| panic!("cannot read the corpus {}: {e}", corpus.display()));
    let samples: Vec<_> = files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
    assert!(!samples.is_empty(), "the corpus {} is empty", corpus.display());
    samples
}

fn tried(name: &str, input: &[u8], parse: &impl Fn(&[u8])) {
    let started = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| parse(input)));
    if let Err(panic) = outcome {
        eprintln!("fuzz/{name}: broken by b\"{}\"", input.escape_ascii());
        resume_unwind(panic);
    }
    assert!(started.elapsed() < SLOW, "fuzz/{name}: slow with b\"{}\"", input.escape_ascii());
}

/// A sample with one to eight changes.
fn changed(samples: &[Vec<u8>], chance: &mut fastrand::Rng) -> Vec<u8> {
    let mut input = samples[chance.usize(..samples.len())].clone();
    for _ in 0..chance.usize(1..=8) {
        let at = chance.usize(..=input.len());
        let to = chance.usize(at..=input.len());
        match chance.u8(..6) {
            0 if at < input.len() => input[at] = chance.u8(..),
            1 => drop(input.drain(at..to)),
            2 => drop(input.splice(at..at, PIECES[chance.usize(..PIECES.len())].iter().copied())),
            3 => {
                let part = input[at..to].repeat(chance.usize(1..=40));
                drop(input.splice(at..at, part));
            }
            4 => {
                let other = &samples[chance.usize(..samples.len())];
                let from = chance.usize(..=other.len());
                drop(input.splice(at.., other[from..].iter().copied()));
            }
            _ => input.truncate(to),
        }
        input.truncate(MOST);
    }
    input
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn samples_are_tried_as_they_are_and_changed() {
        let (whole, other) = (Cell::new(0), Cell::new(0));
        run(env!("CARGO_MANIFEST_DIR"), "words", |bytes| match bytes {
            b"one\n" | b"another\n" => whole.set(whole.get() + 1),
            _ => other.set(other.get() + 1),
        });
        assert!(whole.get() >= 2 && other.get() > 0);
    }

    #[test]
    fn a_parser_that_panics_fails_the_test() {
        let broken = catch_unwind(|| {
            run(env!("CARGO_MANIFEST_DIR"), "words", |bytes| assert!(bytes.is_ascii() && bytes.len() < 10));
        });
        assert!(broken.is_err());
    }
}
