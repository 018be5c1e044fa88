//! The rules between options, told at each option that they concern.
use crate::scope::Scope;
use ansible_module::{ArgumentSpec, Opt};

/// One sentence for each rule of `spec` that concerns `opt`.
pub(crate) fn rules(opt: &Opt, spec: &ArgumentSpec, scope: &Scope) -> Vec<String> {
    let name = &opt.name;
    let list = |names: &[String]| marked(names.iter(), scope);
    let others = |group: &[String]| marked(group.iter().filter(|other| *other != name), scope);
    let mut sentences = vec![];
    for group in spec.mutually_exclusive.iter().filter(|group| group.contains(name)) {
        if !spec.required_one_of.contains(group) {
            sentences.push(format!("Mutually exclusive with {}.", others(group)));
        }
    }
    for group in spec.required_one_of.iter().filter(|group| group.contains(name)) {
        let how_many = if spec.mutually_exclusive.contains(group) { "Exactly" } else { "At least" };
        sentences.push(format!("{how_many} one of {} is required.", list(group)));
    }
    for group in spec.required_together.iter().filter(|group| group.contains(name)) {
        sentences.push(format!("Required together with {}.", others(group)));
    }
    for (key, _) in spec.required_by.iter().filter(|(_, needed)| needed.contains(name)) {
        sentences.push(format!("Required with {}.", scope.option(key)));
    }
    for rule in spec.required_if.iter().filter(|rule| rule.then.contains(name)) {
        let is = rule.is.as_str().map_or_else(|| rule.is.to_string(), str::to_owned);
        let condition = scope.option(&format!("{}={is}", rule.key));
        sentences.push(if rule.any && rule.then.len() > 1 {
            format!("With {condition} at least one of {} is required.", list(&rule.then))
        } else {
            format!("Required with {condition}.")
        });
    }
    sentences
}

fn marked<'a>(names: impl Iterator<Item = &'a String>, scope: &Scope) -> String {
    names.map(|name| scope.option(name)).collect::<Vec<_>>().join(", ")
}
