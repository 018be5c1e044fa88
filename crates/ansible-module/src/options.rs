//! From a struct to its [`ArgumentSpec`], and from checked parameters back to the struct.
mod types;

/// As the type of an option it is masked wherever it turns up in the module's output.
#[doc(inline)]
pub use shown_text::Secret;

use crate::{
    python,
    spec::{ArgumentSpec, Opt, Type},
};
use serde_json::{Map, Value};
use std::fmt;

/// A struct whose fields are options; `#[derive(Options)]` writes this.
///
/// ```
/// use ansible_module::{NoEnv, Options, validate};
/// use serde_json::json;
///
/// /// Greet somebody
/// #[derive(Options)]
/// struct Greeting {
///     /// Who is greeted.
///     name: String,
///     /// How often.
///     #[option(default = 1)]
///     times: u8,
/// }
///
/// let arguments = json!({ "name": "Ada", "times": "2" });
/// let mut checked = validate(&Greeting::spec(), arguments.as_object().unwrap().clone(), &NoEnv);
/// assert!(checked.outcome.is_ok());
/// let greeting = Greeting::take(&mut checked.params).unwrap();
/// assert_eq!((greeting.name.as_str(), greeting.times), ("Ada", 2));
/// ```
pub trait Options: Sized {
    /// The struct's own doc comment, in Markdown: for a module its description.
    const DOC: &'static str = "";
    /// The names of its options, so that the compiler can check rules and find a name that is taken.
    const NAMES: Names = Names { own: &[], aliases: &[], shared: &[] };

    /// What the struct accepts.
    fn spec() -> ArgumentSpec;

    /// Takes its own options out of `params`, which have passed [`crate::validate()`] against its spec.
    ///
    /// # Errors
    /// A value that the spec allows but the field's type can't hold, such as 300 for a `u8`.
    fn take(params: &mut Map<String, Value>) -> Result<Self, Mismatch>;
}

/// The names of a struct's options.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    /// The options that are the struct's own fields.
    pub own: &'static [&'static str],
    /// Their aliases.
    pub aliases: &'static [&'static str],
    /// The structs flattened into it.
    pub shared: &'static [&'static Names],
}

impl Names {
    /// Whether `name` is an option here or in a flattened struct. An alias is none.
    pub const fn has(&self, name: &str) -> bool {
        if contains(self.own, name) {
            return true;
        }
        let mut i = 0;
        while i < self.shared.len() {
            if self.shared[i].has(name) {
                return true;
            }
            i += 1;
        }
        false
    }

    /// Whether any name or alias is also one of `other`'s.
    pub const fn overlap(&self, other: &Names) -> bool {
        if other.takes_any(self.own) || other.takes_any(self.aliases) {
            return true;
        }
        let mut i = 0;
        while i < self.shared.len() {
            if self.shared[i].overlap(other) {
                return true;
            }
            i += 1;
        }
        false
    }

    const fn takes_any(&self, names: &[&str]) -> bool {
        let mut i = 0;
        while i < names.len() {
            if contains(self.own, names[i]) || contains(self.aliases, names[i]) {
                return true;
            }
            i += 1;
        }
        i = 0;
        while i < self.shared.len() {
            if self.shared[i].takes_any(names) {
                return true;
            }
            i += 1;
        }
        false
    }
}

const fn contains(names: &[&str], name: &str) -> bool {
    let mut i = 0;
    while i < names.len() {
        if same(names[i].as_bytes(), name.as_bytes()) {
            return true;
        }
        i += 1;
    }
    false
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// A type that a field of an options struct can have.
#[diagnostic::on_unimplemented(
    message = "an option can't have the type `{Self}`",
    label = "no type of an option",
    note = "options are String, bool, u8 to u64, usize, i8 to i64, f64, PathBuf, Secret, serde_json's Value, Number and Map, \
            enums with `#[derive(Choices)]`, structs with `#[derive(Options)]`, and Option or Vec of these"
)]
pub trait OptionType: Sized {
    /// What `default = ...` takes, so that a default of the wrong type does not compile.
    type Default: Into<Value>;

    /// The option without its name: type, elements, choices, suboptions; required, unless it is an `Option`.
    fn opt() -> Opt;

    /// From a value that has passed the checks.
    ///
    /// # Errors
    /// The value is one that this type can't hold.
    fn from_value(value: Value) -> Result<Self, Mismatch>;

    /// The default as JSON.
    fn default_value(default: Self::Default) -> Value {
        default.into()
    }
}

/// A value that its option's Rust type can't hold.
///
/// ```
/// use ansible_module::{OptionType, options::take_one};
///
/// let mut params = serde_json::from_str(r#"{ "ports": [80, 70000] }"#).unwrap();
/// let mismatch = take_one(&mut params, "ports", Vec::<u16>::from_value).unwrap_err();
/// assert_eq!(mismatch.to_string(), "option 'ports[1]': must be between 0 and 65535, got: 70000");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// From the outermost option to the value: `ecus[0].sw_version`.
    path: String,
    wanted: String,
    got: Option<String>,
}

impl Mismatch {
    /// `value` is not `wanted`, which goes on the sentence "must be".
    pub fn new(wanted: impl Into<String>, value: &Value) -> Self {
        Mismatch { path: String::new(), wanted: wanted.into(), got: Some(python::str_of(value)) }
    }

    /// As [`Mismatch::new`], for a value that must not be told.
    pub fn secret(wanted: impl Into<String>) -> Self {
        Mismatch { path: String::new(), wanted: wanted.into(), got: None }
    }

    /// The same, seen from one level further out: `outer` is an option's name or an index in brackets.
    fn within(mut self, outer: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{outer}{dot}{}", self.path);
        self
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "option '{}': must be {}", self.path, self.wanted)?;
        self.got.iter().try_for_each(|got| write!(f, ", got: {got}"))
    }
}

impl std::error::Error for Mismatch {}

impl From<Mismatch> for String {
    fn from(mismatch: Mismatch) -> String {
        mismatch.to_string()
    }
}

/// Takes one option out of `params`; absent is null.
///
/// # Errors
/// Those of `from_value`, with the option's name.
pub fn take_one<T>(
    params: &mut Map<String, Value>,
    name: &str,
    from_value: fn(Value) -> Result<T, Mismatch>,
) -> Result<T, Mismatch> {
    from_value(params.remove(name).unwrap_or(Value::Null)).map_err(|mismatch| mismatch.within(name))
}

/// As [`take_one`], but no error tells the value.
///
/// # Errors
/// Those of `from_value`, with the option's name.
pub fn take_secret<T>(
    params: &mut Map<String, Value>,
    name: &str,
    from_value: fn(Value) -> Result<T, Mismatch>,
) -> Result<T, Mismatch> {
    take_one(params, name, from_value).map_err(|mismatch| Mismatch { got: None, ..mismatch })
}

/// Takes an option that is itself a struct of options.
///
/// # Errors
/// It is no dict, or one of its suboptions does not fit.
pub fn take_dict<O: Options>(value: Value) -> Result<O, Mismatch> {
    match value {
        Value::Object(mut params) => O::take(&mut params),
        other => Err(Mismatch::new("a dict", &other)),
    }
}

/// The option that a struct of options is: a dict with suboptions.
#[must_use]
pub fn opt_of<O: Options>() -> Opt {
    Opt { options: Some(O::spec()), ..required(Type::Dict) }
}

fn required(ty: Type) -> Opt {
    Opt { ty, required: true, ..Opt::default() }
}
