//! Contradictions within an argument spec, which `AnsibleModule` finds only at run time, or never.
use crate::{
    NoEnv,
    spec::{ArgumentSpec, Opt, Type},
    validate::validate,
};
use serde_json::{Map, Value};
use std::{collections::HashSet, iter::once};

/// In the name of an option, these hint at a secret.
const SECRET_WORDS: [&str; 3] = ["pass", "secret", "token"];

impl ArgumentSpec {
    /// What is wrong with the spec itself, one sentence each; for a unit test of every module.
    ///
    /// The derive refuses most of it while compiling; what needs values, or several structs flattened together, is found here.
    pub fn lint(&self) -> Vec<String> {
        let mut faults = vec![];
        self.lint_rules(&mut faults);
        self.lint_names(&mut faults);
        for option in &self.options {
            option.lint(&mut faults);
        }
        faults
    }

    fn lint_rules(&self, faults: &mut Vec<String>) {
        let groups = [&self.mutually_exclusive, &self.required_together, &self.required_one_of];
        let in_groups = groups.into_iter().flatten().flatten();
        let in_ifs = self.required_if.iter().flat_map(|rule| once(&rule.key).chain(&rule.then));
        let in_bys = self.required_by.iter().flat_map(|(key, needed)| once(key).chain(needed));
        for name in in_groups.chain(in_ifs).chain(in_bys) {
            if self.option(name).is_none() {
                faults.push(format!("a rule names `{name}`, which is no option"));
            }
        }
        for rule in &self.required_if {
            if let Some(Err(fault)) = self.option(&rule.key).map(|option| option.accepts(&rule.is)) {
                faults.push(format!("a rule asks for a value that `{}` can't have: {fault}", rule.key));
            }
        }
    }

    fn lint_names(&self, faults: &mut Vec<String>) {
        let mut seen = HashSet::new();
        for option in &self.options {
            for name in once(&option.name).chain(&option.aliases) {
                if !seen.insert(name) {
                    faults.push(format!("`{name}` is declared twice"));
                }
            }
        }
    }

    fn option(&self, name: &str) -> Option<&Opt> {
        self.options.iter().find(|option| option.name == name)
    }
}

impl Opt {
    fn lint(&self, faults: &mut Vec<String>) {
        let name = &self.name;
        let mut fault_if = |wrong: bool, what: &str| {
            if wrong {
                faults.push(format!("`{name}` {what}"));
            }
        };
        fault_if(self.required && self.default.is_some(), "is required and has a default");
        fault_if(self.doc.trim().is_empty(), "has no documentation");
        fault_if(self.looks_secret(), "looks like a secret: say no_log or no_log = false");
        fault_if(self.elements.is_some() && self.ty != Type::List, "has elements and is no list");
        fault_if(
            self.options.is_some() && self.suboptions().is_none(),
            "has suboptions and is neither a dict nor a list of dicts",
        );
        for alias in &self.deprecated_aliases {
            fault_if(
                !self.aliases.contains(&alias.name),
                &format!("deprecates `{}`, which is none of its aliases", alias.name),
            );
        }
        for choice in &self.choices {
            let value =
                if self.ty == Type::List { vec![choice.value.clone()].into() } else { choice.value.clone() };
            if let Err(fault) = self.accepts(&value) {
                fault_if(true, &format!("has a choice that it does not accept: {fault}"));
            }
        }
        if let Some(Err(fault)) = self.default.as_ref().map(|default| self.accepts(default)) {
            fault_if(true, &format!("has a default that it does not accept: {fault}"));
        }
        if let Some(suboptions) = &self.options {
            faults.extend(suboptions.lint().into_iter().map(|fault| format!("{name}: {fault}")));
        }
    }

    fn looks_secret(&self) -> bool {
        let name = self.name.to_lowercase();
        self.no_log.is_none() && self.ty != Type::Bool && SECRET_WORDS.iter().any(|word| name.contains(word))
    }

    /// Whether the engine lets `value` pass for this option alone.
    fn accepts(&self, value: &Value) -> Result<(), String> {
        let alone = ArgumentSpec { options: vec![self.clone()], ..ArgumentSpec::default() };
        let args = Map::from_iter([(self.name.clone(), value.clone())]);
        validate(&alone, args, &NoEnv).outcome.map_err(|fault| fault.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Choice, DeprecatedAlias, Removal, RequiredIf};

    fn option(name: &str) -> Opt {
        Opt { name: name.into(), doc: "Something.".into(), ..Opt::default() }
    }

    fn faults_of(option: Opt) -> Vec<String> {
        ArgumentSpec { options: vec![option], ..ArgumentSpec::default() }.lint()
    }

    #[test]
    fn a_sound_spec_has_no_faults() {
        assert_eq!(faults_of(Opt { default: Some("x".into()), ..option("a") }), Vec::<String>::new());
    }

    #[test]
    fn each_contradiction_is_told() {
        let suboptions = ArgumentSpec { options: vec![Opt::default()], ..ArgumentSpec::default() };
        let gone = DeprecatedAlias { name: "b".into(), removal: Removal::in_version("2.0.0") };
        let faulty = Opt {
            required: true,
            default: Some("x".into()),
            doc: " ".into(),
            elements: Some(Type::Str),
            options: Some(suboptions),
            deprecated_aliases: vec![gone],
            choices: vec![Choice { value: "5".into(), doc: String::new() }],
            ty: Type::Int,
            ..option("a_token")
        };
        assert_eq!(
            faults_of(faulty),
            [
                "`a_token` is required and has a default",
                "`a_token` has no documentation",
                "`a_token` looks like a secret: say no_log or no_log = false",
                "`a_token` has elements and is no list",
                "`a_token` has suboptions and is neither a dict nor a list of dicts",
                "`a_token` deprecates `b`, which is none of its aliases",
                "`a_token` has a choice that it does not accept: value of a_token must be one of: 5, got: 5",
                "`a_token` has a default that it does not accept: argument 'a_token' is of type str and we were \
                 unable to convert to int: \"'x'\" cannot be converted to an int",
                "a_token: `` has no documentation",
            ]
        );
    }

    #[test]
    fn rules_and_names_are_looked_at_across_flattened_structs() {
        let rule = RequiredIf { key: "n".into(), is: "x".into(), then: vec!["m".into()], any: false };
        let number = Opt { ty: Type::Int, aliases: vec!["m".into()], ..option("n") };
        let mut spec = ArgumentSpec { options: vec![number.clone()], ..ArgumentSpec::default() };
        spec.flatten(ArgumentSpec {
            options: vec![number],
            required_if: vec![rule],
            ..ArgumentSpec::default()
        });
        let faults = spec.lint();
        assert_eq!(faults[0], "a rule names `m`, which is no option");
        assert!(faults[1].starts_with("a rule asks for a value that `n` can't have: argument 'n'"));
        assert_eq!(faults[2..], ["`n` is declared twice", "`m` is declared twice"]);
    }
}
