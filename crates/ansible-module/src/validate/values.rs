//! Defaults, types and choices: what each option's value becomes.
use super::{Checks, Params};
use crate::{
    coerce::{BOOLEANS, coerce},
    python as py,
    spec::{ArgumentSpec, Opt, Type},
};
use serde_json::Value;

impl Checks<'_> {
    /// Defaults come after `mutually_exclusive`, which they don't count for, and are coerced like what is given.
    pub(super) fn defaults(&mut self, spec: &ArgumentSpec, params: &mut Params) {
        for option in &spec.options {
            let Some(default) = &option.default else { continue };
            if !params.contains_key(&option.name) {
                if option.is_secret() {
                    // Only as a default, true is a secret of `AnsibleModule`'s: its text.
                    let text = Value::from("True");
                    self.conceal(&option.name, if *default == true { &text } else { default });
                }
                params.insert(option.name.clone(), default.clone());
            }
        }
    }

    /// Null stays null where nothing is expected; elsewhere it is a value like any other.
    pub(super) fn types(&mut self, spec: &ArgumentSpec, params: &mut Params) {
        for option in &spec.options {
            let Some(value) = params.get_mut(&option.name) else { continue };
            if value.is_null() && !option.required && option.default.is_none() {
                continue;
            }
            match coerce(option.ty, value, self.env) {
                Ok(coerced) => *value = coerced,
                Err(reason) => {
                    self.unfit(option, value, &reason);
                    continue;
                }
            }
            if let Some(wanted) = option.elements {
                self.elements(option, wanted, value);
            }
        }
    }

    fn unfit(&mut self, option: &Opt, value: &Value, reason: &str) {
        // The dot is AnsibleModule's.
        let found =
            if self.within.is_empty() { String::new() } else { format!(" found in '{}'.", self.context()) };
        self.fault(format!(
            "argument '{}' is of type {}{found} and we were unable to convert to {}: {reason}",
            option.name,
            py::type_name(value),
            option.ty.name()
        ));
    }

    /// Elements that don't fit are left out.
    fn elements(&mut self, option: &Opt, wanted: Type, value: &mut Value) {
        let Value::Array(given) = value else { return };
        let mut coerced = vec![];
        for element in given.iter() {
            match coerce(wanted, element, self.env) {
                Ok(element) => coerced.push(element),
                Err(reason) => self.unfit_element(option, wanted, element, &reason),
            }
        }
        *given = coerced;
    }

    fn unfit_element(&mut self, option: &Opt, wanted: Type, element: &Value, reason: &str) {
        let found =
            if self.within.is_empty() { String::new() } else { format!(" found in '{}'", self.context()) };
        self.fault(format!(
            "Elements value for option '{}'{found} is of type {} and we were unable to convert to {}: {reason}",
            option.name,
            py::type_name(element),
            wanted.name()
        ));
    }

    pub(super) fn choices(&mut self, spec: &ArgumentSpec, params: &mut Params) {
        for option in spec.options.iter().filter(|option| !option.choices.is_empty()) {
            let Some(value) = params.get_mut(&option.name) else { continue };
            match value {
                Value::Array(elements) => self.choices_of_list(option, elements),
                value => self.choice(option, value),
            }
        }
    }

    fn choices_of_list(&mut self, option: &Opt, elements: &[Value]) {
        let bad: Vec<_> =
            elements.iter().filter(|element| !is_choice(option, element)).map(py::str_of).collect();
        if !bad.is_empty() {
            self.fault_here(format!(
                "value of {} must be one or more of: {}. Got no match for: {}",
                option.name,
                listed(option),
                bad.join(", ")
            ));
        }
    }

    fn choice(&mut self, option: &Opt, value: &mut Value) {
        if is_choice(option, value) {
            return;
        }
        if let Some(meant) = meant_by_bool(option, value) {
            *value = meant.clone();
            return;
        }
        let got = py::str_of(value);
        self.fault_here(format!("value of {} must be one of: {}, got: {got}", option.name, listed(option)));
    }
}

/// What is still absent is null: only now, or it would count as given.
pub(super) fn nulls(spec: &ArgumentSpec, params: &mut Params) {
    for option in &spec.options {
        if !params.contains_key(&option.name) {
            params.insert(option.name.clone(), Value::Null);
        }
    }
}

fn is_choice(option: &Opt, value: &Value) -> bool {
    option.choices.iter().any(|choice| py::equal(&choice.value, value))
}

fn listed(option: &Opt) -> String {
    option.choices.iter().map(|choice| py::str_of(&choice.value)).collect::<Vec<_>>().join(", ")
}

/// YAML made a bool of a word such as `yes`, and the coercion `True` of that: back to the one choice that means the same.
fn meant_by_bool<'a>(option: &'a Opt, value: &Value) -> Option<&'a Value> {
    let truth = match value.as_str()? {
        "True" => true,
        "False" => false,
        _ => return None,
    };
    let (words, _) = BOOLEANS.iter().find(|(_, meant)| *meant == truth)?;
    let means_it = |choice: &Value| match choice.as_str() {
        Some(word) => words.contains(&word),
        None => py::equal(choice, &truth.into()),
    };
    let mut meant = option.choices.iter().map(|choice| &choice.value).filter(|choice| means_it(choice));
    match (meant.next(), meant.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}
