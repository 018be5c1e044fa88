//! From a struct to what is documented of it, and to the keys of a result.
use crate::spec::{Choice, Type};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// A struct whose fields are keys of a module's result; `#[derive(Results)]` writes this.
///
/// ```
/// use ansible_module::Results;
///
/// #[derive(Results, Default)]
/// struct Created {
///     /// Where it is.
///     #[result(sample = "/srv/data")]
///     path: Option<String>,
/// }
///
/// assert!(Created::default().to_map().is_empty());
/// assert_eq!(Created { path: Some("/srv".into()) }.to_map()["path"], "/srv");
/// assert_eq!(Created::returns()[0].doc, "Where it is.");
/// ```
pub trait Results: Default {
    /// The documentation of each key.
    fn returns() -> Vec<Return>;

    /// Adds the keys that have a value to `all`.
    fn put(&self, all: &mut Map<String, Value>);

    /// The keys that have a value.
    fn to_map(&self) -> Map<String, Value> {
        let mut all = Map::new();
        self.put(&mut all);
        all
    }
}

/// The documentation of one key of a result.
#[derive(Debug, Clone, Default)]
pub struct Return {
    /// The key.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// The type of a list's elements.
    pub elements: Option<Type>,
    /// The words it can be, if they are known.
    pub choices: Vec<Choice>,
    /// When it is there, such as `success`.
    pub returned: String,
    /// The doc comment, in Markdown.
    pub doc: String,
    /// An example.
    pub sample: Option<Value>,
    /// The keys of a dict, or of the dicts in a list.
    pub contains: Vec<Return>,
}

/// A type that a field of a results struct can have.
#[diagnostic::on_unimplemented(
    message = "a result can't have the type `{Self}`",
    label = "no type of a result",
    note = "results are String, bool, u32, u64, i64, f64, PathBuf, serde_json's Value and Map, enums with `#[derive(Choices)]`, \
            structs with `#[derive(Results)]`, and Option or Vec of these"
)]
pub trait ResultType {
    /// The documentation without name and text.
    fn ret() -> Return;

    /// The value as JSON; null is left out of the result.
    fn to_value(&self) -> Value;
}

macro_rules! result_types {
    ($($rust:ty: $ty:ident),*) => { $(
        #[diagnostic::do_not_recommend]
        impl ResultType for $rust {
            fn ret() -> Return {
                Return { ty: Type::$ty, ..Return::default() }
            }

            fn to_value(&self) -> Value {
                self.clone().into()
            }
        }
    )* };
}
result_types!(String: Str, bool: Bool, u32: Int, u64: Int, i64: Int, f64: Float, Map<String, Value>: Dict, Value: Raw);

/// Bytes that are not UTF-8 become U+FFFD.
#[diagnostic::do_not_recommend]
impl ResultType for PathBuf {
    fn ret() -> Return {
        Return::default()
    }

    fn to_value(&self) -> Value {
        self.to_string_lossy().into()
    }
}

#[diagnostic::do_not_recommend]
impl<T: ResultType> ResultType for Option<T> {
    fn ret() -> Return {
        T::ret()
    }

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }
}

#[diagnostic::do_not_recommend]
impl<T: ResultType> ResultType for Vec<T> {
    fn ret() -> Return {
        let element = T::ret();
        Return {
            ty: Type::List,
            elements: Some(element.ty),
            choices: element.choices,
            contains: element.contains,
            ..Return::default()
        }
    }

    fn to_value(&self) -> Value {
        self.iter().map(T::to_value).collect()
    }
}

/// Adds one key to a result, unless `value` is null.
pub fn put_one(all: &mut Map<String, Value>, name: &str, value: Value) {
    if !value.is_null() {
        all.insert(name.into(), value);
    }
}

/// The documentation of a struct of results within another.
#[must_use]
pub fn ret_of<R: Results>() -> Return {
    Return { ty: Type::Dict, contains: R::returns(), ..Return::default() }
}
