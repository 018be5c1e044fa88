//! AnsibleModule's checks in AnsibleModule's order. The first fault ends it, as only the first is told.
use crate::{
    Env,
    coerce::{coerce, dict},
    python as py,
    spec::*,
};
use serde_json::{Map, Value};

type Params = Map<String, Value>;

#[derive(Debug)]
pub struct Validated {
    /// Every text that must not leave the process.
    pub secrets: crate::Secrets,
    pub warnings: Vec<String>,
    pub params: Params,
    pub outcome: Result<(), Fault>,
}
#[derive(Debug, PartialEq)]
pub enum Fault {
    Invalid(String),
    Unsupported { names: Vec<String>, supported: String },
}
impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Fault::Invalid(m) => f.write_str(m),
            Fault::Unsupported { names, supported } => {
                write!(f, "{}. Supported parameters include: {supported}.", names.join(", "))
            }
        }
    }
}
impl From<String> for Fault {
    fn from(m: String) -> Self {
        Fault::Invalid(m)
    }
}

/// `args` without the `_ansible_` keys.
pub fn validate(spec: &ArgumentSpec, args: Params, env: &dyn Env) -> Validated {
    let mut c = Checker {
        env,
        secrets: Default::default(),
        warnings: vec![],
        unknown: vec![],
        supported: None,
        path: vec![],
    };
    let mut params = args;
    let outcome = c.check(spec, &mut params).and_then(|()| match c.supported.take() {
        None => Ok(()),
        Some(supported) => {
            c.unknown.sort();
            c.unknown.dedup();
            Err(Fault::Unsupported { names: std::mem::take(&mut c.unknown), supported })
        }
    });
    Validated { secrets: c.secrets, warnings: c.warnings, params, outcome }
}

struct Checker<'a> {
    env: &'a dyn Env,
    secrets: crate::Secrets,
    warnings: Vec<String>,
    unknown: Vec<String>,
    supported: Option<String>,
    path: Vec<String>,
}

impl Checker<'_> {
    fn check(&mut self, spec: &ArgumentSpec, p: &mut Params) -> Result<(), Fault> {
        for o in spec.options.iter().filter(|o| !p.contains_key(&o.name)).collect::<Vec<_>>() {
            let Some(v) = o.env.iter().find_map(|n| self.env.get(n)).map(Value::from) else { continue };
            if o.no_log == Some(true) {
                self.secrets.add(&v)
            } // here already: an alias may replace it below
            p.insert(o.name.clone(), v);
        }
        for o in &spec.options {
            for a in &o.aliases {
                if let Some(v) = p.get(a).cloned()
                    && p.insert(o.name.clone(), v).is_some()
                {
                    let at = self.dotted();
                    self.warnings.push(format!("Both option {at}{} and its alias {at}{a} are set.", o.name));
                }
            }
        }
        self.collect_secrets(spec, p)?;
        self.note_unknown(spec, p);

        let exclusive: Vec<_> =
            spec.mutually_exclusive.iter().filter(|g| count(g, p) > 1).map(|g| g.join("|")).collect();
        if !exclusive.is_empty() {
            return self.fail(format!("parameters are mutually exclusive: {}", exclusive.join(", ")));
        }

        for o in &spec.options {
            if let Some(d) = &o.default
                && !p.contains_key(&o.name)
            {
                if o.no_log == Some(true) && !py::eq(d, &Value::Bool(false)) {
                    self.secrets.add(d)
                }
                p.insert(o.name.clone(), d.clone());
            }
        }
        let mut missing: Vec<_> = spec
            .options
            .iter()
            .filter(|o| o.required && !p.contains_key(&o.name))
            .map(|o| o.name.as_str())
            .collect();
        missing.sort_unstable();
        if !missing.is_empty() {
            return self.fail(format!("missing required arguments: {}", missing.join(", ")));
        }

        for o in &spec.options {
            self.check_type(o, p)?
        }
        for o in &spec.options {
            self.check_choices(o, p)?
        }
        self.check_rules(spec, p)?;
        for o in &spec.options {
            if !p.contains_key(&o.name) {
                p.insert(o.name.clone(), Value::Null);
            }
        }
        for o in &spec.options {
            self.check_suboptions(o, p)?
        }
        Ok(())
    }

    fn collect_secrets(&mut self, spec: &ArgumentSpec, p: &Params) -> Result<(), Fault> {
        for o in &spec.options {
            let Some(v) = p.get(&o.name) else { continue };
            if o.no_log == Some(true) && !py::eq(v, &Value::Bool(false)) {
                self.secrets.add(v)
            } // a bare 0 is no secret, or it would spoil every number
            let (Some(sub), false) = (&o.options, v.is_null()) else { continue };
            for one in if let Value::Array(a) = v { a.as_slice() } else { std::slice::from_ref(v) } {
                let parsed;
                let one = if one.is_string() {
                    parsed = dict(one.clone())?;
                    &parsed
                } else {
                    one
                };
                match one {
                    Value::Object(m) => self.collect_secrets(sub, m)?,
                    other => {
                        return Err(format!(
                            "Value '{}' in the sub parameter field '{}' must be a {}, not '{}'",
                            py::str_of(other),
                            o.name,
                            o.ty.name(),
                            py::type_name(other)
                        )
                        .into());
                    }
                }
            }
        }
        Ok(())
    }

    fn note_unknown(&mut self, spec: &ArgumentSpec, p: &Params) {
        for k in p.keys() {
            if spec.options.iter().any(|o| o.name == *k || o.aliases.contains(k)) {
                continue;
            }
            self.unknown.push(self.path.iter().chain([k]).map(String::as_str).collect::<Vec<_>>().join("."));
            self.supported.get_or_insert_with(|| {
                let mut names: Vec<_> = spec.options.iter().map(|o| o.name.as_str()).collect();
                let mut aliases: Vec<_> =
                    spec.options.iter().flat_map(|o| &o.aliases).map(String::as_str).collect();
                names.sort_unstable();
                aliases.sort_unstable();
                names.join(", ")
                    + &if aliases.is_empty() { String::new() } else { format!(" ({})", aliases.join(", ")) }
            });
        }
    }

    fn check_type(&mut self, o: &Opt, p: &mut Params) -> Result<(), Fault> {
        let Some(slot) = p.get_mut(&o.name) else { return Ok(()) };
        if slot.is_null() && !o.required && o.default.is_none() {
            return Ok(());
        }
        let given = py::type_name(slot);
        let found = if self.path.is_empty() {
            String::new()
        } else {
            format!(" found in '{}'", self.path.join(" -> "))
        };
        let value = coerce(o.ty, slot.take(), self.env).map_err(|e| {
            let dot = if found.is_empty() { "" } else { "." };
            format!(
                "argument '{}' is of type {given}{found}{dot} and we were unable to convert to {}: {e}",
                o.name,
                o.ty.name()
            )
        })?;
        *slot = match (o.elements, value) {
            (Some(el), Value::Array(items)) => items.into_iter().map(|v| {
                let given = py::type_name(&v);
                coerce(el, v, self.env).map_err(|e| format!("Elements value for option '{}'{found} is of type {given} and we were unable to convert to {}: {e}", o.name, el.name()))
            }).collect::<Result<Vec<_>, _>>()?.into(),
            (_, v) => v,
        };
        Ok(())
    }

    fn check_choices(&mut self, o: &Opt, p: &mut Params) -> Result<(), Fault> {
        let Some(slot) = p.get_mut(&o.name).filter(|_| !o.choices.is_empty()) else { return Ok(()) };
        let allowed = |v: &Value| o.choices.iter().any(|c| py::eq(&c.value, v));
        let all = || o.choices.iter().map(|c| py::str_of(&c.value)).collect::<Vec<_>>().join(", ");
        if let Value::Array(items) = slot {
            let bad: Vec<_> = items.iter().filter(|v| !allowed(v)).map(py::str_of).collect();
            if bad.is_empty() {
                return Ok(());
            }
            let (all, bad) = (all(), bad.join(", "));
            return self
                .fail(format!("value of {} must be one or more of: {all}. Got no match for: {bad}", o.name));
        }
        if allowed(slot) {
            return Ok(());
        }
        // YAML made a bool of a choice such as `yes`: back to the one choice with that meaning
        let (truth, words): (_, &[&str]) = match slot.as_str() {
            Some("True") => (true, &["y", "yes", "on", "1", "true", "t"]),
            Some("False") => (false, &["n", "no", "off", "0", "false", "f"]),
            _ => (false, &[]),
        };
        let meant: Vec<_> = o
            .choices
            .iter()
            .filter(|c| {
                !words.is_empty()
                    && c.value
                        .as_str()
                        .map_or_else(|| py::eq(&c.value, &truth.into()), |s| words.contains(&s))
            })
            .collect();
        if let [one] = meant[..] {
            *slot = one.value.clone();
            return Ok(());
        }
        let got = py::str_of(slot);
        self.fail(format!("value of {} must be one of: {}, got: {got}", o.name, all()))
    }

    fn check_rules(&self, spec: &ArgumentSpec, p: &Params) -> Result<(), Fault> {
        let given = |n: &String| p.contains_key(n);
        if let Some(g) = spec.required_together.iter().find(|g| (1..g.len()).contains(&count(g, p))) {
            return self.fail(format!("parameters are required together: {}", g.join(", ")));
        }
        if let Some(g) = spec.required_one_of.iter().find(|g| count(g, p) == 0) {
            return self.fail(format!("one of the following is required: {}", g.join(", ")));
        }
        for r in spec.required_if.iter().filter(|r| p.get(&r.key).is_some_and(|v| py::eq(v, &r.is))) {
            let missing: Vec<_> = r.then.iter().filter(|n| !given(n)).map(String::as_str).collect();
            if missing.is_empty() || (r.any && missing.len() < r.then.len()) {
                continue;
            }
            return self.fail(format!(
                "{} is {} but {} of the following are missing: {}",
                r.key,
                py::str_of(&r.is),
                if r.any { "any" } else { "all" },
                missing.join(", ")
            ));
        }
        let set = |n: &String| p.get(n).is_some_and(|v| !v.is_null());
        for (key, needs) in spec.required_by.iter().filter(|(k, _)| set(k)) {
            let missing: Vec<_> = needs.iter().filter(|n| !set(n)).map(String::as_str).collect();
            if !missing.is_empty() {
                return self.fail(format!("missing parameter(s) required by '{key}': {}", missing.join(", ")));
            }
        }
        Ok(())
    }

    fn check_suboptions(&mut self, o: &Opt, p: &mut Params) -> Result<(), Fault> {
        let Some(sub) = &o.options else { return Ok(()) };
        if !(o.ty == Type::Dict || (o.ty == Type::List && o.elements == Some(Type::Dict))) {
            return Ok(());
        }
        let Some(slot) = p.get_mut(&o.name) else { return Ok(()) };
        if slot.is_null() {
            if o.apply_defaults { *slot = Value::Object(Map::new()) } else { return Ok(()) }
        }
        self.path.push(o.name.clone());
        for one in if let Value::Array(a) = slot { a.as_mut_slice() } else { std::slice::from_mut(slot) } {
            match one {
                Value::Object(m) => self.check(sub, m)?,
                _ => {
                    return Err(format!("value of '{}' must be of type dict or list of dicts", o.name).into());
                }
            }
        }
        self.path.pop();
        Ok(())
    }

    fn fail<T>(&self, msg: String) -> Result<T, Fault> {
        Err(Fault::Invalid(if self.path.is_empty() {
            msg
        } else {
            format!("{msg} found in {}", self.path.join(" -> "))
        }))
    }
    fn dotted(&self) -> String {
        self.path.iter().map(|p| format!("{p}.")).collect()
    }
}

fn count(group: &[String], p: &Params) -> usize {
    group.iter().filter(|n| p.contains_key(*n)).count()
}
