//! DOCUMENTATION and RETURN of a module, as the values that Ansible reads from them.
use crate::{Collection, DocsError, about::About, markdown::paragraphs, rules::rules, scope::Scope};
use ansible_module::{ArgumentSpec, Choice, Opt, Removal, RemovedIn, Return, docs::ModuleDoc};
use serde_json::{Map, Value, json};

/// DOCUMENTATION.
pub(crate) fn documentation(doc: &ModuleDoc, collection: &Collection) -> Result<Value, DocsError> {
    let scope = Scope::of_options(doc, collection);
    let about = About::read(doc, collection, &|code| scope.mark(code, &[]))?;
    let mut all = Map::new();
    all.insert("module".into(), doc.name.into());
    all.insert("short_description".into(), about.short_description.into());
    all.insert("description".into(), about.description.into());
    all.insert("version_added".into(), doc.version_added.into());
    all.insert("author".into(), collection.authors.clone().into());
    insert_unless_empty(&mut all, "requirements", about.requirements);
    all.insert("attributes".into(), about.attributes.into());
    all.insert("options".into(), options(doc.name, &doc.spec, &scope)?.into());
    insert_unless_empty(&mut all, "notes", about.notes);
    insert_unless_empty(&mut all, "seealso", about.see_also);
    Ok(all.into())
}

/// RETURN.
pub(crate) fn returns(doc: &ModuleDoc, collection: &Collection) -> Result<Value, DocsError> {
    Ok(results(doc.name, &doc.returns, &Scope::of_results(doc, collection))?.into())
}

/// The options of a doc fragment: those that a plugin shares with modules. Ansible itself looks for a plugin into the environment.
pub(crate) fn fragment(of: &str, spec: &ArgumentSpec, collection: &Collection) -> Result<Value, DocsError> {
    let scope = Scope::of_spec(spec, collection);
    let shared = |opt: &Opt| {
        let doc = if opt.required { format!("{}\n\nRequired.", opt.doc) } else { opt.doc.clone() };
        // `required` would have Ansible refuse the whole source, in words that name no variable of the environment. The program says it better.
        let plain = Opt { doc, required: false, env: vec![], ..opt.clone() };
        let mut all = option(of, &plain, spec, &scope)?;
        insert_unless_empty(&mut all, "env", opt.env.iter().map(|name| json!({ "name": name })).collect());
        Ok((opt.name.clone(), all.into()))
    };
    spec.options.iter().map(shared).collect::<Result<Map<_, _>, DocsError>>().map(Value::Object)
}

fn insert_unless_empty<T: Into<Value>>(all: &mut Map<String, Value>, key: &str, items: Vec<T>) {
    if !items.is_empty() {
        all.insert(key.into(), items.into());
    }
}

fn options(of: &str, spec: &ArgumentSpec, scope: &Scope) -> Result<Map<String, Value>, DocsError> {
    spec.options.iter().map(|opt| Ok((opt.name.clone(), option(of, opt, spec, scope)?.into()))).collect()
}

fn option(of: &str, opt: &Opt, spec: &ArgumentSpec, scope: &Scope) -> Result<Map<String, Value>, DocsError> {
    let of = format!("{of}, option {}", opt.name);
    let text = |markdown: &str| texts(&of, markdown, scope, &opt.choices);
    let mut description = text(&opt.doc)?;
    description.extend(rules(opt, spec, scope));
    description.extend(env(opt));
    description.extend(removals(opt));
    let mut all = Map::new();
    all.insert("description".into(), description.into());
    all.insert("type".into(), opt.ty.name().into());
    if let Some(elements) = opt.elements {
        all.insert("elements".into(), elements.name().into());
    }
    if opt.required {
        all.insert("required".into(), true.into());
    }
    if let Some(default) = &opt.default {
        all.insert("default".into(), default.clone());
    }
    if !opt.choices.is_empty() {
        all.insert("choices".into(), choices(&opt.choices, text)?);
    }
    insert_unless_empty(&mut all, "aliases", opt.aliases.clone());
    if let Some(version) = &opt.version_added {
        all.insert("version_added".into(), version.clone().into());
    }
    if let Some(suboptions) = &opt.options {
        let scope = scope.suboptions(&opt.name, opt.ty, suboptions);
        all.insert("suboptions".into(), options(&of, suboptions, &scope)?.into());
    }
    Ok(all)
}

fn texts(of: &str, markdown: &str, scope: &Scope, choices: &[Choice]) -> Result<Vec<String>, DocsError> {
    paragraphs(markdown, &|code| scope.mark(code, choices))
        .map_err(|problem| DocsError::Text { of: of.into(), problem })
}

/// A dict of choice and description where all are described, else a list.
fn choices(
    choices: &[Choice],
    text: impl Fn(&str) -> Result<Vec<String>, DocsError>,
) -> Result<Value, DocsError> {
    let described: Option<Vec<_>> = choices
        .iter()
        .map(|choice| {
            choice.value.as_str().filter(|_| !choice.doc.is_empty()).map(|word| (word, &choice.doc))
        })
        .collect();
    match described {
        Some(described) => {
            let entries = described.into_iter().map(|(word, doc)| Ok((word.to_owned(), text(doc)?.into())));
            Ok(Value::Object(entries.collect::<Result<_, DocsError>>()?))
        }
        None => Ok(choices.iter().map(|choice| choice.value.clone()).collect()),
    }
}

fn env(opt: &Opt) -> Option<String> {
    let variables: Vec<_> = opt.env.iter().map(|variable| format!("E({variable})")).collect();
    match variables.as_slice() {
        [] => None,
        [one] => Some(format!("If not given, the environment variable {one} is used.")),
        many => Some(format!(
            "If not given, the first environment variable of {} that is set is used.",
            many.join(", ")
        )),
    }
}

fn removals(opt: &Opt) -> Vec<String> {
    let when = |removal: &Removal| match &removal.when {
        RemovedIn::Version(version) => format!("in version {version}"),
        RemovedIn::Date(date) => format!("after {date}"),
    };
    let option =
        opt.removed.iter().map(|removal| format!("Deprecated; it will be removed {}.", when(removal)));
    let aliases = opt.deprecated_aliases.iter().map(|alias| {
        format!("The alias C({}) is deprecated; it will be removed {}.", alias.name, when(&alias.removal))
    });
    option.chain(aliases).collect()
}

fn results(of: &str, returns: &[Return], scope: &Scope) -> Result<Map<String, Value>, DocsError> {
    let mut all = Map::new();
    for ret in returns {
        // Several structs may be flattened together; only here all their names meet.
        if all.insert(ret.name.clone(), result(of, ret, scope)?.into()).is_some() {
            let problem = format!("it describes the result {} twice", ret.name);
            return Err(DocsError::Text { of: of.into(), problem });
        }
    }
    Ok(all)
}

fn result(of: &str, ret: &Return, scope: &Scope) -> Result<Map<String, Value>, DocsError> {
    let of = format!("{of}, result {}", ret.name);
    let text = |markdown: &str| texts(&of, markdown, scope, &ret.choices);
    let mut description = text(&ret.doc)?;
    for choice in ret.choices.iter().filter(|choice| !choice.doc.is_empty()) {
        let word = choice.value.as_str().unwrap_or_default();
        description.push(format!("V({word}): {}", text(&choice.doc)?.join(" ")));
    }
    let mut all = Map::new();
    all.insert("description".into(), description.into());
    all.insert("returned".into(), ret.returned.clone().into());
    all.insert("type".into(), ret.ty.name().into());
    if let Some(elements) = ret.elements {
        all.insert("elements".into(), elements.name().into());
    }
    insert_unless_empty(&mut all, "choices", ret.choices.iter().map(|choice| choice.value.clone()).collect());
    if let Some(sample) = &ret.sample {
        all.insert("sample".into(), sample.clone());
    }
    if !ret.contains.is_empty() {
        let scope = scope.contains(&ret.name, ret.ty, &ret.contains);
        all.insert("contains".into(), results(&of, &ret.contains, &scope)?.into());
    }
    Ok(all)
}
