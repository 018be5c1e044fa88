//! Lists that come as text: a survey of the Automation Platform knows no other type. `AnsibleModule` would part it at every comma, and
//! not at the ends of lines, which a text area has.
use crate::{
    python as py,
    spec::{ArgumentSpec, Type},
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Opt;
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
}
