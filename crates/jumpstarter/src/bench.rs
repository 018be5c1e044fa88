//! A bench: how it is asked for, and how the controller lists it.
use std::{collections::BTreeMap, fmt};

/// Which bench is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// This one.
    Exporter(String),
    /// Any with these labels, in Kubernetes' selector syntax.
    Selector(String),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Exporter(name) => f.write_str(name),
            Target::Selector(selector) => write!(f, "with {selector}"),
        }
    }
}

/// An exporter, as the controller lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exporter {
    /// Its name.
    pub name: String,
    /// What selectors select by.
    pub labels: BTreeMap<String, String>,
}
