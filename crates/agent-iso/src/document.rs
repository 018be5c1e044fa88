//! One input of the installer, as the user gave it: its YAML, and the file that the installer gets.
use crate::{Error, yaml_text::yaml_text};
use hardened_host::read_named_file;
use serde_json::{Map, Value};
use std::path::PathBuf;

/// No configuration is larger.
const LARGEST: u64 = 4 << 20;

/// A YAML mapping, and its text.
#[derive(Clone, Debug)]
pub struct Document {
    /// The option that it was given by.
    pub(crate) option: &'static str,
    pub(crate) content: Map<String, Value>,
    /// As it was given, or as YAML where a mapping was given.
    pub(crate) text: String,
}

impl Document {
    /// What an option holds: a mapping, a text of YAML or JSON, or the path of a file. The file is only read.
    pub fn given(option: &'static str, value: &Value) -> Result<Self, Error> {
        match value {
            Value::Object(content) => {
                let text = yaml_text(value);
                Ok(Document { option, content: content.clone(), text })
            }
            Value::String(text) if is_yaml(text) => Self::parse(option, text.clone()),
            Value::String(path) if !path.trim().is_empty() => {
                // What looks like no path may be a secret.
                let shown = if is_path(path) {
                    format!("{path:?}")
                } else {
                    "the value is taken for a path, but".into()
                };
                let named = |what: String| {
                    Error::input(
                        option,
                        format!(
                            "{shown} can't be read: {what}. Give the path of a YAML file, its text, or a mapping."
                        ),
                    )
                };
                let bytes = read_named_file(&at_home(path), LARGEST).map_err(|e| named(e.to_string()))?;
                let text = String::from_utf8(bytes).map_err(|_| named("it is not UTF-8".into()))?;
                Self::parse(option, text)
            }
            _ => Err(Error::input(
                option,
                "it is neither a mapping, nor YAML, nor the path of a file. Give one of these.",
            )),
        }
    }

    /// Whether what was given is a text that may hold secrets as a whole, since it doesn't look like a path.
    pub fn may_be_secret(given: &Value) -> bool {
        given.as_str().is_some_and(|text| is_yaml(text) || !is_path(text))
    }

    fn parse(option: &'static str, text: String) -> Result<Self, Error> {
        match yaml::<Value>(&text) {
            Ok(Value::Object(content)) => Ok(Document { option, content, text }),
            Ok(_) => Err(Error::input(
                option,
                "it is YAML, but not a mapping. Compare it with OpenShift's documentation.",
            )),
            Err(why) => Err(Error::input(option, format!("it is not valid YAML{why}. Correct that line."))),
        }
    }

    /// The value at this path of keys; null counts as absent.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter()
            .try_fold(self.content.get(*first)?, |value, key| value.get(key))
            .filter(|it| !it.is_null())
    }

    pub(crate) fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
    }

    pub(crate) fn number_at(&self, path: &[&str]) -> Option<u64> {
        self.at(path).and_then(Value::as_u64)
    }

    /// The failure for what is wrong in this input.
    pub(crate) fn wrong(&self, what: impl Into<String>) -> Error {
        Error::input(self.option, what)
    }
}

/// Whether a text is YAML or JSON itself, be it valid or not, and no path: it has several lines, is in brackets or quotes, or has a key.
fn is_yaml(text: &str) -> bool {
    let text = text.trim();
    text.contains('\n')
        || text.contains(": ")
        || text.ends_with(':')
        || text.starts_with(['{', '[', '"', '\'', '&', '!', '?'])
}

/// Whether a text looks like a path that may be shown: it begins or ends as one, and nothing in it is unusual in one.
fn is_path(text: &str) -> bool {
    const BEGINNINGS: [&str; 4] = ["/", "~/", "./", "../"];
    const ENDINGS: [&str; 3] = [".yaml", ".yml", ".json"];
    let text = text.trim();
    let name = text.to_ascii_lowercase();
    let is_usual = |c: char| c.is_alphanumeric() || " ._-/~+@=,()%#".contains(c);
    (BEGINNINGS.iter().any(|it| text.starts_with(it)) || ENDINGS.iter().any(|it| name.ends_with(it)))
        && text.len() <= 4096
        && text.split('/').all(|part| part.len() <= 255)
        && text.chars().all(is_usual)
}

/// The path with the home directory for its tilde, which Ansible leaves in what may also be a text.
fn at_home(path: &str) -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    match (path.trim().strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => path.into(),
    }
}

/// A value of YAML. The error is a clause that names the line and shows nothing of the text, not even a key: it may be a secret.
pub(crate) fn yaml<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        // Aliases of aliases can expand to more than fits in memory.
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 10_000 },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|e| match e.location() {
        Some(at) => format!(": see line {}, column {}, and the lines before it", at.line(), at.column()),
        None => String::new(),
    })
}

/// All documents of a YAML text.
pub(crate) fn yaml_documents(text: &str) -> Result<Vec<Value>, String> {
    serde_saphyr::from_multiple(text).map_err(|e| e.to_string())
}

/// The same value with the keys of each mapping in order, so that their order in the text makes no difference.
pub(crate) fn in_order(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            entries
                .into_iter()
                .map(|(key, value)| (key.clone(), in_order(value)))
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(items) => items.iter().map(in_order).collect(),
        other => other.clone(),
    }
}
