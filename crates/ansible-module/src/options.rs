//! The typed side: from an options struct to its [`ArgumentSpec`], and from checked parameters to the struct.
use crate::{python as py, spec::*};
use serde_json::{Map, Value};

/// A struct of options; `#[derive(Options)]` writes this.
pub trait Options: Sized {
    fn spec() -> ArgumentSpec;
    /// Takes its own options out of `params`, which have passed [`crate::validate`].
    fn take(params: &mut Map<String, Value>) -> Result<Self, String>;
    /// The struct's own doc comment.
    const DOC: &'static str = "";
    /// Its options' names, for rules to be checked against while compiling.
    const NAMES: Names = Names { own: &[], flat: &[] };
}
pub struct Names {
    pub own: &'static [&'static str],
    pub flat: &'static [&'static Names],
}
impl Names {
    pub const fn has(&self, name: &str) -> bool {
        let mut i = 0;
        while i < self.own.len() {
            if same(self.own[i].as_bytes(), name.as_bytes()) {
                return true;
            }
            i += 1
        }
        i = 0;
        while i < self.flat.len() {
            if self.flat[i].has(name) {
                return true;
            }
            i += 1
        }
        false
    }
}
const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1
    }
    a.len() == b.len()
}

/// A type an option can have.
pub trait OptionType: Sized {
    /// Type, elements, choices, suboptions; `required` unless it is an `Option`.
    fn opt() -> Opt;
    fn from_value(v: Value) -> Result<Self, String>;
    /// What `default = ...` takes, so that a default of the wrong type does not compile.
    type Default: Into<Value>;
    fn default_value(d: Self::Default) -> Value {
        d.into()
    }
}

pub fn take_one<T: OptionType>(params: &mut Map<String, Value>, name: &str) -> Result<T, String> {
    T::from_value(params.remove(name).unwrap_or(Value::Null)).map_err(|e| format!("option '{name}': {e}"))
}

fn required(ty: Type) -> Opt {
    Opt { ty, required: true, ..Opt::default() }
}
fn unlike<T>(want: &str, v: &Value) -> Result<T, String> {
    Err(format!("must be {want}, got: {}", py::str_of(v)))
}

impl OptionType for String {
    type Default = &'static str;
    fn opt() -> Opt {
        required(Type::Str)
    }
    fn from_value(v: Value) -> Result<Self, String> {
        match v {
            Value::String(s) => Ok(s),
            v => unlike("text", &v),
        }
    }
}
impl OptionType for bool {
    type Default = bool;
    fn opt() -> Opt {
        required(Type::Bool)
    }
    fn from_value(v: Value) -> Result<Self, String> {
        v.as_bool().map_or_else(|| unlike("a bool", &v), Ok)
    }
}
macro_rules! ints { ($($t:ty)*) => { $(
    impl OptionType for $t {
    type Default = $t;
        fn opt() -> Opt { required(Type::Int) }
        fn from_value(v: Value) -> Result<Self, String> {
            match &v {
                Value::Bool(b) => Ok(*b as $t),
                Value::Number(n) => n.as_str().parse().or_else(|_| unlike(&format!("between {} and {}", <$t>::MIN, <$t>::MAX), &v)),
                _ => unlike("a whole number", &v),
            }
        }
    }
)* } }
ints!(u8 u16 u32 u64 i32 i64 usize);
impl OptionType for f64 {
    type Default = f64;
    fn opt() -> Opt {
        required(Type::Float)
    }
    fn from_value(v: Value) -> Result<Self, String> {
        v.as_f64().map_or_else(|| unlike("a number", &v), Ok)
    }
}
impl OptionType for std::path::PathBuf {
    type Default = &'static str;
    fn opt() -> Opt {
        required(Type::Path)
    }
    fn from_value(v: Value) -> Result<Self, String> {
        String::from_value(v).map(Into::into)
    }
}
impl OptionType for Value {
    type Default = Value;
    fn opt() -> Opt {
        required(Type::Raw)
    }
    fn from_value(v: Value) -> Result<Self, String> {
        Ok(v)
    }
}
impl OptionType for Map<String, Value> {
    type Default = Value;
    fn opt() -> Opt {
        required(Type::Dict)
    }
    fn from_value(v: Value) -> Result<Self, String> {
        match v {
            Value::Object(m) => Ok(m),
            v => unlike("a dict", &v),
        }
    }
}
impl<T: OptionType> OptionType for Option<T> {
    type Default = T::Default;
    fn opt() -> Opt {
        Opt { required: false, ..T::opt() }
    }
    fn from_value(v: Value) -> Result<Self, String> {
        if v.is_null() { Ok(None) } else { T::from_value(v).map(Some) }
    }
}
impl<T: OptionType> OptionType for Vec<T> {
    type Default = Vec<T::Default>;
    fn opt() -> Opt {
        let el = T::opt();
        Opt {
            elements: Some(el.ty),
            choices: el.choices,
            options: el.options,
            no_log: el.no_log,
            ..required(Type::List)
        }
    }
    fn from_value(v: Value) -> Result<Self, String> {
        match v {
            Value::Array(a) => a
                .into_iter()
                .enumerate()
                .map(|(i, x)| T::from_value(x).map_err(|e| format!("[{i}]: {e}")))
                .collect(),
            v => unlike("a list", &v),
        }
    }
}

/// A text that can't be printed, formatted or serialised by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);
impl Secret {
    pub fn new(s: impl Into<String>) -> Self {
        Secret(s.into())
    }
    pub fn expose(&self) -> &str {
        &self.0
    }
}
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("Secret")
    }
}
impl OptionType for Secret {
    type Default = &'static str;
    fn opt() -> Opt {
        Opt { no_log: Some(true), ..required(Type::Str) }
    }
    fn from_value(v: Value) -> Result<Self, String> {
        match v {
            Value::String(s) => Ok(Secret(s)),
            _ => Err("must be text".into()),
        }
    }
}

/// What a module returns, field by field; `#[derive(Results)]` writes this.
pub trait Results: Default {
    fn returns() -> Vec<Return>;
    /// Only what is set.
    fn to_map(&self) -> Map<String, Value>;
}
#[derive(Debug, Clone, Default)]
pub struct Return {
    pub name: String,
    pub ty: &'static str,
    pub elements: Option<&'static str>,
    pub returned: String,
    pub doc: String,
    pub sample: Option<Value>,
    pub contains: Vec<Return>,
}
pub trait ResultType {
    fn ret() -> Return;
    fn to_value(&self) -> Value;
}
macro_rules! result_types { ($($t:ty => $n:literal),*) => { $(impl ResultType for $t {
    fn ret() -> Return { Return { ty: $n, ..Return::default() } }
    fn to_value(&self) -> Value { self.clone().into() }
})* } }
result_types!(String => "str", bool => "bool", i64 => "int", u64 => "int", u32 => "int", f64 => "float", Map<String, Value> => "dict", Value => "raw");
impl<T: ResultType> ResultType for Option<T> {
    fn ret() -> Return {
        T::ret()
    }
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }
}
impl<T: ResultType> ResultType for Vec<T> {
    fn ret() -> Return {
        let r = T::ret();
        Return { ty: "list", elements: Some(r.ty), contains: r.contains, ..Return::default() }
    }
    fn to_value(&self) -> Value {
        self.iter().map(T::to_value).collect()
    }
}
