//! Sizes such as `1.5G` and `10Mb`, as `human_to_bytes` reads them.
use crate::python as py;
use serde_json::Number;

/// Bytes or bits: how their units are written.
pub(super) struct Kind {
    /// What follows the letter of the power: `B` in `KB`.
    short: char,
    /// What follows the name of the power: `byte` in `kilobyte`.
    long: &'static str,
}

pub(super) const BYTES: Kind = Kind { short: 'B', long: "byte" };
pub(super) const BITS: Kind = Kind { short: 'b', long: "bit" };

/// Each is 1024 times the one before.
const POWERS: [(char, &str); 9] = [
    ('B', ""),
    ('K', "kilo"),
    ('M', "mega"),
    ('G', "giga"),
    ('T', "tera"),
    ('P', "peta"),
    ('E', "exa"),
    // With one `t`, as ansible-core has it.
    ('Z', "zeta"),
    ('Y', "yotta"),
];

/// A number without a sign, perhaps with blanks and a unit behind it, rounded to a whole one; a half goes to the even one.
pub(super) fn parse(text: &str, kind: &Kind) -> Option<Number> {
    let text = text.trim_end_matches(py::is_space);
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, unit) = text.split_at(unit_at);
    // `1.` is no number here, though `.5` is one.
    if digits.ends_with('.') {
        return None;
    }
    let number: f64 = digits.parse().ok()?;
    let factor = factor(unit.trim_start_matches(py::is_space), kind)?;
    py::whole_of((number * factor).round_ties_even())
}

/// A lone letter names the power whatever its case; anything longer must be of the right kind.
fn factor(unit: &str, kind: &Kind) -> Option<f64> {
    let Some(letter) = unit.chars().next() else { return Some(1.0) };
    let letter = letter.to_ascii_uppercase();
    let power = POWERS.iter().position(|(power, _)| *power == letter)?;
    let name = format!("{}{}", POWERS[power].1, kind.long);
    let is_named = unit.len() == 1 || unit.to_lowercase() == name || is_short(unit, letter, kind);
    is_named.then(|| (0..power).fold(1.0, |factor, _| factor * 1024.0))
}

fn is_short(unit: &str, letter: char, kind: &Kind) -> bool {
    letter != 'B' && unit.chars().eq([letter, kind.short])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, kind: &Kind) -> Option<String> {
        parse(text, kind).map(|number| number.as_str().to_owned())
    }

    #[test]
    fn units_are_powers_of_1024() {
        let cases = [
            ("10", "10"),
            ("1K", "1024"),
            ("1k", "1024"),
            ("1.5 GB ", "1610612736"),
            (".5M", "524288"),
            ("2b", "2"),
            ("2Byte", "2"),
            ("1KiloByte", "1024"),
            ("1zetabyte", "1180591620717411303424"),
            ("1Y", "1208925819614629174706176"),
        ];
        for (text, bytes) in cases {
            assert_eq!(read(text, &BYTES).as_deref(), Some(bytes), "{text}");
        }
    }

    #[test]
    fn halves_are_rounded_to_even() {
        assert_eq!(read("0.5", &BYTES).as_deref(), Some("0"));
        assert_eq!(read("1.5", &BYTES).as_deref(), Some("2"));
        assert_eq!(read("2.5", &BYTES).as_deref(), Some("2"));
    }

    #[test]
    fn bits_and_bytes_are_told_apart() {
        assert_eq!(read("2Mb", &BITS).as_deref(), Some("2097152"));
        assert_eq!(read("1kilobit", &BITS).as_deref(), Some("1024"));
        for (text, kind) in
            [("2Mb", &BYTES), ("2MB", &BITS), ("2kb", &BITS), ("1kilobit", &BYTES), ("2bb", &BITS)]
        {
            assert_eq!(read(text, kind), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in
            ["", "K", "1.", "1..5", "-1", "+1", " 1", "1X", "1e3", "1 K B", "1zettabyte", "1K\u{e9}", "inf"]
        {
            assert_eq!(read(text, &BYTES), None, "{text}");
        }
        assert_eq!(read(&"9".repeat(400), &BYTES), None);
    }
}
