//! The strict models of parameters: no unknown field, no text for a number, no number for a flag.
use super::{
    options::Release,
    refused::{Complaint, EINVAL, Refused},
};
use serde_json::{Map, Value};

/// What a field may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    MaybeInteger,
    MaybeText,
    Flag,
    List,
    OneOf(&'static [&'static str]),
}

/// A field: name, kind, and whether it must be given.
pub(crate) type Field = (&'static str, Kind, bool);

/// Checks an object; `argument` is what its attributes are called after.
pub(crate) fn check(
    release: Release,
    argument: &str,
    fields: &[Field],
    body: &Value,
) -> Result<Map<String, Value>, Refused> {
    let words =
        |old: &str, new: &str| if release == Release::V24_10 { old.to_owned() } else { new.to_owned() };
    let Value::Object(body) = body else {
        return Err(Refused::invalid(
            argument,
            words("A dict was expected", "Input should be a valid dictionary"),
        ));
    };
    let mut complaints: Vec<Complaint> = Vec::new();
    let mut complain =
        |name: &str, text: String| complaints.push((Some(format!("{argument}.{name}")), text, EINVAL));
    for (name, value) in body {
        let Some((_, kind, _)) = fields.iter().find(|(known, ..)| known == name) else {
            complain(name, words("Field was not expected", "Extra inputs are not permitted"));
            continue;
        };
        if let Some((old, new)) = wrong(*kind, value) {
            complain(name, words(old, new));
        }
    }
    for (name, ..) in fields.iter().filter(|(name, _, required)| *required && !body.contains_key(*name)) {
        complain(name, words("attribute required", "Field required"));
    }
    if complaints.is_empty() { Ok(body.clone()) } else { Err(Refused::Invalid(complaints)) }
}

fn wrong(kind: Kind, value: &Value) -> Option<(&'static str, &'static str)> {
    let null = ("null not allowed", "Input should not be null");
    match kind {
        Kind::MaybeInteger | Kind::MaybeText if value.is_null() => None,
        _ if value.is_null() => Some(null),
        Kind::Text | Kind::MaybeText => {
            (!value.is_string()).then_some(("Not a string", "Input should be a valid string"))
        }
        Kind::Integer | Kind::MaybeInteger => {
            (!value.is_u64()).then_some(("Not an integer", "Input should be a valid integer"))
        }
        Kind::Flag => (!value.is_boolean()).then_some(("Not a boolean", "Input should be a valid boolean")),
        Kind::List => (!value.is_array()).then_some(("Not a list", "Input should be a valid list")),
        Kind::OneOf(choices) => {
            let known = value.as_str().is_some_and(|text| choices.contains(&text));
            (!known).then_some(("Invalid choice", "Input should be one of the choices"))
        }
    }
}

/// The flag at this place of the parameters; false if it isn't given.
pub(crate) fn flag(params: &[Value], at: usize, name: &str) -> Result<bool, Refused> {
    match params.get(at) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(Refused::invalid(name, "Input should be a valid boolean")),
    }
}
