//! The schema dialect of yaml-validator 0.2: what a value may be.
use regex_lite::Regex;
use std::collections::BTreeMap;

/// What a value may be.
#[derive(Debug, Clone)]
pub(crate) enum Schema {
    /// `$ref`: whatever the schema of this uri says. It is looked up only when a value is checked.
    Reference(String),
    Not(Box<Schema>),
    OneOf(Vec<Schema>),
    AllOf(Vec<Schema>),
    AnyOf(Vec<Schema>),
    Object {
        items: BTreeMap<String, Schema>,
        required: Vec<String>,
    },
    /// A map with any keys.
    Hash(Option<Box<Schema>>),
    Array(Box<ArraySchema>),
    Text {
        pattern: Option<Regex>,
        /// In bytes.
        shortest: Option<usize>,
        longest: Option<usize>,
    },
    Integer(Range<i64>),
    Real(Range<f64>),
    Boolean,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct ArraySchema {
    pub(crate) items: Option<Schema>,
    pub(crate) fewest: Option<usize>,
    pub(crate) most: Option<usize>,
    pub(crate) is_unique: bool,
    pub(crate) contains: Option<Schema>,
    pub(crate) contains_fewest: Option<usize>,
    pub(crate) contains_most: Option<usize>,
}

/// The numbers that are allowed.
#[derive(Debug, Clone)]
pub(crate) struct Range<T> {
    pub(crate) lower: Option<Limit<T>>,
    pub(crate) upper: Option<Limit<T>>,
    pub(crate) multiple_of: Option<T>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit<T> {
    pub(crate) at: T,
    pub(crate) is_exclusive: bool,
}

impl Schema {
    /// The uris of the schemas that this one asks about the same value.
    pub(crate) fn same_value<'s>(&'s self, found: &mut Vec<&'s str>) {
        match self {
            Schema::Reference(uri) => found.push(uri),
            Schema::Not(inner) => inner.same_value(found),
            Schema::OneOf(all) | Schema::AllOf(all) | Schema::AnyOf(all) => {
                for inner in all {
                    inner.same_value(found);
                }
            }
            _ => {}
        }
    }
}
