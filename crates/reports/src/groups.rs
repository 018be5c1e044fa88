//! What needs attention, by reason: where many vehicles fail for one reason, it is shown once.
use crate::{Report, Vehicle, Verdict, text};
use std::collections::HashMap;

/// Stands for a name or an id, where vehicles differ only in those.
const ANY: &str = "…";
/// A shorter name may be a part of any sentence.
const SHORTEST_NAME: usize = 3;

/// Vehicles with the same verdict for the same reason.
pub(crate) struct Group<'a> {
    pub(crate) verdict: Verdict,
    /// Of one vehicle as it is; of several without what is each one's own.
    pub(crate) reason: String,
    /// Each with its place in the report.
    pub(crate) vehicles: Vec<(usize, &'a Vehicle)>,
}

impl Report {
    /// All vehicles that need attention: the worst verdict first, and of one verdict the most frequent reason.
    pub(crate) fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group> = vec![];
        let mut places = HashMap::new();
        for (at, vehicle) in self.vehicles.iter().enumerate().filter(|(_, it)| it.needs_attention()) {
            let reason = without_own_names(vehicle);
            let place = *places.entry((vehicle.status, reason.clone())).or_insert_with(|| {
                groups.push(Group { verdict: vehicle.status, reason, vehicles: vec![] });
                groups.len() - 1
            });
            groups[place].vehicles.push((at, vehicle));
        }
        for group in &mut groups {
            if let [(_, only)] = group.vehicles[..] {
                group.reason = only.reason();
            }
        }
        groups.sort_by_key(|group| std::cmp::Reverse((group.verdict, group.vehicles.len())));
        groups
    }
}

fn without_own_names(vehicle: &Vehicle) -> String {
    let mut names: Vec<_> = vehicle.ids().into_iter().map(|(_, id)| id).collect();
    names.extend([Some(vehicle.host.as_str()), vehicle.vin.as_deref()].into_iter().flatten());
    names.retain(|name| name.len() >= SHORTEST_NAME);
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.into_iter().fold(vehicle.reason(), |reason, name| without(&reason, &text::clean(name)))
}

/// The text without this name, wherever it is a word of its own.
fn without(text: &str, name: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        out.push_str(before);
        let is_part = before.ends_with(is_of_word) || after.starts_with(is_of_word);
        out.push_str(if is_part { name } else { ANY });
        rest = after;
    }
    out + rest
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(host: &str, deployment: &str, summary: &str) -> Vehicle {
        Vehicle {
            summary: summary.into(),
            deployment_id: Some(deployment.into()),
            ..Vehicle::new(host, Verdict::Fail)
        }
    }

    fn told(vehicles: Vec<Vehicle>) -> Vec<(Verdict, String, usize)> {
        let report = Report { vehicles, ..Report::new("x") };
        report.groups().into_iter().map(|it| (it.verdict, it.reason, it.vehicles.len())).collect()
    }

    #[test]
    fn one_reason_of_many_vehicles_is_told_once_and_the_worst_first() {
        let groups = told(vec![
            Vehicle::new("car0", Verdict::NotTested),
            Vehicle::new("car1", Verdict::Pass),
            failed("car2", "DEP-2", "car2 has no power"),
            failed("car3", "DEP-3", "deployment DEP-3 of car3 failed: refused"),
            failed("car4", "DEP-4", "deployment DEP-4 of car4 failed: refused"),
        ]);
        assert_eq!(
            groups,
            [
                (Verdict::Fail, "deployment … of … failed: refused".into(), 2),
                (Verdict::Fail, "car2 has no power".into(), 1),
                (Verdict::NotTested, "No reason was given.".into(), 1),
            ]
        );
    }

    #[test]
    fn a_name_is_only_taken_out_where_it_is_a_whole_word() {
        assert_eq!(without("car1 car11 xcar1 car1_b (car1)", "car1"), "… car11 xcar1 car1_b (…)");
        let groups = told(vec![failed("a", "D", "a gateway"), failed("b", "E", "a gateway")]);
        assert_eq!(groups, [(Verdict::Fail, "a gateway".into(), 2)]);
    }
}
