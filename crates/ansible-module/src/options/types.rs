//! The types an option can have, each with the Ansible type it stands for.
use super::{Mismatch, OptionType, Secret, required};
use crate::spec::{Opt, Type};
use serde_json::{Map, Number, Value};
use std::path::PathBuf;

#[diagnostic::do_not_recommend]
impl OptionType for String {
    type Default = &'static str;

    fn opt() -> Opt {
        required(Type::Str)
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(Mismatch::new("text", &other)),
        }
    }
}

#[diagnostic::do_not_recommend]
impl OptionType for bool {
    type Default = bool;

    fn opt() -> Opt {
        required(Type::Bool)
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        value.as_bool().ok_or_else(|| Mismatch::new("a bool", &value))
    }
}

macro_rules! whole_numbers {
    ($($int:ty)*) => { $(
        #[diagnostic::do_not_recommend]
        impl OptionType for $int {
            type Default = $int;

            fn opt() -> Opt {
                required(Type::Int)
            }

            fn from_value(value: Value) -> Result<Self, Mismatch> {
                let number = match &value {
                    // The checks leave a bool given for a number as it is, since in Python it is one.
                    Value::Bool(bool) => Some(<$int>::from(*bool)),
                    Value::Number(number) => number.as_str().parse().ok(),
                    _ => None,
                };
                number.ok_or_else(|| {
                    let is_below = matches!(&value, Value::Number(number) if number.as_str().starts_with('-'));
                    // An upper limit of twenty digits tells nobody anything.
                    if is_below && <$int>::MIN == 0 && <$int>::BITS == u64::BITS {
                        return Mismatch::new("0 or more", &value);
                    }
                    Mismatch::new(format!("between {} and {}", <$int>::MIN, <$int>::MAX), &value)
                })
            }
        }
    )* };
}
whole_numbers!(u8 u16 u32 u64 usize i8 i16 i32 i64);

/// A whole number of any size, exact.
#[diagnostic::do_not_recommend]
impl OptionType for Number {
    type Default = u64;

    fn opt() -> Opt {
        required(Type::Int)
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Bool(bool) => Ok(u64::from(bool).into()),
            Value::Number(number) => Ok(number),
            other => Err(Mismatch::new("a whole number", &other)),
        }
    }
}

#[diagnostic::do_not_recommend]
impl OptionType for f64 {
    type Default = f64;

    fn opt() -> Opt {
        required(Type::Float)
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        value.as_f64().ok_or_else(|| Mismatch::new("a number", &value))
    }
}

#[diagnostic::do_not_recommend]
impl OptionType for PathBuf {
    type Default = &'static str;

    fn opt() -> Opt {
        required(Type::Path)
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        String::from_value(value).map(Into::into)
    }
}

#[diagnostic::do_not_recommend]
impl OptionType for Secret {
    type Default = &'static str;

    fn opt() -> Opt {
        Opt { no_log: Some(true), ..required(Type::Str) }
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::String(text) => Ok(Secret::new(text)),
            _ => Err(Mismatch::secret("text")),
        }
    }
}

/// Anything at all.
#[diagnostic::do_not_recommend]
impl OptionType for Value {
    type Default = Value;

    fn opt() -> Opt {
        required(Type::Raw)
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        Ok(value)
    }
}

/// A dict whose keys are not known beforehand.
#[diagnostic::do_not_recommend]
impl OptionType for Map<String, Value> {
    type Default = Map<String, Value>;

    fn opt() -> Opt {
        required(Type::Dict)
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Object(map) => Ok(map),
            other => Err(Mismatch::new("a dict", &other)),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: OptionType> OptionType for Option<T> {
    type Default = T::Default;

    fn opt() -> Opt {
        Opt { required: false, ..T::opt() }
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

#[diagnostic::do_not_recommend]
impl<T: OptionType> OptionType for Vec<T> {
    type Default = Vec<T::Default>;

    fn opt() -> Opt {
        let element = T::opt();
        Opt {
            elements: Some(element.ty),
            choices: element.choices,
            options: element.options,
            no_log: element.no_log,
            ..required(Type::List)
        }
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let Value::Array(items) = value else { return Err(Mismatch::new("a list", &value)) };
        items
            .into_iter()
            .enumerate()
            .map(|(i, item)| T::from_value(item).map_err(|mismatch| mismatch.within(&format!("[{i}]"))))
            .collect()
    }
}
