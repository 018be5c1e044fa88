//! What to write for an option that takes a list or a dict and was given something else: `AnsibleModule` names the types of Python alone.
use crate::{
    NoEnv,
    coerce::coerce,
    spec::{ArgumentSpec, Opt, Type},
};
use serde_json::{Map, Value};

/// What to write, for the first option that takes a list or a dict and was given what is none.
pub(crate) fn remedy(spec: &ArgumentSpec, params: &Map<String, Value>) -> Option<String> {
    let is_wrong = |option: &&Opt| params.get(&option.name).is_some_and(|value| is_unfit(option, value));
    let option = spec.options.iter().find(is_wrong)?;
    let name = &option.name;
    if option.ty == Type::Dict {
        return Some(format!(
            "{name} takes a dict, or the JSON text of one, such as {{\"key\": \"value\"}}."
        ));
    }
    let Some(suboptions) = option.suboptions() else {
        return Some(format!("{name} takes a list, or text in which commas separate its elements."));
    };
    let example: Map<_, _> = suboptions
        .options
        .iter()
        .filter(|one| one.required)
        .map(|one| (one.name.clone(), "...".into()))
        .collect();
    Some(format!(
        "{name} takes a list of dicts, or the JSON text of one, such as [{}].",
        Value::from(example)
    ))
}

/// Whether this is no list, or none of dicts where it takes these; or no dict. Other text that holds none is a list of its parts.
fn is_unfit(option: &Opt, value: &Value) -> bool {
    let takes_dicts = option.suboptions().is_some();
    match (option.ty, value) {
        (Type::List | Type::Dict, Value::Null) => false,
        (Type::List, Value::Array(elements)) => {
            takes_dicts && !elements.iter().all(|element| element.is_object() || element.is_string())
        }
        (Type::List, Value::Object(_)) => true,
        (Type::List, _) => takes_dicts,
        (Type::Dict, value) => coerce(Type::Dict, value, &NoEnv).is_err(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec() -> ArgumentSpec {
        let name = Opt { name: "name".into(), required: true, ..Opt::default() };
        let ecus = Opt {
            name: "ecus".into(),
            ty: Type::List,
            elements: Some(Type::Dict),
            options: Some(ArgumentSpec { options: vec![name], ..ArgumentSpec::default() }),
            ..Opt::default()
        };
        let urls = Opt { name: "urls".into(), ty: Type::List, elements: Some(Type::Str), ..Opt::default() };
        let tags = Opt { name: "tags".into(), ty: Type::Dict, ..Opt::default() };
        ArgumentSpec { options: vec![ecus, urls, tags], ..ArgumentSpec::default() }
    }

    #[test]
    fn who_gave_something_else_is_told_what_to_write() {
        let given = |value| Map::from_iter([("ecus".to_owned(), value)]);
        for value in [json!("Gateway 2.0.0"), json!({ "name": "x" }), json!([["x"]]), json!([1]), json!(true)]
        {
            let told = remedy(&spec(), &given(value)).unwrap();
            assert_eq!(
                told,
                r#"ecus takes a list of dicts, or the JSON text of one, such as [{"name":"..."}]."#
            );
        }
        for value in [json!([{}]), json!(null), json!(["name=x"])] {
            assert_eq!(remedy(&spec(), &given(value)), None);
        }
        for value in [json!("a: 1"), json!("{"), json!([1]), json!(7)] {
            let told = remedy(&spec(), &Map::from_iter([("tags".to_owned(), value)])).unwrap();
            assert_eq!(told, r#"tags takes a dict, or the JSON text of one, such as {"key": "value"}."#);
        }
        for value in [json!({}), json!(null), json!("{}"), json!("a=1")] {
            assert_eq!(remedy(&spec(), &Map::from_iter([("tags".to_owned(), value)])), None);
        }
        let urls = Map::from_iter([("urls".to_owned(), json!({ "a": "https://a" }))]);
        let told = remedy(&spec(), &urls).unwrap();
        assert_eq!(told, "urls takes a list, or text in which commas separate its elements.");
    }
}
