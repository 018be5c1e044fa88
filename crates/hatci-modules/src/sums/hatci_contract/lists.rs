//! The assumptions about lists, of which only that of the vehicles is part of every server.
use super::{
    assumption::Topic,
    check::{Check, why},
    finding::Finding,
    shape::Shape,
    shown::brief,
};
use hatci_client::{ListOf, RecordedAnswer, Vin};
use serde_json::{Map, Value};

/// Whether the server lists its vehicles.
pub(super) fn vehicles(check: &mut Check) -> bool {
    let seen = check.see(|client| client.list(ListOf::Vehicles, None));
    let first = seen.answers.iter().find(|answer| is_good(answer)).cloned().unwrap_or_default();
    let (vehicles, paging) = match &seen.result {
        Ok(found) => {
            let lacks = |name: &str| found.objects.iter().any(|vehicle| !vehicle.contains_key(name));
            let shown = brief(&first);
            let vehicles = if lacks("vin") {
                Finding::differs(shown, "vehicles are found by `vin`")
            } else if lacks("id") {
                Finding::differs(shown, "`vehicle_id` is the `id` of a vehicle")
            } else if first.text.trim_start().starts_with('{') {
                Finding::copes(shown, "the list is taken from the object")
            } else {
                Finding::as_assumed(shown)
            };
            (vehicles, of_pages(found.is_cut, &seen.answers, &first))
        }
        Err(error) if seen.is_not_offered() => (
            Finding::copes(seen.brief(), "vehicles are not checked in advance"),
            Finding::not_tried(why(error)),
        ),
        Err(error) => {
            let otherwise = || Finding::differs(seen.brief(), "hatci_info warns that it can't read the list");
            let vehicles = seen.says_nothing().unwrap_or_else(otherwise);
            (vehicles, Finding::not_tried(why(error)))
        }
    };
    check.note(Topic::Vehicles, vehicles);
    check.note(Topic::Paging, paging);
    seen.result.is_ok()
}

fn of_pages(is_cut: bool, answers: &[RecordedAnswer], first: &RecordedAnswer) -> Finding {
    let pages = answers.iter().filter(|answer| is_good(answer)).count();
    let link = if first.header("link").is_some() { " by the header Link" } else { "" };
    let beside = match serde_json::from_str(&first.text) {
        Ok(shape @ Shape::Object { .. }) => format!(", {shape}"),
        _ => String::new(),
    };
    match (is_cut, pages) {
        (true, _) => Finding::differs(
            format!("pages read: {pages}{beside}, and there are more"),
            "the rest of a list is missing, with only a warning",
        ),
        (false, 2..) => Finding::copes(format!("{pages} pages{link}{beside}"), "all pages are read"),
        (false, _) => Finding::as_assumed("one page"),
    }
}

fn is_good(answer: &RecordedAnswer) -> bool {
    (200..300).contains(&answer.status)
}

/// A list that only some servers have.
pub(super) fn list(check: &mut Check, of: ListOf, vin: Option<&Vin>) -> Finding {
    let seen = check.see(|client| client.first_page(of, vin.map(Vin::as_str)));
    match &seen.result {
        Ok(found) => {
            let of_others = |vin: &Vin| {
                let shows_other = |object: &Map<String, Value>| {
                    object
                        .get("vin")
                        .and_then(Value::as_str)
                        .is_some_and(|it| !it.eq_ignore_ascii_case(vin.as_str()))
                };
                found.objects.iter().any(shows_other)
            };
            let shown = format!("offered: {}", seen.brief());
            match vin {
                Some(vin) if of_others(vin) => {
                    Finding::copes(format!("{shown}; `?vin=` is ignored"), "the others are left out")
                }
                _ => Finding::as_assumed(shown),
            }
        }
        Err(_) if seen.is_not_offered() => {
            Finding::copes(format!("not offered ({})", seen.status()), "nothing depends on it but listing")
        }
        Err(_) => {
            let otherwise = || Finding::differs(seen.brief(), "the list can't be read");
            seen.says_nothing().unwrap_or_else(otherwise)
        }
    }
}
