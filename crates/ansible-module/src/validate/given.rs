//! What was given, before anything is checked: from the environment, under other names, in secret, outdated or unknown.
use super::{Checks, Params, elements};
use crate::{
    coerce::coerce,
    deprecation::Deprecation,
    python as py, secrets,
    spec::{ArgumentSpec, Opt, Removal, Type},
};
use serde_json::Value;

impl Checks<'_> {
    /// A variable that is set, even if empty, counts like an option given. Null was given, too: it is not replaced.
    pub(super) fn env_fallbacks(&mut self, spec: &ArgumentSpec, params: &mut Params) {
        for option in &spec.options {
            if params.contains_key(&option.name) {
                continue;
            }
            let Some(value) = option.env.iter().find_map(|name| self.env.get(name)) else { continue };
            let value = Value::from(value);
            if option.is_secret() {
                // At once, since an alias may take its place.
                self.conceal(&option.name, &value);
            }
            params.insert(option.name.clone(), value);
        }
    }

    /// What stands under an alias is copied to the option's name, where the last alias wins.
    pub(super) fn aliases(&mut self, spec: &ArgumentSpec, params: &mut Params) {
        let mut warnings = vec![];
        for option in &spec.options {
            for gone in option.deprecated_aliases.iter().filter(|alias| params.contains_key(&alias.name)) {
                let name = format!("{}{}", self.prefix, gone.name);
                self.deprecate("Alias", &name, &gone.removal);
            }
            for alias in &option.aliases {
                let Some(value) = params.get(alias).cloned() else { continue };
                if params.insert(option.name.clone(), value).is_some() {
                    let (at, name) = (&self.prefix, &option.name);
                    warnings.push(format!("Both option {at}{name} and its alias {at}{alias} are set."));
                }
            }
        }
        let first_level = self.within.is_empty();
        (if first_level { &mut self.last_warnings } else { &mut self.warnings }).extend(warnings);
    }

    /// Collects what is secret on this level and, as far as it can be found under its own name, below.
    pub(super) fn collect_secrets(&mut self, spec: &ArgumentSpec, params: &Params) {
        for option in &spec.options {
            let Some(value) = params.get(&option.name) else { continue };
            if option.is_secret() {
                self.conceal(&option.name, value);
            }
            let Some(suboptions) = option.suboptions().filter(|_| !value.is_null()) else { continue };
            for element in elements(value) {
                self.collect_secrets_of_one(option, suboptions, element);
            }
        }
    }

    /// A dict may still be text here; this is where `AnsibleModule` finds that it can't be read.
    fn collect_secrets_of_one(&mut self, option: &Opt, suboptions: &ArgumentSpec, element: &Value) {
        let read = match element {
            Value::String(_) => coerce(Type::Dict, element, self.env),
            other => Ok(other.clone()),
        };
        match read {
            Ok(Value::Object(params)) => {
                self.within.push(option.name.clone());
                self.collect_secrets(suboptions, &params);
                self.within.pop();
            }
            Ok(other) => self.fault(format!(
                "Value '{}' in the sub parameter field '{}' must be a {}, not '{}'",
                py::str_of(&other),
                option.name,
                option.ty.name(),
                py::type_name(&other)
            )),
            Err(reason) => self.fault(reason),
        }
    }

    /// A bare zero or false is no secret, or it would spoil every number.
    pub(super) fn conceal(&mut self, name: &str, value: &Value) {
        if py::equal(value, &Value::Bool(false)) {
            return;
        }
        self.secrets.add(value);
        if secrets::is_short(value) {
            let path = self.path(name);
            self.warn(format!(
                "The secret in option '{path}' has fewer than 4 characters, and masking it spoils whatever else they \
                 are part of in this result. Use a longer one."
            ));
        }
    }

    /// Options on their way out, all levels at once and before aliases below the first are looked at, as `AnsibleModule` does it.
    pub(super) fn removals(&mut self, spec: &ArgumentSpec, params: &Params) {
        if self.within.is_empty() {
            self.removals_below("", spec, params);
        }
    }

    fn removals_below(&mut self, outer: &str, spec: &ArgumentSpec, params: &Params) {
        for option in &spec.options {
            let Some(value) = params.get(&option.name) else { continue };
            let name = match outer {
                "" => option.name.clone(),
                outer => format!("{outer}[\"{}\"]", option.name),
            };
            if let Some(removal) = &option.removed {
                self.deprecate("Param", &name, removal);
            }
            let Some(suboptions) = &option.options else { continue };
            for element in elements(value).iter().filter_map(Value::as_object) {
                self.removals_below(&name, suboptions, element);
            }
        }
    }

    fn deprecate(&mut self, what: &str, name: &str, removal: &Removal) {
        let msg = format!("{what} '{name}' is deprecated. See the module docs for more information");
        let deprecation = Deprecation { msg, removal: removal.clone() };
        if !self.deprecations.contains(&deprecation) {
            self.deprecations.push(deprecation);
        }
    }

    /// Unknown names are told last, those of all levels together.
    pub(super) fn note_unknown(&mut self, spec: &ArgumentSpec, params: &Params) {
        let is_known = |name: &String| {
            spec.options.iter().any(|option| option.name == *name || option.aliases.contains(name))
        };
        for name in params.keys().filter(|name| !is_known(name)) {
            if self.unknown.is_empty() {
                self.supported = supported(spec);
            }
            self.unknown.push(self.path(name));
        }
    }
}

fn supported(spec: &ArgumentSpec) -> String {
    let mut names: Vec<_> = spec.options.iter().map(|option| option.name.as_str()).collect();
    let mut aliases: Vec<_> =
        spec.options.iter().flat_map(|option| &option.aliases).map(String::as_str).collect();
    names.sort_unstable();
    aliases.sort_unstable();
    let aliases = if aliases.is_empty() { String::new() } else { format!(" ({})", aliases.join(", ")) };
    names.join(", ") + &aliases
}
