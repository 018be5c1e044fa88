//! The parts of an outcome that `hatci_report` takes in more than one form. Each function gives none for what it can't read.
use super::links::links;
use hatci_client::text_of;
use jiff::{Timestamp, civil::DateTime, tz::Offset};
use serde_json::{Map, Value, json};

/// A list of `state` and `at`. A state that an update was never in has no time, and is left out; `untimely` hears of a time that can't be
/// read.
pub(crate) fn states(value: &Value, untimely: &dyn Fn(&Value)) -> Option<Value> {
    let state = |of: &Value| {
        let state = scalar(of.get("state")?)?;
        let at = of.get("at").cloned().unwrap_or_default();
        let read = time(&at).map(|at| json!({ "state": state, "at": at.to_string() }));
        if read.is_none() && !is_blank(&at) {
            untimely(&at);
        }
        Some(read)
    };
    let read: Vec<_> = value.as_array()?.iter().map(state).collect::<Option<_>>()?;
    Some(read.into_iter().flatten().collect())
}

/// A list of `ecu_name`, `from` and `to`, which numbers may be; a survey gives it as JSON text.
pub(crate) fn versions(value: &Value) -> Option<Value> {
    let ecu = |of: &Value| {
        let mut ecu = json!({ "ecu_name": scalar(of.get("ecu_name")?)? });
        for side in ["from", "to"] {
            if let Some(version) = of.get(side).filter(|version| !is_blank(version)) {
                ecu[side] = scalar(version)?.into();
            }
        }
        Some(ecu)
    };
    list(value)?.iter().map(ecu).collect()
}

/// Makes `ecus` of `source_ecus` and `target_ecus`, as `hatci_create_event` takes them.
pub(crate) fn software_as_events_hold_it(outcome: &mut Map<String, Value>) {
    let (source, target) =
        (software(outcome.remove("source_ecus").as_ref()), software(outcome.remove("target_ecus").as_ref()));
    let version = |ecus: &[(String, Value)], name: &str| {
        ecus.iter().find(|(known, _)| known == name).map(|(_, version)| version.clone())
    };
    let mut names: Vec<_> = target.iter().chain(&source).map(|(name, _)| name).collect();
    let mut known = std::collections::HashSet::new();
    names.retain(|name| known.insert(name.as_str()));
    let ecus = names.into_iter().map(
        |name| json!({ "ecu_name": name, "from": version(&source, name), "to": version(&target, name) }),
    );
    let ecus: Vec<_> = ecus.collect();
    if !ecus.is_empty() && !outcome.contains_key("ecus") {
        outcome.insert("ecus".into(), ecus.into());
    }
}

/// The control units of an event with their versions. A survey gives the list as JSON text.
fn software(ecus: Option<&Value>) -> Vec<(String, Value)> {
    let ecus = ecus.and_then(list).unwrap_or_default();
    let of = |ecu: &Value| Some((scalar(ecu.get("ecu_name")?)?, scalar(ecu.get("sw_version")?)?.into()));
    ecus.iter().filter_map(of).collect()
}

/// URLs, as a list or as text, in which commas and line breaks separate them.
pub(crate) fn urls(value: &Value) -> Option<Value> {
    let urls = match value {
        Value::String(text) if list(value).is_none() => links(text.split(',')),
        _ => links(&list(value)?.iter().map(text_of).collect::<Option<Vec<_>>>()?),
    };
    Some(urls.into())
}

/// Words, or a version of a package.
pub(crate) fn environment(value: &Value) -> Option<Value> {
    let Value::Object(package) = value else { return text_of(value).map(Value::from) };
    let names = ["environment", "package", "version", "digest"];
    let texts = names.into_iter().map(|name| Some((name.to_owned(), text_of(package.get(name)?)?.into())));
    texts.collect::<Option<Map<_, _>>>().map(Value::from)
}

/// A template may have made a text of the number; one that is no number is as good as none.
pub(crate) fn seconds(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => Some(text.trim().parse::<f64>().ok().into()),
        Value::Number(_) => Some(value.clone()),
        _ => None,
    }
}

/// A list, or the JSON text of one.
fn list(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(list) => Some(list.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

/// Text, or a number or a bool as Ansible makes text of it.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Bool(truth) => Some(if *truth { "True" } else { "False" }.into()),
        _ => text_of(value),
    }
}

pub(crate) fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// With its zone, or in UTC where none is given; or in seconds since 1970, also as text.
pub(crate) fn time(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    if let Some(seconds) = seconds {
        #[allow(clippy::cast_possible_truncation)] // what is out of range is no time
        let whole = Timestamp::from_millisecond((seconds * 1e3).round() as i64);
        return whole.ok().filter(|_| seconds.is_finite());
    }
    let text = value.as_str()?.trim();
    let in_utc = || text.parse::<DateTime>().ok().and_then(|at| Offset::UTC.to_timestamp(at).ok());
    text.parse().ok().or_else(in_utc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_all_usual_forms_are_read() {
        let at: Timestamp = "2026-11-20T22:00:00Z".parse().unwrap();
        for value in [
            json!("2026-11-20T22:00:00Z"),
            json!("2026-11-20T23:00:00+01:00"),
            json!(" 2026-11-20 22:00:00 "),
            json!("2026-11-20T22:00:00.000000"),
            json!(1_795_212_000),
            json!(1_795_212_000.0),
            json!("1795212000.0"),
        ] {
            assert_eq!(time(&value), Some(at), "{value}");
        }
        for value in
            [json!("soon"), json!(""), json!(null), json!([]), json!(1e300), json!("nan"), json!("22:00")]
        {
            assert_eq!(time(&value), None, "{value}");
        }
    }
}
