//! Reads one schema, and says what in it is none.
use crate::{
    Problem,
    definition_scalar::Scalar,
    definition_tree::{Node, Value, shown},
    schema::{ArraySchema, Schema},
    schema_fields::Fields,
};
use regex_lite::Regex;
use std::path::Path;

/// The keys that stand alone in their map, in the order in which they are looked up. After them comes `type`.
const COMBINATIONS: [&str; 4] = ["not", "oneOf", "allOf", "anyOf"];
const TYPES: [&str; 7] = ["object", "hash", "array", "string", "integer", "real", "boolean"];
/// There are problems.
struct Refused;

/// The uri and the schema of a document `{uri, schema}`; none if there are problems.
pub(crate) fn read(document: &Node, file: &Path, problems: &mut Vec<Problem>) -> Option<(String, Schema)> {
    let before = problems.len();
    let mut reader = Fields { file, problems };
    reader.only(document, "", &["uri", "schema"])?;
    let uri = reader.required(document, "", "uri").and_then(|uri| reader.text(uri, "uri"))?;
    let schema = reader.required(document, &uri, "schema").and_then(|schema| reader.schema(schema, &uri))?;
    (problems.len() == before).then_some((uri, schema))
}

impl Fields<'_> {
    fn schema(&mut self, node: &Node, path: &str) -> Option<Schema> {
        if node.map().is_none() {
            return self.refuse(node, path, format!("A schema must be a map, not {}.", shown(node)));
        }
        if let Some(uri) = node.field("$ref") {
            return self.text(uri, &format!("{path}.$ref")).map(Schema::Reference);
        }
        if let Some(name) = COMBINATIONS.into_iter().find(|name| node.field(name).is_some()) {
            self.only(node, path, &[name])?;
            let inner = node.field(name)?;
            let path = format!("{path}.{name}");
            if name == "not" {
                return Some(Schema::Not(Box::new(self.schema(inner, &path)?)));
            }
            let all = self.schemas(inner, &path)?;
            return Some(match name {
                "oneOf" => Schema::OneOf(all),
                "allOf" => Schema::AllOf(all),
                _ => Schema::AnyOf(all),
            });
        }
        let name = self.required(node, path, "type")?;
        match self.text(name, &format!("{path}.type"))?.as_str() {
            "object" => self.object(node, path),
            "hash" => {
                self.only(node, path, &["type", "items"])?;
                let items = self.inner(node, path, "items").ok()?;
                Some(Schema::Hash(items.map(Box::new)))
            }
            "array" => self.array(node, path),
            "string" => self.string(node, path),
            "integer" => self.range(node, path, Node::integer, i128::from, &1).map(Schema::Integer),
            "real" => {
                self.range(node, path, Node::real, |number| number, &f64::MIN_POSITIVE).map(Schema::Real)
            }
            "boolean" => {
                self.only(node, path, &["type"])?;
                Some(Schema::Boolean)
            }
            other => {
                let message = format!("There is no type {other}; there are {}.", TYPES.join(", "));
                self.refuse(name, path, message)
            }
        }
    }

    fn schemas(&mut self, node: &Node, path: &str) -> Option<Vec<Schema>> {
        match node.list() {
            Some(items) if !items.is_empty() => {
                let read = |(index, item)| self.schema(item, &format!("{path}[{index}]"));
                let all: Vec<_> = items.iter().enumerate().map(read).collect();
                all.into_iter().collect()
            }
            _ => self.refuse(node, path, "It must be a list of at least one schema."),
        }
    }

    /// The schema in this field, if there is one.
    fn inner(&mut self, node: &Node, path: &str, name: &str) -> Result<Option<Schema>, Refused> {
        let Some(inner) = node.field(name) else { return Ok(None) };
        self.schema(inner, &format!("{path}.{name}")).map(Some).ok_or(Refused)
    }

    fn object(&mut self, node: &Node, path: &str) -> Option<Schema> {
        self.only(node, path, &["type", "items", "required"])?;
        let fields = self.required(node, path, "items")?;
        let path_of_items = format!("{path}.items");
        let Some(entries) = fields.map() else {
            let message = format!("It must be a map of fields, not {}.", shown(fields));
            return self.refuse(fields, &path_of_items, message);
        };
        let read = |(key, inner): &(Node, Node)| {
            let name = self.text(key, &path_of_items)?;
            let schema = self.schema(inner, &format!("{path_of_items}.{name}"))?;
            Some((name, schema))
        };
        let items: Vec<_> = entries.iter().map(read).collect();
        let required = match node.field("required") {
            None => vec![],
            Some(names) => {
                let path = format!("{path}.required");
                let Some(names) = names.list() else {
                    return self.refuse(
                        names,
                        &path,
                        format!("It must be a list of names, not {}.", shown(names)),
                    );
                };
                names.iter().map(|name| self.text(name, &path)).collect::<Option<_>>()?
            }
        };
        Some(Schema::Object { items: items.into_iter().collect::<Option<_>>()?, required })
    }

    fn array(&mut self, node: &Node, path: &str) -> Option<Schema> {
        const FIELDS: [&str; 8] = [
            "type",
            "items",
            "minItems",
            "maxItems",
            "uniqueItems",
            "contains",
            "minContains",
            "maxContains",
        ];
        self.only(node, path, &FIELDS)?;
        let (fewest, most) = self.counts(node, path, "minItems", "maxItems")?;
        let (contains_fewest, contains_most) = self.counts(node, path, "minContains", "maxContains")?;
        let is_unique = match node.field("uniqueItems").map(|unique| (unique, &unique.value)) {
            None => false,
            Some((_, Value::Scalar(Scalar::Boolean(unique)))) => *unique,
            Some((unique, _)) => {
                let message = format!("It must be true or false, not {}.", shown(unique));
                return self.refuse(unique, &format!("{path}.uniqueItems"), message);
            }
        };
        let items = self.inner(node, path, "items").ok()?;
        let contains = self.inner(node, path, "contains").ok()?;
        if contains.is_none() && (contains_fewest.is_some() || contains_most.is_some()) {
            return self.refuse(node, path, "minContains and maxContains need a schema in contains. Add it.");
        }
        let array = ArraySchema { items, fewest, most, is_unique, contains, contains_fewest, contains_most };
        Some(Schema::Array(Box::new(array)))
    }

    fn string(&mut self, node: &Node, path: &str) -> Option<Schema> {
        self.only(node, path, &["type", "pattern", "minLength", "maxLength"])?;
        let (shortest, longest) = self.counts(node, path, "minLength", "maxLength")?;
        let pattern = match node.field("pattern") {
            None => None,
            Some(written) => {
                let path = format!("{path}.pattern");
                let text = self.text(written, &path)?;
                match Regex::new(&text) {
                    Ok(pattern) => Some(pattern),
                    Err(e) => {
                        let message = format!("The pattern {text} can't be used: {e}. Correct it.");
                        return self.refuse(written, &path, message);
                    }
                }
            }
        };
        Some(Schema::Text { pattern, shortest, longest })
    }
}
