//! YAML as a tree in which each value knows its line. What is ambiguous or has no end is refused.
use crate::definition_scalar::Scalar;
use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};
use shown_text::cut;
use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

/// A value and where it is.
#[derive(Debug, Clone)]
pub struct Node {
    /// From 1.
    pub line: usize,
    /// The value.
    pub value: Value,
}

/// A value of a definition or a schema.
#[derive(Debug, Clone)]
pub enum Value {
    /// Neither a list nor a map.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file; no key twice.
    Map(Vec<(Node, Node)>),
}

/// Why a text is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeError {
    /// From 1; none if the line is unknown.
    pub line: Option<usize>,
    /// A clause.
    pub message: String,
}

/// Lists and maps within each other.
const DEEPEST: usize = 100;
/// The most that aliases may expand to: a value counts 1, and each byte of a text another 1.
const LARGEST: usize = 2 << 20;

/// All documents of a file, without those that are empty. A byte order mark at the beginning is ignored.
pub fn read_documents(bytes: &[u8]) -> Result<Vec<Node>, TreeError> {
    let text = checked_text(bytes)?;
    let mut reader = Reader { anchors: HashMap::new(), open: vec![], size: 0, documents: vec![] };
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|e| error(e.marker().line(), format!("it is not valid YAML: {}", e.info())))?;
        reader.take(event, span)?;
    }
    Ok(reader.documents)
}

impl Node {
    /// What it is, in the words of the schemas.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar(Scalar::Null) => "null",
            Value::Scalar(Scalar::Boolean(_)) => "boolean",
            Value::Scalar(Scalar::Integer(_)) => "integer",
            Value::Scalar(Scalar::Real { .. }) => "real",
            Value::Scalar(Scalar::Text(_)) => "string",
            Value::List(_) => "array",
            Value::Map(_) => "map",
        }
    }

    /// Its text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(Scalar::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Its number, if it is an integer.
    pub fn integer(&self) -> Option<i64> {
        match self.value {
            Value::Scalar(Scalar::Integer(number)) => Some(number),
            _ => None,
        }
    }

    /// Its number, if it is written as a real.
    pub fn real(&self) -> Option<f64> {
        match self.value {
            Value::Scalar(Scalar::Real { value, .. }) => Some(value),
            _ => None,
        }
    }

    /// Its entries, if it is a map.
    pub fn map(&self) -> Option<&[(Node, Node)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// Its items, if it is a list.
    pub fn list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Scalar(Scalar::Null))
    }

    /// The value of this field of a map; null counts as missing.
    pub fn field(&self, name: &str) -> Option<&Node> {
        let (_, value) = self.map()?.iter().find(|(key, _)| key.text() == Some(name))?;
        Some(value).filter(|value| !value.is_null())
    }

    /// Its text in one line, by which two values are the same or not; at most as long as the file.
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        match &self.value {
            Value::Scalar(Scalar::Null) => text.push('~'),
            Value::Scalar(Scalar::Boolean(value)) => drop(write!(text, "{value}")),
            Value::Scalar(Scalar::Integer(value)) => drop(write!(text, "{value}")),
            // Never the same as an integer.
            Value::Scalar(Scalar::Real { text: written, .. }) => drop(write!(text, "r{written}")),
            Value::Scalar(Scalar::Text(value)) => drop(write!(text, "{value:?}")),
            Value::List(items) => {
                text.push('[');
                for item in items {
                    item.write(text);
                    text.push(',');
                }
                text.push(']');
            }
            Value::Map(entries) => {
                text.push('{');
                for (key, value) in entries {
                    key.write(text);
                    text.push(':');
                    value.write(text);
                    text.push(',');
                }
                text.push('}');
            }
        }
    }
}

fn checked_text(bytes: &[u8]) -> Result<&str, TreeError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let line = |end: usize| bytes[..end].split(|byte| *byte == b'\n').count();
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(error(line(at), "it contains a NUL character"));
    }
    str::from_utf8(bytes).map_err(|e| error(line(e.valid_up_to()), "it is not UTF-8"))
}

fn error(line: usize, message: impl Into<String>) -> TreeError {
    TreeError { line: Some(line), message: message.into() }
}

/// Builds the tree.
struct Reader {
    anchors: HashMap<usize, Built>,
    /// The lists and maps that have begun and not ended.
    open: Vec<Open>,
    size: usize,
    documents: Vec<Node>,
}

/// A list or map that has begun.
struct Open {
    line: usize,
    anchor: usize,
    is_map: bool,
    /// Of a map, keys and values in turn.
    items: Vec<Built>,
    size_before: usize,
}

/// A complete value.
#[derive(Clone)]
struct Built {
    node: Node,
    /// How many lists and maps are within each other.
    height: usize,
    size: usize,
}

impl Reader {
    fn take(&mut self, event: Event, span: Span) -> Result<(), TreeError> {
        let line = span.start.line();
        match event {
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref()).map_err(|message| error(line, message))?;
                let node = Node { line, value: Value::Scalar(value) };
                self.add(Built { node, height: 0, size: 1 + text.len() }, anchor)?;
            }
            Event::SequenceStart(_, anchor, _) => self.begin(line, anchor, false)?,
            Event::MappingStart(_, anchor, _) => self.begin(line, anchor, true)?,
            Event::SequenceEnd | Event::MappingEnd => self.end()?,
            Event::Alias(anchor) => {
                let Some(mut built) = self.anchors.get(&anchor).cloned() else {
                    return Err(error(line, "an alias refers to a value that contains it"));
                };
                // An error is to be found where the alias is.
                built.node.line = line;
                self.add(built, 0)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, line: usize, anchor: usize, is_map: bool) -> Result<(), TreeError> {
        self.open.push(Open { line, anchor, is_map, items: vec![], size_before: self.size });
        if self.open.len() > DEEPEST {
            return Err(error(line, format!("lists and maps are nested more than {DEEPEST} deep")));
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), TreeError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let height = 1 + open.items.iter().map(|item| item.height).max().unwrap_or(0);
        let mut nodes = open.items.into_iter().map(|item| item.node);
        let value = if open.is_map {
            let mut entries = vec![];
            while let (Some(key), Some(value)) = (nodes.next(), nodes.next()) {
                entries.push((key, value));
            }
            let mut seen = HashSet::new();
            if let Some((key, _)) = entries.iter().find(|(key, _)| !seen.insert(key.canonical())) {
                return Err(error(key.line, format!("the key {} appears twice", shown(key))));
            }
            Value::Map(entries)
        } else {
            Value::List(nodes.collect())
        };
        let size = 1 + self.size - open.size_before;
        // Its content has been counted already.
        self.size = open.size_before;
        self.add(Built { node: Node { line: open.line, value }, height, size }, open.anchor)
    }

    fn add(&mut self, built: Built, anchor: usize) -> Result<(), TreeError> {
        let line = built.node.line;
        self.size += built.size;
        if self.size > LARGEST || self.open.len() + built.height > DEEPEST {
            return Err(error(line, "its aliases expand to more than any definition needs"));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, built.clone());
        }
        match self.open.last_mut() {
            Some(open) => open.items.push(built),
            None => self.documents.push(built.node),
        }
        Ok(())
    }
}

/// Quotes and block styles make a text, whatever the tag says. An unknown tag makes one, too.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Scalar, String> {
    match tag {
        _ if style != ScalarStyle::Plain => Ok(Scalar::Text(text.to_owned())),
        None => Ok(Scalar::of_plain(text)),
        Some(tag) => match tag.core_suffix() {
            Some(name) => Scalar::of_tagged(name, text),
            None => Ok(Scalar::Text(text.to_owned())),
        },
    }
}

/// A value for a message: short, and in one line.
pub(crate) fn shown(node: &Node) -> String {
    const LONGEST: usize = 60;
    match &node.value {
        Value::List(items) => format!("a list of {}", items.len()),
        Value::Map(entries) => format!("a map of {}", entries.len()),
        Value::Scalar(Scalar::Real { text, .. }) => text.clone(),
        Value::Scalar(Scalar::Text(text)) if text.chars().count() > LONGEST => {
            format!("{:?}", cut(text, LONGEST))
        }
        Value::Scalar(_) => node.canonical(),
    }
}

#[cfg(test)]
mod tests;
