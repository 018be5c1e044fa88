//! One value to one type, as `check_type_*` in `ansible.module_utils.common.validation` of ansible-core 2.19 do it.
mod dict;
mod path;
mod size;

use crate::{Env, python as py, spec::Type};
use serde_json::{Number, Value};

/// What text and numbers count as true and as false, in lower case.
pub(crate) const BOOLEANS: [(&[&str], bool); 2] =
    [(&["y", "yes", "on", "1", "true", "t"], true), (&["n", "no", "off", "0", "false", "f"], false)];

/// `AnsibleModule` lists them in an order that changes with each run.
const BOOLEANS_LISTED: &str = "'y', 'yes', 'on', '1', 'true', 't', 1, 'n', 'no', 'off', '0', 'false', 'f', 0";

/// `value` as `ty`; `env` gives the home directory and the variables in a path.
///
/// An error is the reason alone, such as `<class 'list'> cannot be converted to a bool`. Three results may surprise:
/// a bool stays one where an int is wanted, null becomes empty text, and text for a list is parted at every comma.
pub fn coerce(ty: Type, value: &Value, env: &dyn Env) -> Result<Value, String> {
    match ty {
        Type::Str => Ok(text(value).into()),
        Type::Raw => Ok(value.clone()),
        Type::Path => Ok(path::expand(&text(value), env).into()),
        Type::Bool => boolean(value),
        Type::Int => int(value),
        Type::Float => float(value).ok_or_else(|| unfit(value, "float")),
        Type::List => list(value).ok_or_else(|| unfit(value, "list")),
        Type::Dict => dict::dict(value),
        Type::Json | Type::JsonArg => json(value).ok_or_else(|| unfit(value, "json string")),
        Type::Bytes => sized(value, &size::BYTES).ok_or_else(|| unfit(value, "Byte value")),
        Type::Bits => sized(value, &size::BITS).ok_or_else(|| unfit(value, "Bit value")),
    }
}

fn unfit(value: &Value, wanted: &str) -> String {
    format!("{} cannot be converted to a {wanted}", py::class(value))
}

fn text(value: &Value) -> String {
    if value.is_null() { String::new() } else { py::str_of(value) }
}

fn boolean(value: &Value) -> Result<Value, String> {
    let word = match value {
        Value::Bool(_) => return Ok(value.clone()),
        Value::String(text) => py::strip(&text.to_lowercase()).to_owned(),
        Value::Number(number) => {
            py::whole_of(py::float_of(number)).map(|n| n.to_string()).unwrap_or_default()
        }
        _ => return Err(unfit(value, "bool")),
    };
    let meant = BOOLEANS.iter().find(|(words, _)| words.contains(&word.as_str()));
    meant.map(|(_, truth)| Value::Bool(*truth)).ok_or_else(|| {
        let given = py::str_of(value);
        format!("The value '{given}' is not a valid boolean. Valid booleans include: {BOOLEANS_LISTED}")
    })
}

fn int(value: &Value) -> Result<Value, String> {
    let whole = match value {
        // A bool is an int in Python.
        Value::Bool(_) => return Ok(value.clone()),
        Value::Number(number) if py::is_int(number) => return Ok(value.clone()),
        Value::Number(number) => py::whole_of(py::float_of(number)),
        Value::String(text) => py::parse_whole(text),
        _ => None,
    };
    whole.map(Value::Number).ok_or_else(|| format!("\"{}\" cannot be converted to an int", py::repr(value)))
}

fn float(value: &Value) -> Option<Value> {
    let float = match value {
        Value::Number(number) => py::float_of(number),
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        Value::String(text) => py::parse_float(text)?,
        _ => return None,
    };
    py::float_number(float).map(Value::Number)
}

fn list(value: &Value) -> Option<Value> {
    match value {
        Value::Array(_) => Some(value.clone()),
        Value::String(text) => Some(text.split(',').collect()),
        Value::Number(_) | Value::Bool(_) => Some(vec![py::str_of(value)].into()),
        Value::Null | Value::Object(_) => None,
    }
}

/// JSON text is not looked into: it is the module that reads it.
fn json(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => Some(py::strip(text).into()),
        Value::Array(_) | Value::Object(_) => Some(py::dumps(value).into()),
        _ => None,
    }
}

fn sized(value: &Value, kind: &size::Kind) -> Option<Value> {
    let number: Number = size::parse(&py::str_of(value), kind)?;
    Some(number.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NoEnv;
    use serde_json::json;

    fn to(ty: Type, value: &Value) -> Result<Value, String> {
        coerce(ty, value, &NoEnv)
    }

    #[test]
    fn booleans_come_from_words_and_numbers() {
        for yes in [json!(true), json!("YES"), json!(" t\n"), json!(1), json!(1.0)] {
            assert_eq!(to(Type::Bool, &yes), Ok(json!(true)), "{yes}");
        }
        for no in [json!("Off"), json!("0"), json!(0), json!(-0.0)] {
            assert_eq!(to(Type::Bool, &no), Ok(json!(false)), "{no}");
        }
        for bad in [json!(""), json!("1.0"), json!(2), json!(0.5), json!(null), json!([])] {
            assert!(to(Type::Bool, &bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_beyond_a_float_are_refused_not_made_null() {
        let huge = serde_json::from_str(&"1".repeat(400)).unwrap();
        assert_eq!(to(Type::Float, &huge), Err("<class 'int'> cannot be converted to a float".into()));
        assert_eq!(to(Type::Int, &huge), Ok(huge));
        let infinite: Value = serde_json::from_str("1e400").unwrap();
        assert!(to(Type::Float, &infinite).is_err() && to(Type::Int, &infinite).is_err());
    }

    #[test]
    fn lists_are_parted_at_commas_without_trimming() {
        assert_eq!(to(Type::List, &json!("a, b ,")), Ok(json!(["a", " b ", ""])));
        assert_eq!(to(Type::List, &json!(1.5)), Ok(json!(["1.5"])));
        assert_eq!(to(Type::List, &json!({})), Err("<class 'dict'> cannot be converted to a list".into()));
    }

    #[test]
    fn json_is_written_but_not_read() {
        assert_eq!(to(Type::Json, &json!({"a": ["é"]})), Ok(json!(r#"{"a": ["\u00e9"]}"#)));
        assert_eq!(to(Type::Json, &json!(" {no json ")), Ok(json!("{no json")));
        assert_eq!(
            to(Type::JsonArg, &json!(5)),
            Err("<class 'int'> cannot be converted to a json string".into())
        );
    }
}
