//! The rules between options. What is null counts as given, except where `required_by` looks.
use super::{Checks, Params};
use crate::{
    python as py,
    spec::{ArgumentSpec, RequiredIf},
};
use serde_json::Value;

impl Checks<'_> {
    /// All groups broken are told.
    pub(super) fn mutually_exclusive(&mut self, spec: &ArgumentSpec, params: &Params) {
        let broken = spec.mutually_exclusive.iter().filter(|group| given(group, params) > 1);
        let broken: Vec<_> = broken.map(|group| group.join("|")).collect();
        if !broken.is_empty() {
            self.fault_here(format!("parameters are mutually exclusive: {}", broken.join(", ")));
        }
    }

    pub(super) fn required(&mut self, spec: &ArgumentSpec, params: &Params) {
        let absent =
            spec.options.iter().filter(|option| option.required && !params.contains_key(&option.name));
        let mut missing: Vec<_> = absent.map(|option| option.name.as_str()).collect();
        missing.sort_unstable();
        if !missing.is_empty() {
            self.fault_here(format!("missing required arguments: {}", missing.join(", ")));
        }
    }

    pub(super) fn required_together(&mut self, spec: &ArgumentSpec, params: &Params) {
        let is_broken = |group: &&Vec<String>| (1..group.len()).contains(&given(group, params));
        if let Some(group) = spec.required_together.iter().find(is_broken) {
            self.fault_here(format!("parameters are required together: {}", group.join(", ")));
        }
    }

    pub(super) fn required_one_of(&mut self, spec: &ArgumentSpec, params: &Params) {
        if let Some(group) = spec.required_one_of.iter().find(|group| given(group, params) == 0) {
            self.fault_here(format!("one of the following is required: {}", group.join(", ")));
        }
    }

    pub(super) fn required_if(&mut self, spec: &ArgumentSpec, params: &Params) {
        for rule in &spec.required_if {
            let missing = missing_if(rule, params);
            if missing.is_empty() || (rule.any && missing.len() < rule.then.len()) {
                continue;
            }
            self.fault_here(format!(
                "{} is {} but {} of the following are missing: {}",
                rule.key,
                py::str_of(&rule.is),
                if rule.any { "any" } else { "all" },
                missing.join(", ")
            ));
        }
    }

    pub(super) fn required_by(&mut self, spec: &ArgumentSpec, params: &Params) {
        let is_set = |name: &String| params.get(name).is_some_and(|value| !value.is_null());
        for (key, needed) in spec.required_by.iter().filter(|(key, _)| is_set(key)) {
            let missing: Vec<_> = needed.iter().filter(|name| !is_set(name)).map(String::as_str).collect();
            if !missing.is_empty() {
                self.fault_here(format!("missing parameter(s) required by '{key}': {}", missing.join(", ")));
            }
        }
    }
}

fn given(group: &[String], params: &Params) -> usize {
    group.iter().filter(|name| params.contains_key(*name)).count()
}

/// Those options that the rule asks for and that are absent; none if it does not apply.
fn missing_if<'a>(rule: &'a RequiredIf, params: &Params) -> Vec<&'a str> {
    let applies = |value: &Value| py::equal(value, &rule.is);
    if !params.get(&rule.key).is_some_and(applies) {
        return vec![];
    }
    rule.then.iter().filter(|name| !params.contains_key(*name)).map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use crate::{ArgumentSpec, NoEnv, Opt, RequiredIf, Type, validate};
    use serde_json::{Map, Value, json};

    #[test]
    fn required_if_compares_as_python_does() {
        let option = |name: &str| Opt { name: name.into(), ty: Type::Raw, ..Opt::default() };
        let rule = RequiredIf { key: "a".into(), is: json!([1]), then: vec!["b".into()], any: false };
        let spec = ArgumentSpec {
            options: vec![option("a"), option("b")],
            required_if: vec![rule],
            ..ArgumentSpec::default()
        };
        let message = |a: Value| {
            let args = Map::from_iter([("a".into(), a)]);
            validate(&spec, args, &NoEnv).outcome.map_err(|fault| fault.to_string())
        };
        let missing = Err("a is [1] but all of the following are missing: b".to_owned());
        assert_eq!(message(json!([1])), missing);
        assert_eq!(message(json!([1.0])), missing);
        assert_eq!(message(json!([true])), missing);
        assert_eq!(message(json!(["1"])), Ok(()));
    }
}
