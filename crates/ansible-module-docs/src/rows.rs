//! Options and results as the rows of a table, those within others after them.
use crate::{Collection, markup::to_markdown};
use serde::Serialize;
use serde_json::Value;

/// A row of a table of options or results; texts are Markdown.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    /// The path that leads to it, such as `ecus[].sw_version`.
    name: String,
    #[serde(rename = "type")]
    ty: String,
    required: bool,
    default: Option<String>,
    aliases: Vec<String>,
    choices: Vec<Choice>,
    returned: Option<String>,
    sample: Option<String>,
    version_added: Option<String>,
    description: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    description: String,
}

/// The rows for `all`, a dict of options or results as documentation has it. Under `within` each may have more of the kind.
pub(crate) fn rows(all: &Value, within: &str, collection: &Collection) -> Vec<Row> {
    let mut rows = vec![];
    add_rows(all, "", within, collection, &mut rows);
    rows
}

fn add_rows(all: &Value, path: &str, within: &str, collection: &Collection, rows: &mut Vec<Row>) {
    for (name, one) in all.as_object().into_iter().flatten() {
        let name = format!("{path}{name}");
        let each = if one["type"] == "list" { "[]" } else { "" };
        let inside = format!("{name}{each}.");
        rows.push(row(name, one, collection));
        add_rows(&one[within], &inside, within, collection, rows);
    }
}

fn row(name: String, one: &Value, collection: &Collection) -> Row {
    let ty = one["type"].as_str().unwrap_or("str");
    Row {
        name,
        ty: one["elements"].as_str().map_or_else(|| ty.to_owned(), |elements| format!("{ty} of {elements}")),
        required: one["required"] == true,
        default: one.get("default").map(word),
        aliases: texts(&one["aliases"]),
        choices: choices(&one["choices"], collection),
        returned: one["returned"].as_str().map(str::to_owned),
        sample: one.get("sample").map(word),
        version_added: one["version_added"].as_str().map(str::to_owned),
        description: markdown(&one["description"], collection),
    }
}

/// A text or a list of texts, in Markdown.
pub(crate) fn markdown(texts_or_text: &Value, collection: &Collection) -> Vec<String> {
    texts(texts_or_text).iter().map(|text| to_markdown(text.trim(), collection)).collect()
}

fn texts(texts_or_text: &Value) -> Vec<String> {
    match texts_or_text {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => vec![],
    }
}

fn choices(choices: &Value, collection: &Collection) -> Vec<Choice> {
    let choice = |value, description: &Value| Choice {
        value,
        description: markdown(description, collection).join(" "),
    };
    match choices {
        Value::Array(values) => values.iter().map(|value| choice(word(value), &Value::Null)).collect(),
        Value::Object(described) => {
            described.iter().map(|(value, text)| choice(value.clone(), text)).collect()
        }
        _ => vec![],
    }
}

/// A text as it is, anything else as JSON.
fn word(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), |text| if text.is_empty() { "\"\"".into() } else { text.into() })
}
