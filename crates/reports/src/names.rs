//! Names for the vehicles of a report that tell them apart: readers of `JUnit` XML take two cases with one name for one.
use crate::{Report, Vehicle, text};
use std::collections::HashMap;

impl Report {
    /// The host of each vehicle; where that is not the only one, also the VIN, then the test event, and at last a number.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.vehicles.iter().map(|it| Name::of(&it.host)).collect();
        let details: [fn(&Vehicle) -> Option<&str>; 2] =
            [|it| it.vin.as_deref(), |it| it.test_event_id.as_deref()];
        for detail in details {
            let counts = counts(&names);
            for (name, vehicle) in names.iter_mut().zip(&self.vehicles) {
                if counts[&name.words()] > 1 {
                    name.details.extend(detail(vehicle).map(text::line));
                }
            }
        }
        let mut known = HashMap::new();
        for name in &mut names {
            let before = known.entry(name.words()).or_insert(0);
            *before += 1;
            if *before > 1 {
                name.details.push(before.to_string());
            }
        }
        names.iter().map(Name::words).collect()
    }
}

struct Name {
    host: String,
    details: Vec<String>,
}

impl Name {
    fn of(host: &str) -> Self {
        Name { host: text::line(host), details: vec![] }
    }

    fn words(&self) -> String {
        match &self.details[..] {
            [] => self.host.clone(),
            details => format!("{} ({})", self.host, details.join(", ")),
        }
    }
}

fn counts(names: &[Name]) -> HashMap<String, usize> {
    names.iter().fold(HashMap::new(), |mut counts, name| {
        *counts.entry(name.words()).or_default() += 1;
        counts
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Verdict;

    #[test]
    fn a_name_has_what_tells_it_from_the_others() {
        let vehicle = |host: &str, vin: &str, test_event: &str| {
            let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            let (vin, test_event_id) = (given(vin), given(test_event));
            Vehicle { vin, test_event_id, ..Vehicle::new(host, Verdict::Pass) }
        };
        let vehicles = vec![
            vehicle("car1", "V1", "T1"),
            vehicle("localhost", "V2", "T2"),
            vehicle("localhost", "V3", "T3"),
            vehicle("localhost", "V3", "T4"),
            vehicle("localhost", "", ""),
            vehicle("localhost", "", ""),
        ];
        assert_eq!(
            Report { vehicles, ..Report::new("x") }.names(),
            [
                "car1",
                "localhost (V2)",
                "localhost (V3, T3)",
                "localhost (V3, T4)",
                "localhost",
                "localhost (2)"
            ]
        );
    }
}
