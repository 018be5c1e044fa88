//! What a name in a text means: an option, a result, an environment variable, a module.
use crate::Collection;
use ansible_module::{ArgumentSpec, Choice, Opt, Return, Type, docs::ModuleDoc};

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
    names: Vec<Entry<'a>>,
}

/// A name of a level, with those within it.
#[derive(Clone)]
struct Entry<'a> {
    name: &'a str,
    within: Vec<Entry<'a>>,
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
        let path: Vec<&str> = code.split('=').next().unwrap_or(code).split('.').collect();
        if let Some(level) = self.levels.iter().rev().find(|level| leads_to_a_name(&path, &level.names)) {
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
    Level { mark: "O", path, names: names_of_options(spec) }
}

fn names_of_options(spec: &ArgumentSpec) -> Vec<Entry<'_>> {
    spec.options.iter().map(name_of_option).collect()
}

fn name_of_option(option: &Opt) -> Entry<'_> {
    Entry { name: &option.name, within: option.options.as_ref().map(names_of_options).unwrap_or_default() }
}

fn results(path: String, returns: &[Return]) -> Level<'_> {
    Level { mark: "RV", path, names: names_of_results(returns) }
}

fn names_of_results(returns: &[Return]) -> Vec<Entry<'_>> {
    returns.iter().map(name_of_result).collect()
}

fn name_of_result(result: &Return) -> Entry<'_> {
    Entry { name: &result.name, within: names_of_results(&result.contains) }
}

/// Whether a path leads to one of these names. The name of a host, a target or a file may begin as an option's does, and of a dict
/// without described keys Ansible's own checks know no path.
fn leads_to_a_name(path: &[&str], names: &[Entry]) -> bool {
    let [first, rest @ ..] = path else { return true };
    let first = first.split('[').next().unwrap_or(first);
    let Some(found) = names.iter().find(|it| it.name == first) else { return false };
    rest.is_empty() || leads_to_a_name(rest, &found.within)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn option(name: &str, ty: Type, inner: Option<Vec<Opt>>) -> Opt {
        let options = inner.map(|options| ArgumentSpec { options, ..ArgumentSpec::default() });
        Opt { name: name.into(), ty, options, ..Opt::default() }
    }

    #[test]
    fn what_only_begins_as_the_name_of_an_option_is_no_option() {
        let target = vec![option("iqn", Type::Str, None), option("address", Type::Str, None)];
        let options = vec![
            option("iqn", Type::Str, None),
            option("address", Type::Str, None),
            option("target", Type::Dict, Some(target)),
            option("bios", Type::Dict, None),
        ];
        let spec = ArgumentSpec { options, ..ArgumentSpec::default() };
        let collection = Collection { name: "ns.coll".into(), authors: vec![], modules: vec![] };
        let scope = Scope::of_spec(&spec, &collection);
        for (code, mark) in [
            ("iqn", "O(iqn)"),
            ("iqn=x.y", "O(iqn=x.y)"),
            ("iqn.2005-10.org.freenas.ctl:bench1", "C(iqn.2005-10.org.freenas.ctl:bench1)"),
            ("address.example.com", "C(address.example.com)"),
            ("target.iqn", "O(target.iqn)"),
            ("target.example.com", "C(target.example.com)"),
            ("bios.BootMode", "C(bios.BootMode)"),
            ("bios.example:1", "C(bios.example:1)"),
        ] {
            assert_eq!(scope.mark(code, &[]), mark);
        }
    }
}
