//! Texts that YAML has made something else of: it reads a bare `NO` as false, and drops the zero of a bare `2024.10`.
use crate::{
    python as py,
    spec::{ArgumentSpec, Opt, Type},
};
use serde_json::{Map, Value};

/// A sentence for each option that takes text, and was given a bool or a number with a fraction. The value goes on as text all the same.
pub(crate) fn warnings(spec: &ArgumentSpec, args: &Map<String, Value>) -> Vec<String> {
    let mut found = vec![];
    collect("", spec, args, &mut found);
    found
}

fn collect(outer: &str, spec: &ArgumentSpec, args: &Map<String, Value>, found: &mut Vec<String>) {
    for option in spec.options.iter().filter(|option| option.choices.is_empty()) {
        for name in std::iter::once(&option.name).chain(&option.aliases) {
            let Some(value) = args.get(name) else { continue };
            let name = format!("{outer}{name}");
            if let Some(suboptions) = &option.options {
                let dicts = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                for (at, dict) in dicts.iter().enumerate() {
                    let within = if value.is_array() { format!("{name}[{at}].") } else { format!("{name}.") };
                    dict.as_object().into_iter().for_each(|dict| collect(&within, suboptions, dict, found));
                }
            } else if is_text(option) {
                let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                found.extend(values.iter().find_map(|value| warning(&name, option, value)));
            }
        }
    }
}

fn is_text(option: &Opt) -> bool {
    option.ty == Type::Str || option.ty == Type::List && option.elements == Some(Type::Str)
}

fn warning(name: &str, option: &Opt, value: &Value) -> Option<String> {
    let what = match value {
        Value::Bool(_) => "a bool",
        Value::Number(number) if !py::is_int(number) => "a number",
        _ => return None,
    };
    let as_text =
        if option.is_secret() { String::new() } else { format!(", and is used as {:?}", py::str_of(value)) };
    Some(format!(
        "{name} is {what}{as_text}. If the value was written otherwise, such as NO or 2024.10, quote it: {name}: \"NO\"."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_bool_and_a_fraction_are_warned_of_wherever_text_is_taken_and_nothing_else() {
        let text = |name: &str| Opt { name: name.into(), ..Opt::default() };
        let dict = |options| Some(ArgumentSpec { options, ..ArgumentSpec::default() });
        let ecus = Opt {
            ty: Type::List,
            elements: Some(Type::Dict),
            options: dict(vec![text("version")]),
            ..text("ecus")
        };
        let urls = Opt { ty: Type::List, elements: Some(Type::Str), ..text("urls") };
        let flag = Opt { ty: Type::Bool, ..text("flag") };
        let options = vec![text("region"), text("level"), text("year"), ecus, urls, flag];
        let spec = ArgumentSpec { options, ..ArgumentSpec::default() };
        let args = json!({
            "region": false, "level": 2024.1, "year": 2024, "flag": true, "urls": ["x", 1.5], "ecus": [{"version": "1.0"}, {"version": 1.1}],
        });
        let found = warnings(&spec, args.as_object().unwrap());
        let names: Vec<_> = found.iter().map(|text| text.split(' ').next().unwrap_or_default()).collect();
        assert_eq!(names, ["region", "level", "ecus[1].version", "urls"]);
        assert!(found[0].contains("\"False\"") && found[1].contains("\"2024.1\""), "{found:?}");
    }
}
