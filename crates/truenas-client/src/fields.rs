//! Reads the fields of rows.
use crate::Error;
use serde_json::{Map, Value};

/// A row as it came, of the table that `method` reads.
pub(crate) struct Row<'a> {
    pub(crate) method: &'a str,
    pub(crate) value: &'a Value,
}

impl Row<'_> {
    pub(crate) fn integer(&self, name: &str) -> Result<u64, Error> {
        self.value[name].as_u64().ok_or_else(|| self.lacks(name))
    }

    pub(crate) fn text(&self, name: &str) -> Result<String, Error> {
        self.value[name].as_str().map(str::to_owned).ok_or_else(|| self.lacks(name))
    }

    /// The empty text if it is null or missing.
    pub(crate) fn text_or_none(&self, name: &str) -> String {
        self.value[name].as_str().unwrap_or_default().to_owned()
    }

    /// None if it is null or missing.
    pub(crate) fn maybe_integer(&self, name: &str) -> Option<u64> {
        self.value[name].as_u64()
    }

    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        self.value[name].as_bool().unwrap_or(default)
    }

    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let all = self.value[name].as_array().into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn lacks(&self, name: &str) -> Error {
        let why = format!("a row has no usable field {name}");
        Error::Unreadable { method: self.method.to_owned(), why }
    }
}

/// The rows of a list, each read by `read`.
pub(crate) fn rows<T>(
    method: &str,
    list: &Value,
    read: impl Fn(&Row) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let Some(list) = list.as_array() else {
        return Err(Error::Unreadable { method: method.to_owned(), why: "it is not a list".into() });
    };
    list.iter().map(|value| read(&Row { method, value })).collect()
}

/// An object of these fields; null ones are left out, since some releases refuse them.
pub(crate) fn object(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Map<String, Value> {
    fields
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
