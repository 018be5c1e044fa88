//! `a == b`: numbers by what they are worth, whatever their type.
use super::numbers::{float_of, is_int, whole_of};
use serde_json::Value;

/// `a == b`; `1`, `1.0` and `true` are equal, also within lists and dicts.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Null, Value::Null) => true,
        _ => worth(a).is_some_and(|a| Some(a) == worth(b)),
    }
}

/// What a number or bool is worth; no integer is ever rounded to a float.
#[derive(PartialEq)]
enum Worth {
    /// The digits, with a sign if negative.
    Whole(String),
    Fraction(f64),
}

fn worth(value: &Value) -> Option<Worth> {
    match value {
        Value::Bool(truth) => Some(Worth::Whole(u8::from(*truth).to_string())),
        Value::Number(number) if is_int(number) => {
            let digits = number.as_str();
            Some(Worth::Whole(if digits == "-0" { "0".into() } else { digits.into() }))
        }
        Value::Number(number) => {
            let float = float_of(number);
            let whole = whole_of(float).map(|whole| Worth::Whole(whole.as_str().into()));
            Some(whole.unwrap_or(Worth::Fraction(float)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn numbers_and_bools_of_the_same_worth_are_equal() {
        for (a, b) in
            [("1", "1.0"), ("1", "true"), ("0.0", "false"), ("-0", "0"), ("-0.0", "0"), ("1e2", "100")]
        {
            assert!(equal(&value(a), &value(b)), "{a} {b}");
        }
        assert!(equal(&json!({"a": [1, true]}), &json!({"a": [1.0, 1]})));
    }

    #[test]
    fn big_integers_are_compared_exactly() {
        assert!(!equal(&value("10000000000000000000000000"), &value("1e25")));
        assert!(equal(&value("10000000000000000905969664"), &value("1e25")));
        assert!(!equal(&value("9007199254740993"), &value("9007199254740992")));
    }

    #[test]
    fn other_types_differ() {
        for (a, b) in [("1", "\"1\""), ("null", "false"), ("[]", "{}"), ("[1]", "[1, 2]"), ("1.5", "1")] {
            assert!(!equal(&value(a), &value(b)), "{a} {b}");
        }
        assert!(!equal(&json!({"a": 1}), &json!({"b": 1})));
    }
}
