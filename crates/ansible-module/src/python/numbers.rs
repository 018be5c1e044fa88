//! Numbers as Python reads and writes them: integers of any size, floats by their shortest text.
use super::digits::{ascii_digits, strip};
use serde_json::Number;

/// The most digits of an integer that Python's `int()` reads and `str()` writes.
const MOST_DIGITS: usize = 4300;

/// Whether Python's JSON reader makes an `int` of it.
pub(crate) fn is_int(number: &Number) -> bool {
    !number.as_str().contains(['.', 'e', 'E'])
}

/// `float(number)`; infinite beyond the range of a float, where Python has an infinity for a float and an exception for an int.
pub(crate) fn float_of(number: &Number) -> f64 {
    // A JSON number is always one to Rust, too.
    number.as_str().parse().unwrap_or(f64::NAN)
}

/// A float as a JSON number; `None` for NaN and infinity, which JSON can't carry.
pub(crate) fn float_number(float: f64) -> Option<Number> {
    if float.is_finite() { float_repr(float).parse().ok() } else { None }
}

/// `int(float)`, if that loses nothing.
pub(crate) fn whole_of(float: f64) -> Option<Number> {
    if float.is_finite() && float.fract() == 0.0 { parse_whole(&format!("{float:.0}")) } else { None }
}

/// `repr(float)`: the shortest digits that mean the same float, with an exponent where Python writes one.
pub(crate) fn float_repr(float: f64) -> String {
    let size = float.abs();
    if float == 0.0 || (1e-4..1e16).contains(&size) {
        return format!("{float:?}");
    }
    if !float.is_finite() {
        return format!("{float}").to_lowercase();
    }
    let scientific = format!("{float:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// `float(text)`; NaN and infinity, which JSON can't carry, are refused.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    // Unlike `strip`, this keeps the separators of ASCII, which are refused.
    let text = without_underscores(&ascii_digits(text.trim()))?;
    text.parse().ok().filter(|float: &f64| float.is_finite())
}

/// The text without its underscores, which must stand between two digits.
pub(super) fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let well_placed = |at: usize| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
    text.match_indices('_').all(|(at, _)| well_placed(at)).then(|| text.replace('_', ""))
}

/// `int(decimal.Decimal(text))`, if that loses nothing: signs, blanks, underscores anywhere, fractions of zero, exponents.
pub(crate) fn parse_whole(text: &str) -> Option<Number> {
    let text = ascii_digits(strip(text)).replace('_', "");
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(Number::from(0));
    }
    let shift = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let digits = shifted(digits, shift).filter(|digits| digits.len() <= MOST_DIGITS)?;
    format!("{sign}{digits}").parse().ok()
}

/// `digits` times ten to the power of `shift`; `None` if that is not whole, or too long by far.
fn shifted(digits: &str, shift: i64) -> Option<String> {
    let places = usize::try_from(shift.unsigned_abs()).ok()?;
    if shift < 0 {
        let (kept, cut) = digits.split_at(digits.len().checked_sub(places)?);
        return cut.bytes().all(|digit| digit == b'0').then(|| kept.into());
    }
    (places <= MOST_DIGITS).then(|| digits.to_owned() + &"0".repeat(places))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Option<String> {
        parse_whole(text).map(|number| number.as_str().to_owned())
    }

    #[test]
    fn floats_print_as_in_python() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (123_456_789.125, "123456789.125"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-2.5e-10, "-2.5e-10"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (float, text) in cases {
            assert_eq!(float_repr(float), text);
        }
    }

    #[test]
    fn whole_numbers_are_read_exactly() {
        let cases = [
            ("5", "5"),
            (" +5\t", "5"),
            ("-0", "0"),
            ("1_000", "1000"),
            ("_1__0_", "10"),
            ("1.0", "1"),
            ("5.", "5"),
            ("1.50e1", "15"),
            ("1e3", "1000"),
            ("100E-2", "1"),
            ("0e999999999", "0"),
            ("٣", "3"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ];
        for (text, number) in cases {
            assert_eq!(whole(text).as_deref(), Some(number), "{text}");
        }
    }

    #[test]
    fn what_is_no_whole_number_is_refused() {
        for text in ["", " ", "_", ".", "e5", "1e", "1.5", "1e-1", "0x10", "5 5", "--5", "+-5", "nan", "inf"]
        {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn exponents_out_of_all_bounds_are_refused() {
        for exponent in ["4300", "999999999999", "-1", "-9223372036854775808", "99999999999999999999"] {
            assert_eq!(whole(&format!("1e{exponent}")), None, "{exponent}");
        }
        assert_eq!(whole("1e4299").map(|digits| digits.len()), Some(4300));
    }

    #[test]
    fn floats_are_read_with_pythons_underscores() {
        assert_eq!(parse_float(" 1_0.5 "), Some(10.5));
        assert_eq!(parse_float("1e1_0"), Some(1e10));
        assert_eq!(parse_float("１２"), Some(12.0));
        for text in
            ["", "_1", "1_", "1__0", "1_.5", "nan", "inf", "-Infinity", "1e999", "0x1", "1,5", "\x1c5"]
        {
            assert_eq!(parse_float(text), None, "{text}");
        }
    }

    #[test]
    fn whole_floats_become_integers() {
        assert_eq!(whole_of(1e22).map(|n| n.to_string()).as_deref(), Some("10000000000000000000000"));
        assert_eq!(whole_of(-0.0).map(|n| n.to_string()).as_deref(), Some("0"));
        assert_eq!(whole_of(1.5), None);
        assert_eq!(whole_of(f64::INFINITY), None);
    }
}
