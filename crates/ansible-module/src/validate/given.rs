//! What was given, before anything is checked: from the environment, under other names, in secret, outdated or unknown.
use super::{Checks, Params, elements};
use crate::{
    coerce::coerce,
    deprecation::Deprecation,
    python as py,
    secrets::{is_short, warning_of_short},
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
        let read;
        let element = if element.is_string() {
            read = coerce(Type::Dict, element, self.env);
            match &read {
                Ok(dict) => dict,
                Err(reason) => return self.fault(reason.clone()),
            }
        } else {
            element
        };
        let Value::Object(params) = element else {
            return self.fault(format!(
                "Value '{}' in the sub parameter field '{}' must be a dict, not '{}'",
                py::str_of(element),
                option.name,
                py::type_name(element)
            ));
        };
        self.within.push(option.name.clone());
        self.collect_secrets(suboptions, params);
        self.within.pop();
    }

    /// A bare zero or false is no secret, or it would spoil every number.
    pub(super) fn conceal(&mut self, name: &str, value: &Value) {
        if py::equal(value, &Value::Bool(false)) {
            return;
        }
        self.secrets.add(value);
        if is_short(value) {
            self.warn(warning_of_short(&self.path(name)));
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

#[cfg(test)]
mod tests {
    use crate::{
        ArgumentSpec, DeprecatedAlias, Deprecation, NoEnv, Opt, Removal, Type, Validated, secrets::HIDDEN,
        validate,
    };
    use serde_json::{Value, json};

    fn option(name: &str, ty: Type) -> Opt {
        Opt { name: name.into(), ty, ..Opt::default() }
    }

    fn secret(name: &str, ty: Type) -> Opt {
        Opt { no_log: Some(true), aliases: vec![format!("{name}_alias")], ..option(name, ty) }
    }

    fn spec(options: Vec<Opt>) -> ArgumentSpec {
        ArgumentSpec { options, ..ArgumentSpec::default() }
    }

    fn run(options: Vec<Opt>, args: &Value) -> Validated {
        validate(&spec(options), args.as_object().unwrap().clone(), &NoEnv)
    }

    fn masked(validated: &Validated) -> Value {
        let mut params = Value::from(validated.params.clone());
        validated.secrets.mask(&mut params);
        params
    }

    #[test]
    fn a_secret_below_an_alias_is_masked_whatever_else_is_wrong() {
        let dict = Opt { options: Some(spec(vec![secret("token", Type::Str)])), ..option("p", Type::Dict) };
        let validated =
            run(vec![option("n", Type::Int), dict], &json!({"n": "x", "p": {"token_alias": "s3cret"}}));
        assert!(validated.outcome.is_err());
        assert_eq!(masked(&validated)["p"], json!({"token_alias": HIDDEN, "token": HIDDEN}));
    }

    #[test]
    fn a_secret_beside_a_dict_that_cannot_be_read_is_masked() {
        let dict = Opt { options: Some(spec(vec![])), ..option("p", Type::Dict) };
        let validated =
            run(vec![secret("token", Type::Str), dict], &json!({"p": "no dict", "token": "s3cret"}));
        assert!(validated.outcome.is_err());
        assert_eq!(masked(&validated)["token"], HIDDEN);
    }

    #[test]
    fn the_warning_of_a_short_secret_names_the_option_and_not_the_value() {
        let dict = Opt { options: Some(spec(vec![secret("pin", Type::Str)])), ..option("p", Type::Dict) };
        let validated = run(vec![dict], &json!({"p": {"pin": "Q7"}}));
        let [warning] = &validated.warnings[..] else { panic!("{:?}", validated.warnings) };
        assert!(warning.starts_with("The secret in option 'p.pin' has fewer than 4 characters"));
        assert!(!warning.contains("Q7"));
        assert_eq!(validated.secrets.mask_text("Q71"), "********1");
    }

    #[test]
    fn zero_and_false_are_no_secrets() {
        let options = vec![secret("n", Type::Int), secret("b", Type::Bool)];
        assert!(run(options, &json!({"n": 0, "b": true})).secrets.is_empty());
    }

    #[test]
    fn warnings_of_the_first_level_come_last() {
        let aliased = |name: &str, ty| Opt { aliases: vec![format!("{name}2")], ..option(name, ty) };
        let list = Opt {
            elements: Some(Type::Dict),
            options: Some(spec(vec![aliased("q", Type::Str)])),
            ..aliased("p", Type::List)
        };
        let elements = json!([{}, {"q": 1, "q2": 2}]);
        assert_eq!(
            run(vec![list], &json!({"p": [], "p2": elements})).warnings,
            ["Both option p[1].q and its alias p[1].q2 are set.", "Both option p and its alias p2 are set."]
        );
    }

    #[test]
    fn unknown_names_of_all_levels_are_told_with_the_names_of_the_first() {
        let dict = Opt { options: Some(spec(vec![option("q", Type::Str)])), ..option("p", Type::Dict) };
        let validated = run(vec![secret("b", Type::Str), dict], &json!({"p": {"z": 1, "y": 1}, "x": 1}));
        let fault = validated.outcome.unwrap_err().to_string();
        assert_eq!(fault, "p.y, p.z, x. Supported parameters include: b, p (b_alias).");
    }

    #[test]
    fn what_goes_away_is_told_once() {
        let removal = Removal { from_collection: Some("ns.name".into()), ..Removal::in_version("2.0.0") };
        let old = Opt {
            removed: Some(removal.clone()),
            aliases: vec!["older".into()],
            deprecated_aliases: vec![DeprecatedAlias { name: "older".into(), removal: removal.clone() }],
            ..option("old", Type::Str)
        };
        let list = Opt {
            elements: Some(Type::Dict),
            options: Some(spec(vec![old.clone()])),
            ..option("p", Type::List)
        };
        let validated =
            run(vec![old, list], &json!({"older": 1, "p": [{"old": 1}, {"old": 1}, {"older": 1}]}));
        let told = |what: &str| Deprecation {
            msg: format!("{what} is deprecated. See the module docs for more information"),
            removal: removal.clone(),
        };
        let what = ["Alias 'older'", "Param 'old'", "Param 'p[\"old\"]'", "Alias 'p[2].older'"];
        assert_eq!(validated.deprecations, what.map(told));
        assert_eq!(
            validated.deprecations[0].to_value(None),
            json!({
                "msg": "Alias 'older' is deprecated. See the module docs for more information",
                "version": "2.0.0",
                "collection_name": "ns.name",
            })
        );
    }

    #[test]
    fn a_name_like_a_passwords_without_no_log_is_warned_of_once_nothing_is_wrong() {
        let options = || vec![Opt { aliases: vec!["passwd".into()], ..option("password", Type::Int) }];
        assert_eq!(run(options(), &json!({})).warnings, ["Module did not set no_log for password"]);
        assert_eq!(run(options(), &json!({"password": "x"})).warnings, Vec::<String>::new());
    }
}
