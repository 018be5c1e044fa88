//! What a module accepts: the argument spec as a plain value, made by the derive and read by the engine and the docs.
use serde_json::Value;

/// A type that an option or an element of a list can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Type {
    /// Text; anything else becomes text as Python's `str()` makes it. What an option without a type has.
    #[default]
    Str,
    /// True or false, also as `yes`, `off`, `1` and the like.
    Bool,
    /// A whole number of any size.
    Int,
    /// A floating-point number; neither infinite nor NaN.
    Float,
    /// A list; text is parted at its commas.
    List,
    /// A dict; text is read as JSON, as a Python literal or as `key=value` pairs.
    Dict,
    /// Text in which a leading `~` and `$VARIABLES` are expanded.
    Path,
    /// Anything, as it is.
    Raw,
    /// JSON text; a list or dict is written as such.
    Json,
    /// As [`Type::Json`], by its older name.
    JsonArg,
    /// A number of bytes, also as `1.5G` or `2MB`, in powers of 1024.
    Bytes,
    /// A number of bits, also as `10Mb`, in powers of 1024.
    Bits,
}

impl Type {
    /// Every type there is.
    pub const ALL: [Type; 12] = [
        Type::Str,
        Type::Bool,
        Type::Int,
        Type::Float,
        Type::List,
        Type::Dict,
        Type::Path,
        Type::Raw,
        Type::Json,
        Type::JsonArg,
        Type::Bytes,
        Type::Bits,
    ];

    /// The type's name in an argument spec, in documentation and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Type::Str => "str",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Float => "float",
            Type::List => "list",
            Type::Dict => "dict",
            Type::Path => "path",
            Type::Raw => "raw",
            Type::Json => "json",
            Type::JsonArg => "jsonarg",
            Type::Bytes => "bytes",
            Type::Bits => "bits",
        }
    }

    /// The type of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ty| ty.name() == name)
    }
}

/// One level of options with its rules: those of a module, or the suboptions of an option.
#[derive(Debug, Clone, Default)]
pub struct ArgumentSpec {
    /// In order of declaration, which decides which fault is told first.
    pub options: Vec<Opt>,
    /// Of each group at most one option may be given; null counts as given, a default does not.
    pub mutually_exclusive: Vec<Vec<String>>,
    /// Of each group all options must be given, or none.
    pub required_together: Vec<Vec<String>>,
    /// Of each group at least one option must be given; a default counts.
    pub required_one_of: Vec<Vec<String>>,
    /// Options required for one value of another.
    pub required_if: Vec<RequiredIf>,
    /// An option, and those that it requires once it is neither absent nor null.
    pub required_by: Vec<(String, Vec<String>)>,
}

impl ArgumentSpec {
    /// Takes in all options and rules of `shared`: how one struct of options is flattened into another.
    pub fn flatten(&mut self, shared: ArgumentSpec) {
        self.options.extend(shared.options);
        self.mutually_exclusive.extend(shared.mutually_exclusive);
        self.required_together.extend(shared.required_together);
        self.required_one_of.extend(shared.required_one_of);
        self.required_if.extend(shared.required_if);
        self.required_by.extend(shared.required_by);
    }
}

/// "If `key` is `is`, then these."
#[derive(Debug, Clone)]
pub struct RequiredIf {
    /// The option that decides.
    pub key: String,
    /// Its value, compared as Python does: `1`, `1.0` and `true` are equal.
    pub is: Value,
    /// The options then required.
    pub then: Vec<String>,
    /// True if one of them will do.
    pub any: bool,
}

/// One option.
#[derive(Debug, Clone, Default)]
pub struct Opt {
    /// The name in a playbook.
    pub name: String,
    /// The type its value is coerced to.
    pub ty: Type,
    /// The type of a list's elements; `None` leaves them as they are.
    pub elements: Option<Type>,
    /// True if the task fails without it. Null counts as given, but must pass the coercion.
    pub required: bool,
    /// Taken if the option is not given, and coerced like a given value.
    pub default: Option<Value>,
    /// The values allowed, for each element in case of a list; empty allows all.
    pub choices: Vec<Choice>,
    /// Further names. What is given under one of them also wins over the option's own name.
    pub aliases: Vec<String>,
    /// Whether the value is kept out of all output. `None` says nothing: the user is warned if the name is like a password's.
    pub no_log: Option<bool>,
    /// Environment variables to fall back to; the first that is set, even if empty, counts.
    pub env: Vec<String>,
    /// The options within a dict, or within each element of a list of dicts.
    pub options: Option<ArgumentSpec>,
    /// True if a dict that is absent or null is made from its suboptions' defaults.
    pub apply_defaults: bool,
    /// When the option goes away: using it adds a deprecation to the result.
    pub removed: Option<Removal>,
    /// Those of the `aliases` that go away.
    pub deprecated_aliases: Vec<DeprecatedAlias>,
    /// Documentation: paragraphs parted by an empty line.
    pub doc: String,
    /// Documentation: the version that brought the option, if it is younger than its module.
    pub version_added: Option<String>,
}

impl Opt {
    /// The suboptions, where `AnsibleModule` looks at them: in a dict and in a list of dicts.
    pub(crate) fn suboptions(&self) -> Option<&ArgumentSpec> {
        let holds_dicts =
            self.ty == Type::Dict || (self.ty == Type::List && self.elements == Some(Type::Dict));
        self.options.as_ref().filter(|_| holds_dicts)
    }

    /// True if what is given must not be shown.
    pub(crate) fn is_secret(&self) -> bool {
        self.no_log == Some(true)
    }
}

/// A value that an option may have.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Of the option's type.
    pub value: Value,
    /// Documentation: what the value means; may be empty.
    pub doc: String,
}

/// When something goes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The release or day.
    pub when: RemovedIn,
    /// The collection whose release that is, such as `ns.name`.
    pub from_collection: Option<String>,
}

impl Removal {
    /// Gone in that version of whatever the module is part of.
    pub fn in_version(version: &str) -> Self {
        Removal { when: RemovedIn::Version(version.into()), from_collection: None }
    }
}

/// The release or day with which something goes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemovedIn {
    /// The first version without it, such as `2.0.0`.
    Version(String),
    /// The day after which a release may lack it, as `YYYY-MM-DD`.
    Date(String),
}

/// A name of an option that goes away while the option stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeprecatedAlias {
    /// One of the option's aliases.
    pub name: String,
    /// When it goes away.
    pub removal: Removal,
}
