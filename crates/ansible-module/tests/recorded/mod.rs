//! Rows that were recorded from `AnsibleModule`: their argument specs, their environment, and how answers compare.
use ansible_module::{
    ArgumentSpec, Choice, DeprecatedAlias, Env, Fault, Opt, Removal, RemovedIn, RequiredIf, Type, Validated,
    validate,
};
use serde_json::{Map, Value};

/// The environment that a row names. Only a home directory that it does not name is that of whoever runs the test.
pub(crate) struct RowEnv<'a>(pub(crate) &'a Value);

impl Env for RowEnv<'_> {
    fn get(&self, name: &str) -> Option<String> {
        match self.0.get(name) {
            Some(value) => Some(value.as_str().expect("variables are text").into()),
            None if name == "HOME" => std::env::var(name).ok(),
            None => None,
        }
    }
}

/// Runs a row's `args` through its `spec`, with the rules in `module` and the variables in `env`.
pub(crate) fn run(row: &Value) -> Validated {
    let args = row["args"].as_object().expect("a row has args");
    let own = args.iter().filter(|(name, _)| !name.starts_with("_ansible_"));
    let own: Map<_, _> = own.map(|(name, value)| (name.clone(), value.clone())).collect();
    validate(&spec(&row["spec"], &row["module"]), own, &RowEnv(&row["env"]))
}

/// A fault as `AnsibleModule` tells it in its message. The recorder's modules are called `basic.py`.
pub(crate) fn told(fault: &Fault) -> String {
    match fault {
        Fault::Unsupported { .. } => format!("Unsupported parameters for (basic.py) module: {fault}"),
        Fault::Invalid(_) => fault.to_string(),
    }
}

/// Whether Python would call the two values equal and of the same type, whatever the order of keys.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let is_float = |text: &str| text.contains(['.', 'e', 'E']);
            let (a, b) = (a.as_str(), b.as_str());
            if is_float(a) { is_float(b) && a.parse::<f64>() == b.parse() } else { a == b }
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// An argument spec as Python writes it; `rules` holds those between its options.
pub(crate) fn spec(options: &Value, rules: &Value) -> ArgumentSpec {
    let options = options.as_object().expect("a spec is a dict");
    ArgumentSpec {
        options: options.iter().map(|(name, about)| option(name, about)).collect(),
        mutually_exclusive: groups(&rules["mutually_exclusive"]),
        required_together: groups(&rules["required_together"]),
        required_one_of: groups(&rules["required_one_of"]),
        required_if: items(&rules["required_if"]).iter().map(required_if).collect(),
        required_by: entries(&rules["required_by"])
            .map(|(key, needed)| (key.clone(), names(needed)))
            .collect(),
    }
}

fn option(name: &str, about: &Value) -> Opt {
    let ty = |key: &str| about[key].as_str().map(|ty| Type::parse(ty).expect("a type"));
    Opt {
        name: name.into(),
        ty: ty("type").unwrap_or_default(),
        elements: ty("elements"),
        required: about["required"] == true,
        default: about.get("default").filter(|default| !default.is_null()).cloned(),
        choices: items(&about["choices"]).iter().map(choice).collect(),
        aliases: names(&about["aliases"]),
        no_log: about["no_log"].as_bool(),
        // ["env", ["A", "B"]] stands for (env_fallback, ["A", "B"]).
        env: names(&about["fallback"][1]),
        options: about.get("options").map(|options| spec(options, about)),
        apply_defaults: about["apply_defaults"] == true,
        removed: removal(about, "removed_in_version", "removed_at_date", "removed_from_collection"),
        deprecated_aliases: items(&about["deprecated_aliases"]).iter().map(deprecated_alias).collect(),
        ..Opt::default()
    }
}

fn choice(value: &Value) -> Choice {
    Choice { value: value.clone(), doc: String::new() }
}

fn required_if(rule: &Value) -> RequiredIf {
    let key = rule[0].as_str().expect("a rule names an option");
    RequiredIf { key: key.into(), is: rule[1].clone(), then: names(&rule[2]), any: rule[3] == true }
}

fn deprecated_alias(about: &Value) -> DeprecatedAlias {
    let name = about["name"].as_str().expect("an alias has a name");
    let removal = removal(about, "version", "date", "collection_name").expect("it goes away at some time");
    DeprecatedAlias { name: name.into(), removal }
}

/// A date goes before a version, as in `AnsibleModule`.
fn removal(about: &Value, version: &str, date: &str, collection: &str) -> Option<Removal> {
    let text = |key: &str| about[key].as_str().map(String::from);
    let when = text(date).map(RemovedIn::Date).or_else(|| text(version).map(RemovedIn::Version))?;
    Some(Removal { when, from_collection: text(collection) })
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn groups(value: &Value) -> Vec<Vec<String>> {
    items(value).iter().map(names).collect()
}

/// A list of names, or a single one.
fn names(value: &Value) -> Vec<String> {
    let one = value.as_str().map(String::from);
    one.map_or_else(
        || items(value).iter().filter_map(|name| Some(name.as_str()?.into())).collect(),
        |one| vec![one],
    )
}
