//! What a name in a text means: an option, a result, an environment variable, a module.
use crate::Collection;
use ansible_module::{ArgumentSpec, Choice, Return, Type, docs::ModuleDoc};

/// The names that a text can mean, those of its own level first.
#[derive(Clone)]
pub(crate) struct Scope<'a> {
    collection: &'a Collection,
    env: Vec<&'a str>,
    /// From the outermost to the innermost.
    levels: Vec<Level<'a>>,
}

#[derive(Clone)]
struct Level<'a> {
    /// Ansible's mark: `O` or `RV`.
    mark: &'static str,
    /// The path that leads to the level, such as `ecus[].`.
    path: String,
    names: Vec<&'a str>,
}

impl<'a> Scope<'a> {
    /// For the text and the options of a module.
    pub(crate) fn of_options(doc: &'a ModuleDoc, collection: &'a Collection) -> Self {
        Scope {
            collection,
            env: env(&doc.spec),
            levels: vec![results(String::new(), &doc.returns), options(String::new(), &doc.spec)],
        }
    }

    /// For options without a module.
    pub(crate) fn of_spec(spec: &'a ArgumentSpec, collection: &'a Collection) -> Self {
        Scope { collection, env: env(spec), levels: vec![options(String::new(), spec)] }
    }

    /// For the results of a module.
    pub(crate) fn of_results(doc: &'a ModuleDoc, collection: &'a Collection) -> Self {
        let mut scope = Scope::of_options(doc, collection);
        scope.levels.reverse();
        scope
    }

    /// For the suboptions of the option `name` at this level.
    pub(crate) fn suboptions(&self, name: &str, ty: Type, spec: &'a ArgumentSpec) -> Self {
        self.within(options(self.path_into(name, ty), spec))
    }

    /// For what the result `name` at this level contains.
    pub(crate) fn contains(&self, name: &str, ty: Type, returns: &'a [Return]) -> Self {
        self.within(results(self.path_into(name, ty), returns))
    }

    fn path_into(&self, name: &str, ty: Type) -> String {
        let path = self.levels.last().map_or("", |level| &level.path);
        format!("{path}{name}{}.", if ty == Type::List { "[]" } else { "" })
    }

    fn within(&self, inner: Level<'a>) -> Self {
        let mut scope = self.clone();
        scope.levels.push(inner);
        scope
    }

    /// The markup for `code` in a text about something that has these choices.
    pub(crate) fn mark(&self, code: &str, choices: &[Choice]) -> String {
        // `name`, `name=value`, `name.inner`, `name[].inner`
        let name = code.split(['=', '.', '[']).next().unwrap_or(code);
        if let Some(level) = self.levels.iter().rev().find(|level| level.names.contains(&name)) {
            return format!("{}({}{})", level.mark, level.path, escaped(code));
        }
        if self.env.contains(&code) {
            return format!("E({code})");
        }
        if let Some(module) = self.collection.module(code) {
            return format!("M({module})");
        }
        if choices.iter().any(|choice| choice.value == code) || code.contains(')') {
            return format!("V({})", escaped(code));
        }
        format!("C({code})")
    }

    /// The markup for an option of this level.
    pub(crate) fn option(&self, name: &str) -> String {
        format!("O({}{})", self.levels.last().map_or("", |level| &level.path), escaped(name))
    }
}

fn options(path: String, spec: &ArgumentSpec) -> Level<'_> {
    Level { mark: "O", path, names: spec.options.iter().map(|option| option.name.as_str()).collect() }
}

fn results(path: String, returns: &[Return]) -> Level<'_> {
    Level { mark: "RV", path, names: returns.iter().map(|result| result.name.as_str()).collect() }
}

fn env(spec: &ArgumentSpec) -> Vec<&str> {
    let own = spec.options.iter().flat_map(|option| option.env.iter().map(String::as_str));
    let inner = spec.options.iter().filter_map(|option| option.options.as_ref()).flat_map(env);
    own.chain(inner).collect()
}

/// As the marks with a parameter want it.
fn escaped(code: &str) -> String {
    code.replace('\\', "\\\\").replace(')', "\\)")
}
