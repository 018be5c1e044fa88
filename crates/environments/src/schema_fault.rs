//! What is wrong with a value, in words.
use crate::{
    definition_tree::{Node, Value, shown},
    schema::Range,
};
use std::fmt::Display;

/// One thing that is wrong with a value.
pub(crate) struct Fault {
    pub(crate) line: usize,
    pub(crate) path: String,
    pub(crate) message: String,
}

/// In such fields there may be secrets, whose values are never shown.
const SECRET: [&str; 7] = ["passw", "secret", "token", "credential", "private", "api_key", "apikey"];

/// The value for a message, unless its path speaks of secrets.
pub(crate) fn told(node: &Node, path: &str) -> String {
    let path = path.to_lowercase();
    if SECRET.iter().any(|word| path.contains(word)) { "(hidden)".into() } else { shown(node) }
}

pub(crate) fn add(found: &mut Vec<Fault>, node: &Node, path: &str, message: String) {
    found.push(Fault { line: node.line, path: path.to_owned(), message });
}

/// What the value holds, if it is of the kind that is wanted.
pub(crate) fn of_kind<T>(
    node: &Node,
    wanted: &str,
    content: Option<T>,
    path: &str,
    found: &mut Vec<Fault>,
) -> Option<T> {
    if content.is_none() {
        let is = match (&node.value, node.kind()) {
            (Value::Scalar(_), "null") => "It has no value (null)".to_owned(),
            (Value::Scalar(_), kind) => format!("{} is of type {kind}", told(node, path)),
            _ => format!("It is {}", shown(node)),
        };
        add(found, node, path, format!("{is}, but must be of type {wanted}."));
    }
    content
}

pub(crate) fn check_range<T: Copy + PartialOrd + Display>(
    range: &Range<T>,
    number: T,
    is_multiple: fn(T, T) -> bool,
    node: &Node,
    path: &str,
    found: &mut Vec<Fault>,
) {
    let mut refuse = |what: String| add(found, node, path, format!("{} is {what}", told(node, path)));
    if let Some(limit) = range.lower {
        let is_within = if limit.is_exclusive { number > limit.at } else { number >= limit.at };
        let (than, name) =
            if limit.is_exclusive { ("greater than", "exclusiveMinimum") } else { ("at least", "minimum") };
        if !is_within {
            refuse(format!("too low: it must be {than} {} ({name}).", limit.at));
        }
    }
    if let Some(limit) = range.upper {
        let is_within = if limit.is_exclusive { number < limit.at } else { number <= limit.at };
        let (than, name) =
            if limit.is_exclusive { ("less than", "exclusiveMaximum") } else { ("at most", "maximum") };
        if !is_within {
            refuse(format!("too high: it must be {than} {} ({name}).", limit.at));
        }
    }
    if let Some(of) = range.multiple_of.filter(|of| !is_multiple(number, *of)) {
        refuse(format!("not a multiple of {of} (multipleOf)."));
    }
}

pub(crate) fn unknown<'n>(name: &str, known: impl Iterator<Item = &'n String>) -> String {
    let known: Vec<_> = known.map(String::as_str).collect();
    if name == "<<" {
        return "The field << is not in the schema: maps are not merged. Write the fields out.".into();
    }
    format!("The field {name} is not in the schema, which allows {}. Remove or rename it.", known.join(", "))
}
