//! Lists that come as text: a survey of the Automation Platform knows no other type. `AnsibleModule` would part it at every comma, and
//! not at the ends of lines, which a text area has.
use crate::{
    python as py,
    spec::{ArgumentSpec, Opt, Type},
};
use serde_json::{Map, Value};

/// Puts the list in the place of its text, for every option that takes a list: text that begins with `[` and is JSON, or what
/// Python writes for a list; or text of several lines, unless the option takes dicts.
pub(crate) fn read(spec: &ArgumentSpec, args: &mut Map<String, Value>) {
    for option in spec.options.iter().filter(|option| option.ty == Type::List) {
        for name in std::iter::once(&option.name).chain(&option.aliases) {
            if let Some(value) = args.get_mut(name)
                && let Some(list) = value.as_str().and_then(|text| {
                    list_in(text).or_else(|| lines_in(text).filter(|_| option.suboptions().is_none()))
                })
            {
                *value = list;
            }
        }
    }
}

fn list_in(text: &str) -> Option<Value> {
    let text = text.trim();
    if !text.starts_with('[') {
        return None;
    }
    let read = serde_json::from_str(text).ok().or_else(|| py::literal_eval(text));
    read.filter(Value::is_array)
}

/// What stands in several lines, where line breaks separate as commas do. None for one line, which is left to Ansible's rules.
fn lines_in(text: &str) -> Option<Value> {
    let is_json = text.trim_start().starts_with(['[', '{']);
    let parts = text.split(['\n', ',']).map(str::trim).filter(|part| !part.is_empty());
    (text.contains('\n') && !is_json).then(|| parts.collect())
}

/// What to write instead, for the options that take a list and were given what is none.
pub(crate) fn remedy(spec: &ArgumentSpec, params: &Map<String, Value>) -> Option<String> {
    let lists = spec.options.iter().filter(|option| option.ty == Type::List);
    let mut wrong =
        lists.filter(|option| params.get(&option.name).is_some_and(|value| is_unfit(option, value)));
    let option = wrong.next()?;
    let name = &option.name;
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

/// Whether this is no list, or one of something else than dicts where it takes these. Text that holds none is split at its commas.
fn is_unfit(option: &Opt, value: &Value) -> bool {
    let takes_dicts = option.suboptions().is_some();
    match value {
        Value::Null => false,
        Value::Array(elements) => {
            takes_dicts && !elements.iter().all(|element| element.is_object() || element.is_string())
        }
        Value::Object(_) => true,
        _ => takes_dicts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec() -> ArgumentSpec {
        let name = Opt { name: "name".into(), required: true, ..Opt::default() };
        let of_dicts = Opt {
            name: "ecus".into(),
            aliases: vec!["units".into()],
            ty: Type::List,
            elements: Some(Type::Dict),
            options: Some(ArgumentSpec { options: vec![name], ..ArgumentSpec::default() }),
            ..Opt::default()
        };
        let of_text =
            Opt { name: "urls".into(), ty: Type::List, elements: Some(Type::Str), ..Opt::default() };
        let text = Opt { name: "text".into(), ..Opt::default() };
        ArgumentSpec { options: vec![of_dicts, of_text, text], ..ArgumentSpec::default() }
    }

    fn read_into(args: Value) -> Value {
        let Value::Object(mut args) = args else { panic!("no dict") };
        read(&spec(), &mut args);
        args.into()
    }

    #[test]
    fn json_and_python_text_of_a_list_becomes_that_list() {
        let list = json!([{ "name": "a, b" }]);
        assert_eq!(read_into(json!({ "ecus": " [{\"name\": \"a, b\"}]\n" })), json!({ "ecus": list }));
        assert_eq!(read_into(json!({ "units": "[{'name': 'a, b'}]" })), json!({ "units": list }));
        assert_eq!(read_into(json!({ "urls": "[\"https://a\"]" })), json!({ "urls": ["https://a"] }));
        assert_eq!(read_into(json!({ "urls": "[]" })), json!({ "urls": [] }));
    }

    #[test]
    fn line_breaks_separate_as_commas_do() {
        let urls = json!({ "urls": ["https://a/1", "https://a/2", "https://a/3"] });
        assert_eq!(read_into(json!({ "urls": "https://a/1\r\nhttps://a/2\n\n https://a/3 ,\n" })), urls);
        assert_eq!(read_into(json!({ "urls": "https://a/1\n" })), json!({ "urls": ["https://a/1"] }));
        for args in [json!({ "text": "a\nb" }), json!({ "ecus": "a\nb" }), json!({ "urls": "[\na" })] {
            assert_eq!(read_into(args.clone()), args);
        }
    }

    #[test]
    fn all_else_is_left_to_ansibles_rules() {
        for args in [
            json!({ "urls": "a,b" }),
            json!({ "urls": "[a" }),
            json!({ "urls": ["[1]"] }),
            json!({ "text": "[1]" }),
        ] {
            assert_eq!(read_into(args.clone()), args);
        }
    }

    #[test]
    fn who_gave_other_text_is_told_what_to_write() {
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
        let urls = Map::from_iter([("urls".to_owned(), json!({ "a": "https://a" }))]);
        let told = remedy(&spec(), &urls).unwrap();
        assert_eq!(told, "urls takes a list, or text in which commas separate its elements.");
    }
}
