//! `--help`: a module for somebody who found the binary.
use crate::{
    Module, Options,
    spec::{ArgumentSpec, Opt, Type},
};
use serde_json::Value;

/// Columns of a terminal that a line may take.
const WIDTH: usize = 100;

/// What module `M` is, how it is called, and a table of its options; plain text of at most 100 columns.
#[must_use]
pub(crate) fn help<M: Module>() -> String {
    text(M::NAME, M::Options::DOC, &M::Options::spec())
}

fn text(name: &str, doc: &str, spec: &ArgumentSpec) -> String {
    let usage = format!(
        "This is an Ansible module for use in playbooks; `ansible-doc` describes it in full. To run it by hand, pass a file with the \
         options as one JSON object: {name} FILE. It prints one JSON object; the exit status is 1 if the task failed."
    );
    let mut lines = vec![format!("{name}: {}", first_paragraph(doc)), String::new()];
    lines.extend(wrap(&usage, WIDTH));
    lines.extend([String::new(), "Options:".into()]);

    let mut rows = vec![];
    add_rows(spec, "", &mut rows);
    let widest = |cell: fn(&Row) -> &str| rows.iter().map(|row| cell(row).chars().count()).max().unwrap_or(0);
    let (names, types) = (widest(|row| &row.name), widest(|row| &row.ty));
    for Row { name, ty, text } in &rows {
        let (mut name, mut ty) = (name.as_str(), ty.as_str());
        for line in wrap(text, WIDTH.saturating_sub(names + types + 6)) {
            lines.push(format!("  {name:names$}  {ty:types$}  {line}"));
            (name, ty) = ("", "");
        }
    }
    lines.join("\n")
}

struct Row {
    name: String,
    ty: String,
    text: String,
}

fn add_rows(spec: &ArgumentSpec, within: &str, rows: &mut Vec<Row>) {
    for option in &spec.options {
        let name = format!("{within}{}", option.name);
        let ty = match option.elements {
            Some(elements) => format!("{} of {}", option.ty.name(), elements.name()),
            None => option.ty.name().into(),
        };
        let each = if option.ty == Type::List { "[]" } else { "" };
        let inside = format!("{name}{each}.");
        rows.push(Row { name, ty, text: about(option) });
        if let Some(suboptions) = &option.options {
            add_rows(suboptions, &inside, rows);
        }
    }
}

fn about(option: &Opt) -> String {
    let mut sentences = vec![first_paragraph(&option.doc)];
    if option.required {
        sentences.push("Required.".into());
    }
    if let Some(default) = &option.default {
        sentences.push(format!("Default: {}.", word(default)));
    }
    if !option.choices.is_empty() {
        let choices: Vec<_> = option.choices.iter().map(|choice| word(&choice.value)).collect();
        sentences.push(format!("One of: {}.", choices.join(", ")));
    }
    if !option.env.is_empty() {
        sentences.push(format!("Environment: {}.", option.env.join(", ")));
    }
    sentences.join(" ")
}

/// As it is written in the file of options, but for the quotes around a text.
fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn first_paragraph(doc: &str) -> String {
    doc.split("\n\n").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Lines of at most `width` characters, but for words that are longer.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::<String>::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                *line += " ";
                *line += word;
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}

#[cfg(test)]
#[allow(dead_code)] // the structs are described, never filled
mod tests {
    use super::*;
    use crate::{Choices, Secret};

    /// Open a door
    ///
    /// Slowly.
    #[derive(Options)]
    struct Door {
        /// Which door.
        ///
        /// Not told in the table.
        number: u8,
        /// Sent to the lock, which never tells it to anybody, not even to the people who built the house around it.
        #[option(env("DOOR_TOKEN", "TOKEN"))]
        token: Secret,
        /// How.
        #[option(default = Speed::Slow)]
        speed: Speed,
        /// Whether it squeaks.
        #[option(default = true)]
        squeaks: bool,
        /// Who walks through.
        guests: Option<Vec<Guest>>,
    }

    #[derive(Choices)]
    enum Speed {
        Slow,
        Fast,
    }

    /// Options.
    #[derive(Options)]
    struct Guest {
        /// A name.
        name: String,
    }

    #[test]
    fn help_is_a_table_of_a_hundred_columns() {
        let help = text("door", Door::DOC, &Door::spec());
        assert_eq!(
            help,
            "\
door: Open a door

This is an Ansible module for use in playbooks; `ansible-doc` describes it in full. To run it by
hand, pass a file with the options as one JSON object: door FILE. It prints one JSON object; the
exit status is 1 if the task failed.

Options:
  number         int           Which door. Required.
  token          str           Sent to the lock, which never tells it to anybody, not even to the
                               people who built the house around it. Required. Environment:
                               DOOR_TOKEN, TOKEN.
  speed          str           How. Default: slow. One of: slow, fast.
  squeaks        bool          Whether it squeaks. Default: true.
  guests         list of dict  Who walks through.
  guests[].name  str           A name. Required."
        );
    }
}
