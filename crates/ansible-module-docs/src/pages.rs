//! The pages, from templates.
use crate::{
    Collection, DocsError,
    documentation::{self, documentation, returns},
    examples::examples,
    rows::{markdown, rows},
    yaml::{Plain, from_yaml, to_yaml},
};
use ansible_module::{ArgumentSpec, docs::ModuleDoc};
use minijinja::{Environment, UndefinedBehavior, syntax::SyntaxConfig, value::Serde};
use serde::Serialize;
use serde_json::{Value, json};

const TEMPLATES: [(&str, &str); 6] = [
    ("fragment.py", include_str!("../templates/fragment.py.j2")),
    ("stub.py", include_str!("../templates/stub.py.j2")),
    ("module.md", include_str!("../templates/module.md.j2")),
    ("role.md", include_str!("../templates/role.md.j2")),
    ("index.md", include_str!("../templates/index.md.j2")),
    ("tables.md", include_str!("../templates/tables.md.j2")),
];

/// A reference page in Markdown.
#[derive(Debug, Clone, Serialize)]
pub struct Page {
    /// The module or role, without the collection.
    pub name: String,
    /// The name of the page's file, beside that of all others.
    pub file: String,
    /// One sentence, without its full stop.
    pub short_description: String,
    /// The page itself.
    pub text: String,
}

/// The doc-only `plugins/modules/NAME.py` of a module, from which `ansible-doc` reads.
///
/// # Errors
/// [`DocsError::Text`], [`DocsError::Examples`]
pub fn stub(doc: &ModuleDoc, collection: &Collection) -> Result<String, DocsError> {
    examples(doc)?;
    let fault = |problem| DocsError::Text { of: doc.name.into(), problem };
    let documentation = to_yaml(&documentation(doc, collection)?).map_err(fault)?;
    let returns = to_yaml(&returns(doc, collection)?).map_err(fault)?;
    let examples = doc.examples.trim();
    if [&documentation, &returns, examples].iter().any(|text| text.contains("'''")) {
        return Err(fault("''' would end the text in the Python file".into()));
    }
    render(
        "stub.py",
        doc.name,
        &json!({ "documentation": documentation, "examples": examples, "returns": returns }),
    )
}

/// A `plugins/doc_fragments/NAME.py`, by which a plugin has the same options as modules have.
///
/// # Errors
/// [`DocsError::Text`]
pub fn fragment(name: &str, spec: &ArgumentSpec, collection: &Collection) -> Result<String, DocsError> {
    let options = documentation::fragment(name, spec, collection)?;
    let options = to_yaml(&json!({ "options": options }))
        .map_err(|problem| DocsError::Text { of: name.into(), problem })?;
    render("fragment.py", name, &json!({ "options": options }))
}

/// The reference page of a module.
///
/// # Errors
/// [`DocsError::Text`], [`DocsError::Examples`]
pub fn module_page(doc: &ModuleDoc, collection: &Collection) -> Result<Page, DocsError> {
    examples(doc)?;
    let documentation = documentation(doc, collection)?;
    let returns = returns(doc, collection)?;
    let short_description = sentence(&documentation["short_description"], collection);
    let all = json!({
        "collection": collection.name,
        "name": doc.name,
        "version_added": doc.version_added,
        "short_description": short_description,
        "description": markdown(&documentation["description"], collection),
        "requirements": markdown(&documentation["requirements"], collection),
        "options": rows(&documentation["options"], "suboptions", collection),
        "attributes": attributes(&documentation["attributes"], collection),
        "notes": markdown(&documentation["notes"], collection),
        "examples": doc.examples.trim(),
        "returns": rows(&returns, "contains", collection),
        "see_also": see_also(&documentation["seealso"], collection),
    });
    let text = render("module.md", doc.name, &all)?;
    Ok(Page { name: doc.name.into(), file: format!("{}.md", doc.name), short_description, text })
}

/// The reference page of a role; `argument_specs` is the text of its `meta/argument_specs.yml`.
///
/// # Errors
/// [`DocsError::ArgumentSpecs`]
pub fn role_page(role: &str, argument_specs: &str, collection: &Collection) -> Result<Page, DocsError> {
    let fault = |problem: String| DocsError::ArgumentSpecs { of: role.into(), problem };
    let specs = from_yaml(argument_specs).map_err(fault)?;
    let Some(main) = specs["argument_specs"].get("main") else { return Err(fault("main is missing".into())) };
    let short_description = sentence(&main["short_description"], collection);
    if short_description.is_empty() {
        return Err(fault("main has no short_description".into()));
    }
    let entry_points: Vec<_> = specs["argument_specs"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, spec)| {
            json!({
                "name": name,
                "short_description": sentence(&spec["short_description"], collection),
                "description": markdown(&spec["description"], collection),
                "options": rows(&spec["options"], "options", collection),
            })
        })
        .collect();
    let all = json!({ "collection": collection.name, "name": role, "entry_points": entry_points });
    let text = render("role.md", role, &all)?;
    Ok(Page { name: role.into(), file: format!("role_{role}.md"), short_description, text })
}

/// The page that leads to the others.
///
/// # Errors
/// [`DocsError::Page`]
pub fn index_page(modules: &[Page], roles: &[Page], collection: &Collection) -> Result<String, DocsError> {
    let all = json!({ "collection": collection.name, "modules": modules, "roles": roles });
    render("index.md", &collection.name, &all)
}

fn sentence(text: &Value, collection: &Collection) -> String {
    markdown(text, collection).join(" ").trim_end_matches('.').into()
}

fn attributes(attributes: &Value, collection: &Collection) -> Vec<Value> {
    let attribute = |(name, attribute): (&String, &Value)| {
        let texts = ["description", "details"].map(|key| markdown(&attribute[key], collection));
        json!({ "name": name, "support": attribute["support"], "description": texts.concat() })
    };
    attributes.as_object().into_iter().flatten().map(attribute).collect()
}

fn see_also(entries: &Value, collection: &Collection) -> Vec<String> {
    let entry = |entry: &Value| {
        let what = match &entry["module"] {
            Value::String(module) => format!("M({module})"),
            _ => format!("L({},{})", entry["name"].as_str()?, entry["link"].as_str()?),
        };
        markdown(&format!("{what}: {}", entry["description"].as_str()?).into(), collection).pop()
    };
    entries.as_array().into_iter().flatten().filter_map(entry).collect()
}

fn render(template: &str, of: &str, all: &Value) -> Result<String, DocsError> {
    let page = || {
        let mut environment = Environment::new();
        let lines_of_blocks_vanish = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()?;
        environment.set_syntax(lines_of_blocks_vanish);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_filter("cell", |text: &str| text.replace('|', "\\|").replace('\n', " "));
        for (name, source) in TEMPLATES {
            environment.add_template(name, source)?;
        }
        environment.get_template(template)?.render(Serde(Plain(all)))
    };
    page().map_err(|source| DocsError::Page { of: of.into(), source })
}
