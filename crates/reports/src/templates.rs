//! Fills in templates, ours and those of users. They read no file, and end.
use crate::{Error, text};
use minijinja::{
    Environment, Value,
    syntax::SyntaxConfig,
    value::{Enumerator, Object, ObjectRepr},
};
use std::{fmt, sync::Arc};

/// So many steps a template may take for each vehicle, and at least for [`FEWEST`]. Ours takes about 300.
const STEPS: u64 = 20_000;
const FEWEST: u64 = 100;

/// This template, filled in. `set`: what is special about the form.
pub(crate) fn filled_in(
    template: &str,
    context: &Value,
    vehicles: usize,
    set: impl FnOnce(&mut Environment),
) -> Result<String, Error> {
    // No loader is set, so `include` finds nothing.
    let mut environment = Environment::new();
    environment.set_syntax(without_empty_lines());
    environment.set_fuel(Some(STEPS * FEWEST.max(vehicles as u64)));
    set(&mut environment);
    environment.render_str(template, context).map_err(|e| Error::Template(text::line(&e.to_string())))
}

/// A list whose elements are made when a template asks for them: all at once would take several times the memory of their report.
pub(crate) fn list<T: Send + Sync + 'static>(items: Vec<T>, value: fn(&T) -> Value) -> Value {
    Value::from_object(List { items, value })
}

struct List<T> {
    items: Vec<T>,
    value: fn(&T) -> Value,
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "a list of {}", self.items.len())
    }
}

impl<T: Send + Sync + 'static> Object for List<T> {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, index: &Value) -> Option<Value> {
        self.items.get(index.as_usize()?).map(self.value)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.items.len())
    }
}

/// Lines that hold nothing but a tag leave no line behind.
fn without_empty_lines() -> SyntaxConfig {
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    // Only delimiters can be wrong.
    syntax.build().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(template: &str) -> String {
        filled_in(template, &Value::UNDEFINED, 1, |_| {}).unwrap_err().to_string()
    }

    #[test]
    fn a_template_reads_no_file() {
        let said = error("{% include '/etc/passwd' %}");
        assert!(said.contains("template not found"), "{said}");
    }

    #[test]
    fn a_template_without_end_is_stopped() {
        let said =
            error("{% for a in range(9999) %}{% for b in range(9999) %}{{ a + b }}{% endfor %}{% endfor %}");
        assert!(said.contains("out of fuel"), "{said}");
    }
}
