//! What a module accepts: a plain value, made by the derive (or by hand) and read by the engine and the docs.
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Type {
    #[default]
    Str,
    Bool,
    Int,
    Float,
    List,
    Dict,
    Path,
    Raw,
    Json,
    Bytes,
    Bits,
}
impl Type {
    pub fn name(self) -> &'static str {
        match self {
            Type::Str => "str",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Float => "float",
            Type::List => "list",
            Type::Dict => "dict",
            Type::Path => "path",
            Type::Raw => "raw",
            Type::Json => "json",
            Type::Bytes => "bytes",
            Type::Bits => "bits",
        }
    }
    pub fn parse(s: &str) -> Option<Self> {
        use Type::*;
        [Str, Bool, Int, Float, List, Dict, Path, Raw, Json, Bytes, Bits]
            .into_iter()
            .find(|t| t.name() == s)
            .or((s == "jsonarg").then_some(Json))
    }
}

#[derive(Debug, Clone, Default)]
pub struct ArgumentSpec {
    /// In declaration order: it decides which fault is told first.
    pub options: Vec<Opt>,
    pub mutually_exclusive: Vec<Vec<String>>,
    pub required_together: Vec<Vec<String>>,
    pub required_one_of: Vec<Vec<String>>,
    pub required_if: Vec<RequiredIf>,
    pub required_by: Vec<(String, Vec<String>)>,
}
#[derive(Debug, Clone)]
pub struct RequiredIf {
    pub key: String,
    pub is: Value,
    pub then: Vec<String>,
    pub any: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Opt {
    pub name: String,
    pub ty: Type,
    pub elements: Option<Type>,
    pub required: bool,
    pub default: Option<Value>,
    pub choices: Vec<Choice>,
    pub aliases: Vec<String>,
    /// `None`: not said; AnsibleModule then warns for names like a password.
    pub no_log: Option<bool>,
    pub env: Vec<String>,
    pub options: Option<ArgumentSpec>,
    pub apply_defaults: bool,
    // documentation only
    pub doc: String,
    pub version_added: Option<String>,
}
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub value: Value,
    pub doc: String,
}

impl ArgumentSpec {
    /// Takes all of `shared`'s options and rules; how one options struct is flattened into another.
    pub fn flatten(&mut self, shared: ArgumentSpec) {
        self.options.extend(shared.options);
        self.mutually_exclusive.extend(shared.mutually_exclusive);
        self.required_together.extend(shared.required_together);
        self.required_one_of.extend(shared.required_one_of);
        self.required_if.extend(shared.required_if);
        self.required_by.extend(shared.required_by);
    }

    /// What a unit test asks of every spec: contradictions that AnsibleModule finds only at run time, or never.
    pub fn lint(&self) -> Vec<String> {
        let mut faults = vec![];
        let known = |n: &String| self.options.iter().any(|o| o.name == *n);
        let rules = self
            .mutually_exclusive
            .iter()
            .chain(&self.required_together)
            .chain(&self.required_one_of)
            .chain(self.required_if.iter().map(|r| &r.then))
            .chain(self.required_by.iter().map(|r| &r.1));
        for n in rules
            .flatten()
            .chain(self.required_if.iter().map(|r| &r.key))
            .chain(self.required_by.iter().map(|r| &r.0))
        {
            if !known(n) {
                faults.push(format!("a rule names `{n}`, which is no option"))
            }
        }
        let mut seen = std::collections::HashSet::new();
        for o in &self.options {
            for n in std::iter::once(&o.name).chain(&o.aliases) {
                if !seen.insert(n) {
                    faults.push(format!("`{n}` is declared twice"))
                }
            }
            if o.required && o.default.is_some() {
                faults.push(format!("`{}` is required and has a default", o.name))
            }
            if o.doc.trim().is_empty() {
                faults.push(format!("`{}` has no documentation", o.name))
            }
            let n = o.name.to_lowercase();
            if o.no_log.is_none()
                && o.ty != Type::Bool
                && ["pass", "secret", "token"].iter().any(|w| n.contains(w))
            {
                faults.push(format!("`{}` looks like a secret: say no_log or no_log = false", o.name))
            }
            if let Some(d) = &o.default {
                let mut one = o.clone();
                one.env.clear();
                let spec = ArgumentSpec { options: vec![one], ..Default::default() };
                let arg = serde_json::Map::from_iter([(o.name.clone(), d.clone())]);
                if let Err(e) = crate::validate(&spec, arg, &crate::NoEnv).outcome {
                    faults.push(format!("default of `{}`: {e}", o.name))
                }
            }
            if let Some(sub) = &o.options {
                faults.extend(sub.lint().into_iter().map(|f| format!("{}: {f}", o.name)))
            }
        }
        faults
    }
}
