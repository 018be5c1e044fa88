//! The text of a module: what `ansible-doc` shows of it beside options and results.
use crate::{
    Collection, DocsError,
    markdown::{Block, Item, Lead, blocks},
};
use ansible_module::docs::ModuleDoc;
use serde_json::{Map, Value, json};

/// What may be said of a module's behaviour, each with its description.
const ATTRIBUTES: [(&str, &str); 5] = [
    ("check_mode", "Can run in check mode, where it predicts what it would change and changes nothing."),
    ("diff_mode", "Shows with C(--diff) what it changed or would change."),
    ("idempotent", "Run twice in a row with the same options, the second run changes nothing."),
    ("platform", "The systems that the module runs on."),
    ("async", "Can be used with the C(async) keyword."),
];
const LEVELS: [&str; 4] = ["full", "partial", "none", "N/A"];

/// The text of a module, part by part.
#[derive(Debug, Default)]
pub(crate) struct About {
    pub(crate) short_description: String,
    pub(crate) description: Vec<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) requirements: Vec<String>,
    pub(crate) see_also: Vec<Value>,
    /// Attribute to what DOCUMENTATION holds of it.
    pub(crate) attributes: Map<String, Value>,
}

impl About {
    /// Reads the doc comment of a module; `code` says what stands for a piece of code.
    pub(crate) fn read(
        doc: &ModuleDoc,
        collection: &Collection,
        code: &dyn Fn(&str) -> String,
    ) -> Result<Self, DocsError> {
        let fault = |problem| DocsError::Text { of: doc.name.into(), problem };
        let mut about = About { attributes: attributes(doc), ..About::default() };
        let mut section = String::new();
        for block in blocks(doc.text, code).map_err(fault)? {
            match block {
                Block::Heading(heading) => section = heading,
                block => about.add(&section, block, collection).map_err(fault)?,
            }
        }
        if about.short_description.is_empty() {
            return Err(fault("it has no first sentence".into()));
        }
        if about.description.is_empty() {
            about.description.push(format!("{}.", about.short_description));
        }
        Ok(about)
    }

    fn add(&mut self, section: &str, block: Block, collection: &Collection) -> Result<(), String> {
        match (section, block) {
            ("", Block::Paragraph(text)) if self.short_description.is_empty() => {
                text.trim_end_matches('.').clone_into(&mut self.short_description);
            }
            ("", Block::Paragraph(text) | Block::Item(Item { text, .. })) => self.description.push(text),
            ("Notes", Block::Item(item)) => self.notes.push(item.text),
            ("Requirements", Block::Item(item)) => self.requirements.push(item.text),
            ("See also", Block::Item(item)) => self.see_also.push(see_also(&item, collection)?),
            ("Attributes", Block::Item(item)) => self.attribute(&item)?,
            ("Notes" | "Requirements" | "See also" | "Attributes", _) => {
                return Err(format!("below `{section}` there may only be a list"));
            }
            _ => {
                return Err(format!(
                    "the heading `{section}` is none of Notes, Requirements, See also, Attributes"
                ));
            }
        }
        Ok(())
    }

    /// `` `idempotent`: partial. Why so. ``
    fn attribute(&mut self, item: &Item) -> Result<(), String> {
        let Some((Lead::Code(name), rest)) = item.lead() else {
            return Err(format!(
                "an attribute is written as `name`: support. Details. Not so: {}",
                item.text
            ));
        };
        let (support, details) = rest.split_once('.').unwrap_or((rest, ""));
        if !LEVELS.contains(&support) {
            return Err(format!("the support of {name} is none of {}: {support}", LEVELS.join(", ")));
        }
        let Some(Value::Object(attribute)) = self.attributes.get_mut(&name) else {
            let known = ATTRIBUTES.map(|(name, _)| name).join(", ");
            return Err(format!("the attribute {name} is none of {known}"));
        };
        attribute.insert("support".into(), support.into());
        if !details.trim().is_empty() {
            attribute.insert("details".into(), details.trim().into());
        }
        Ok(())
    }
}

/// What holds if the module says nothing else.
fn attributes(doc: &ModuleDoc) -> Map<String, Value> {
    let mut attributes = Map::new();
    for (name, description) in ATTRIBUTES {
        let in_check_mode = matches!(name, "check_mode" | "diff_mode");
        let support = if in_check_mode && !doc.check_mode { "none" } else { "full" };
        attributes.insert(name.into(), json!({ "description": description, "support": support }));
    }
    attributes["platform"]["platforms"] = "linux".into();
    if doc.reads_only {
        attributes["diff_mode"]["support"] = "N/A".into();
        attributes["diff_mode"]["details"] = "Nothing is changed.".into();
    }
    attributes
}

/// `` `ns.collection.module`: why `` or `[title](url): why`
fn see_also(item: &Item, collection: &Collection) -> Result<Value, String> {
    match item.lead() {
        Some((Lead::Code(name), description)) => match collection.module(&name) {
            Some(module) => Ok(json!({ "module": module, "description": description })),
            // That of another collection is written in full.
            None if name.contains('.') && !name.starts_with(&collection.name) => {
                Ok(json!({ "module": name, "description": description }))
            }
            None => Err(format!("there is no module {name} to see also")),
        },
        Some((Lead::Link { title, url }, description)) => {
            Ok(json!({ "name": title, "link": url, "description": description }))
        }
        None => Err(format!(
            "what to see also is written as `module`: why, or [title](url): why. Not so: {}",
            item.text
        )),
    }
}
