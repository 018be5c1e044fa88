//! Checks a value against a schema. Each problem says where, what is there and what would be allowed.
use crate::{
    Problem, Schemas,
    definition_tree::{Node, shown},
    problem::field,
    schema::{ArraySchema, Schema},
    schema_fault::{Fault, add, check_range, of_kind, told, unknown},
};
use std::{collections::HashSet, path::Path};

/// How many values may be compared with schemas. Alternatives within alternatives can take longer than anybody waits.
const MOST_STEPS: usize = 300_000;
/// How many schemas and values may be within each other.
const DEEPEST: usize = 400;
/// A file's problems beyond these are only counted.
const MOST_PROBLEMS: usize = 100;

impl Schemas {
    /// What is wrong with this value by the schema of this uri.
    pub fn check(&self, uri: &str, value: &Node, file: &Path) -> Vec<Problem> {
        let mut check = Check { schemas: self, steps: 0, depth: 0 };
        let mut found = vec![];
        check.reference(uri, value, "", &mut found);
        if check.is_exhausted() {
            let message = "The schemas have too many alternatives to check. Simplify them.";
            found = vec![Fault { line: value.line, path: String::new(), message: message.into() }];
        }
        let left_out = found.len().saturating_sub(MOST_PROBLEMS);
        found.truncate(MOST_PROBLEMS);
        let of = |fault: Fault| Problem {
            file: file.to_owned(),
            line: Some(fault.line),
            path: fault.path,
            message: fault.message,
        };
        let mut problems: Vec<_> = found.into_iter().map(of).collect();
        if left_out > 0 {
            problems
                .push(Problem::of_file(file, format!("There are {left_out} more problems in this file.")));
        }
        problems
    }
}

struct Check<'s> {
    schemas: &'s Schemas,
    steps: usize,
    depth: usize,
}

impl<'s> Check<'s> {
    fn is_exhausted(&self) -> bool {
        self.steps > MOST_STEPS
    }

    fn reference(&mut self, uri: &str, node: &Node, path: &str, found: &mut Vec<Fault>) {
        match self.schemas.get(uri) {
            Some(schema) => self.check(schema, node, path, found),
            None => add(
                found,
                node,
                path,
                format!("There is no schema {uri}, which the schema of this value refers to. Add it."),
            ),
        }
    }

    fn check(&mut self, schema: &'s Schema, node: &Node, path: &str, found: &mut Vec<Fault>) {
        self.steps += 1;
        if self.depth >= DEEPEST {
            self.steps = MOST_STEPS + 1;
        }
        if self.is_exhausted() {
            return;
        }
        self.depth += 1;
        self.check_inner(schema, node, path, found);
        self.depth -= 1;
    }

    fn check_inner(&mut self, schema: &'s Schema, node: &Node, path: &str, found: &mut Vec<Fault>) {
        match schema {
            Schema::Reference(uri) => self.reference(uri, node, path, found),
            Schema::Not(inner) => {
                if self.faults(inner, node, path).is_empty() {
                    add(
                        found,
                        node,
                        path,
                        format!("{} is what the schema excludes (`not`).", told(node, path)),
                    );
                }
            }
            Schema::AllOf(all) => {
                for inner in all {
                    self.check(inner, node, path, found);
                }
            }
            Schema::AnyOf(all) => self.alternatives(all, false, node, path, found),
            Schema::OneOf(all) => self.alternatives(all, true, node, path, found),
            Schema::Object { items, required } => {
                let Some(entries) = of_kind(node, "map", node.map(), path, found) else { return };
                for name in required {
                    let is_there = entries.iter().any(|(key, _)| key.text() == Some(name));
                    if node.field(name).is_none() {
                        let what = if is_there { "has no value" } else { "is missing" };
                        add(
                            found,
                            node,
                            &field(path, name),
                            format!("The field {name} {what}, but is required. Add it."),
                        );
                    }
                }
                for (key, value) in entries {
                    let Some(name) = key.text() else {
                        add(found, key, path, format!("The key {} is not a text. Quote it.", shown(key)));
                        continue;
                    };
                    match items.get(name) {
                        // An optional field without a value counts as missing.
                        Some(_) if value.is_null() => {}
                        Some(inner) => self.check(inner, value, &field(path, name), found),
                        None if required.iter().any(|required| required == name) => {}
                        None => add(found, key, &field(path, name), unknown(name, items.keys())),
                    }
                }
            }
            Schema::Hash(items) => {
                let Some(entries) = of_kind(node, "map", node.map(), path, found) else { return };
                let Some(inner) = items else { return };
                for (key, value) in entries {
                    let name = key.text().map_or_else(|| shown(key), str::to_owned);
                    self.check(inner, value, &field(path, &name), found);
                }
            }
            Schema::Array(array) => self.array(array, node, path, found),
            Schema::Text { pattern, shortest, longest } => {
                let Some(text) = of_kind(node, "string", node.text(), path, found) else { return };
                let counted = |what: &str, limit: usize, name: &str| {
                    format!(
                        "{} has {} bytes, {what} than {name} {limit} allows.",
                        told(node, path),
                        text.len()
                    )
                };
                if let Some(limit) = shortest.filter(|limit| text.len() < *limit) {
                    add(found, node, path, counted("fewer", limit, "minLength"));
                }
                if let Some(limit) = longest.filter(|limit| text.len() > *limit) {
                    add(found, node, path, counted("more", limit, "maxLength"));
                }
                if let Some(pattern) = pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
                    add(
                        found,
                        node,
                        path,
                        format!("{} does not match the pattern {pattern}", told(node, path)),
                    );
                }
            }
            Schema::Integer(range) => {
                let Some(number) = of_kind(node, "integer", node.integer(), path, found) else { return };
                check_range(range, number, |number, of| number.rem_euclid(of) == 0, node, path, found);
            }
            Schema::Real(range) => {
                let Some(number) = of_kind(node, "real", node.real(), path, found) else { return };
                check_range(range, number, |number, of| number.rem_euclid(of) == 0.0, node, path, found);
            }
            Schema::Boolean => {
                let is_one = node.kind() == "boolean";
                of_kind(node, "boolean", is_one.then_some(()), path, found);
            }
        }
    }

    fn faults(&mut self, schema: &'s Schema, node: &Node, path: &str) -> Vec<Fault> {
        let mut found = vec![];
        self.check(schema, node, path, &mut found);
        found
    }

    fn alternatives(
        &mut self,
        all: &'s [Schema],
        is_exclusive: bool,
        node: &Node,
        path: &str,
        found: &mut Vec<Fault>,
    ) {
        let mut refused = vec![];
        let mut fitting = vec![];
        for (index, schema) in all.iter().enumerate() {
            let faults = self.faults(schema, node, path);
            if faults.is_empty() {
                fitting.push((index + 1).to_string());
            }
            refused.extend(faults.into_iter().map(|fault| {
                let message = format!("By alternative {} of {}: {}", index + 1, all.len(), fault.message);
                Fault { message, ..fault }
            }));
        }
        // Alternatives within alternatives would repeat each other without end.
        refused.truncate(MOST_PROBLEMS);
        if fitting.is_empty() {
            found.append(&mut refused);
        } else if is_exclusive && fitting.len() > 1 {
            let message = format!(
                "{} fits the alternatives {} of `oneOf`, but must fit only one of them.",
                told(node, path),
                fitting.join(" and ")
            );
            add(found, node, path, message);
        }
    }

    fn array(&mut self, array: &'s ArraySchema, node: &Node, path: &str, found: &mut Vec<Fault>) {
        let Some(items) = of_kind(node, "array", node.list(), path, found) else { return };
        let mut limit = |is_wrong: bool, what: String| {
            if is_wrong {
                add(found, node, path, what);
            }
        };
        let count = items.len();
        if let Some(fewest) = array.fewest {
            limit(count < fewest, format!("It has {count} items, fewer than minItems {fewest}."));
        }
        if let Some(most) = array.most {
            limit(count > most, format!("It has {count} items, more than maxItems {most}."));
        }
        if let Some(contains) = &array.contains {
            let fits = |item: &&Node| self.faults(contains, item, path).is_empty();
            let fitting = items.iter().filter(fits).count();
            let fewest = array.contains_fewest.unwrap_or(1);
            limit(
                fitting < fewest,
                format!("It has {fitting} items that fit `contains`, fewer than minContains {fewest}."),
            );
            if let Some(most) = array.contains_most {
                limit(
                    fitting > most,
                    format!("It has {fitting} items that fit `contains`, more than maxContains {most}."),
                );
            }
        }
        if array.is_unique {
            let mut seen = HashSet::new();
            for (index, item) in items.iter().enumerate() {
                if !seen.insert(item.canonical()) {
                    let message = format!(
                        "{} is in the list more than once, but items must be unique. Remove it.",
                        told(item, path)
                    );
                    add(found, item, &format!("{path}[{index}]"), message);
                }
            }
        }
        if let Some(schema) = &array.items {
            for (index, item) in items.iter().enumerate() {
                self.check(schema, item, &format!("{path}[{index}]"), found);
            }
        }
    }
}
