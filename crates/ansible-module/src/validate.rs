//! `AnsibleModule`'s checks, in `AnsibleModule`'s order and words.
//!
//! Like `AnsibleModule`, this goes on after a fault and tells only the first: what is masked, warned of and shown as
//! `invocation` is then complete whatever was wrong.
mod given;
mod passwords;
mod rules;
mod values;

use crate::{
    Env, Secrets,
    deprecation::Deprecation,
    spec::{ArgumentSpec, Type},
};
use serde_json::{Map, Value};

/// Options by name, in the order in which they came, those filled in behind.
type Params = Map<String, Value>;

/// What became of the arguments.
#[derive(Debug)]
pub struct Validated {
    /// The options, coerced; aliases stay beside the names they stand for, and what is absent is null. After a fault, as far as
    /// it came.
    pub params: Map<String, Value>,
    /// Every text that must not leave the process.
    pub secrets: Secrets,
    /// Sentences for the user. They name options, never values, so that masking them would only spoil them.
    pub warnings: Vec<String>,
    /// What the task used that goes away.
    pub deprecations: Vec<Deprecation>,
    /// The first fault, if any. Its text may hold secrets: mask it.
    pub outcome: Result<(), Fault>,
}

/// What is wrong with the arguments.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// An option is missing, superfluous, or has a wrong value.
    #[error("{0}")]
    Invalid(String),
    /// Nothing but names that are no options. `AnsibleModule` puts `Unsupported parameters for (NAME) module: ` before it.
    #[error("{}. Supported parameters include: {supported}.", names.join(", "))]
    Unsupported {
        /// The unknown names, with their path: `p.q` is `q` within the dict `p`.
        names: Vec<String>,
        /// The names there are on the level of the first unknown one, and their aliases in parentheses.
        supported: String,
    },
}

/// Coerces `args` (without the `_ansible_` keys) to what `spec` says and checks them against its rules.
///
/// Recurses as deep as `args` are nested, of which `serde_json` reads 127 levels.
pub fn validate(spec: &ArgumentSpec, args: Map<String, Value>, env: &dyn Env) -> Validated {
    let mut params = args;
    let mut checks = Checks::new(env);
    checks.level(spec, &mut params);
    checks.finish(spec, params)
}

/// The checks under way, and what they have found.
struct Checks<'a> {
    env: &'a dyn Env,
    secrets: Secrets,
    warnings: Vec<String>,
    /// Those of the first level, which `AnsibleModule` tells after those of the others.
    last_warnings: Vec<String>,
    deprecations: Vec<Deprecation>,
    fault: Option<Fault>,
    /// Names that are no options, with their path.
    unknown: Vec<String>,
    /// What is supported where the first of them stands.
    supported: String,
    /// The options whose suboptions are being looked at, outermost first.
    within: Vec<String>,
    /// The same as a prefix for names, elements of a list numbered: `p[0].q.`
    prefix: String,
}

impl<'a> Checks<'a> {
    fn new(env: &'a dyn Env) -> Self {
        Checks {
            env,
            secrets: Secrets::default(),
            warnings: vec![],
            last_warnings: vec![],
            deprecations: vec![],
            fault: None,
            unknown: vec![],
            supported: String::new(),
            within: vec![],
            prefix: String::new(),
        }
    }

    /// One level of options, and through [`Self::suboptions`] those below it. The order decides which fault is the first.
    fn level(&mut self, spec: &ArgumentSpec, params: &mut Params) {
        self.env_fallbacks(spec, params);
        self.aliases(spec, params);
        self.collect_secrets(spec, params);
        self.removals(spec, params);
        self.note_unknown(spec, params);
        self.mutually_exclusive(spec, params);
        self.defaults(spec, params);
        self.required(spec, params);
        self.types(spec, params);
        self.choices(spec, params);
        self.required_together(spec, params);
        self.required_one_of(spec, params);
        self.required_if(spec, params);
        self.required_by(spec, params);
        values::nulls(spec, params);
        self.suboptions(spec, params);
    }

    fn suboptions(&mut self, spec: &ArgumentSpec, params: &mut Params) {
        for option in &spec.options {
            let Some(suboptions) = option.suboptions() else { continue };
            let Some(value) = params.get_mut(&option.name) else { continue };
            if value.is_null() {
                if !option.apply_defaults {
                    continue;
                }
                *value = Params::new().into();
            }
            let outer = self.prefix.clone();
            self.within.push(option.name.clone());
            for (at, element) in elements_mut(value).iter_mut().enumerate() {
                let index = if option.ty == Type::List { format!("[{at}]") } else { String::new() };
                self.prefix = format!("{outer}{}{index}.", option.name);
                match element {
                    Value::Object(params) => self.level(suboptions, params),
                    _ => self
                        .fault(format!("value of '{}' must be of type dict or list of dicts", option.name)),
                }
            }
            self.within.pop();
            self.prefix = outer;
        }
    }

    fn finish(mut self, spec: &ArgumentSpec, params: Params) -> Validated {
        for warning in std::mem::take(&mut self.last_warnings) {
            self.warn(warning);
        }
        if !self.unknown.is_empty() {
            self.unknown.sort_unstable();
            self.unknown.dedup();
            let fault = Fault::Unsupported { names: self.unknown, supported: self.supported };
            self.fault.get_or_insert(fault);
        }
        if self.fault.is_none() {
            self.warnings.extend(passwords::not_said_to_be_secret(spec, &params));
        }
        Validated {
            params,
            secrets: self.secrets,
            warnings: self.warnings,
            deprecations: self.deprecations,
            outcome: self.fault.map_or(Ok(()), Err),
        }
    }

    /// Notes a fault, unless there was one before.
    fn fault(&mut self, msg: String) {
        self.fault.get_or_insert(Fault::Invalid(msg));
    }

    /// As [`Self::fault`], saying within which options that is.
    fn fault_here(&mut self, msg: String) {
        let found =
            if self.within.is_empty() { String::new() } else { format!(" found in {}", self.context()) };
        self.fault(msg + &found);
    }

    fn context(&self) -> String {
        self.within.join(" -> ")
    }

    /// The name of an option on this level with those it is within: `p.q`.
    fn path(&self, name: &str) -> String {
        let mut path = self.within.clone();
        path.push(name.into());
        path.join(".")
    }

    fn warn(&mut self, msg: String) {
        if !self.warnings.contains(&msg) {
            self.warnings.push(msg);
        }
    }
}

/// The elements of a list, or the value itself: suboptions belong to either.
fn elements(value: &Value) -> &[Value] {
    match value {
        Value::Array(elements) => elements,
        value => std::slice::from_ref(value),
    }
}

fn elements_mut(value: &mut Value) -> &mut [Value] {
    match value {
        Value::Array(elements) => elements,
        value => std::slice::from_mut(value),
    }
}
