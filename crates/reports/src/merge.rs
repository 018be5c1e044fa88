//! Makes one report of several, such as those of the slices of a job. No test of a vehicle gets lost on the way.
use crate::{Report, Vehicle, Verdict, text};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

impl Report {
    /// Adds other reports. Each test of each vehicle is a row, and a vehicle is known by its host and its VIN. Of one test in several, and
    /// of a test and the one that repeats it, the later counts, and a note says so.
    pub fn merge(&mut self, others: impl IntoIterator<Item = Report>) {
        let mut rows = Rows::of(&mut self.vehicles);
        let mut seen: HashSet<_> = self.notes.iter().cloned().collect();
        for other in others {
            self.ara_url = self.ara_url.take().or(other.ara_url);
            self.job_url = self.job_url.take().or(other.job_url);
            self.run = self.run.take().or(other.run);
            let fresh = other.notes.into_iter().filter(|note| seen.insert(note.clone()));
            self.notes.extend(fresh);
            for vehicle in other.vehicles {
                let (counts, earlier) = rows.add(vehicle, false);
                let told = earlier.iter().filter(|it| !it.is_placeholder());
                self.notes.extend(told.map(|earlier| note(&counts, earlier)));
            }
        }
        self.vehicles = rows.into_vehicles();
    }

    /// Adds these vehicles, which are news: each takes the place of what was known of the same test.
    pub fn replace(&mut self, vehicles: impl IntoIterator<Item = Vehicle>) {
        let mut rows = Rows::of(&mut self.vehicles);
        for vehicle in vehicles {
            rows.add(vehicle, true);
        }
        self.vehicles = rows.into_vehicles();
    }

    /// Shows each of these hosts: one of which nothing is known is without a verdict.
    pub fn expect<'a>(&mut self, hosts: impl IntoIterator<Item = &'a str>) {
        self.replace(hosts.into_iter().map(Vehicle::without_verdict).collect::<Vec<_>>());
    }
}

/// The rows of a report, with those that gave way: a test is known to be repeated also if the one that repeats it was itself repeated.
struct Rows {
    rows: Vec<Row>,
    of_host: HashMap<String, Vec<usize>>,
}

struct Row {
    vehicle: Vehicle,
    /// What it gave way to.
    better: Option<usize>,
    /// Where it stands.
    place: usize,
}

impl Rows {
    fn of(vehicles: &mut Vec<Vehicle>) -> Self {
        let mut rows = Rows { rows: vec![], of_host: HashMap::new() };
        for vehicle in vehicles.drain(..) {
            rows.push(vehicle, None, None);
        }
        rows
    }

    /// Adds this one, unless it is known. Returns what counts now, and all that gave way to it.
    fn add(&mut self, fresh: Vehicle, is_news: bool) -> (Vehicle, Vec<Vehicle>) {
        let (mut beaten, mut better) = (vec![], None);
        for &at in self.of_host.get(&fresh.host).into_iter().flatten() {
            let known = &self.rows[at];
            if known.vehicle == fresh {
                return (fresh, vec![]);
            }
            if known.better.is_none() && fresh.takes_the_place_of(&known.vehicle, is_news) {
                beaten.push(at);
            } else if known.vehicle.takes_the_place_of(&fresh, false) {
                better = Some(self.counting(at));
            }
        }
        // Tests that name each other in a circle would have no end.
        let better = better.filter(|at| !beaten.contains(at));
        let place = beaten.first().map(|at| self.rows[*at].place);
        let fresh_at = self.push(fresh.clone(), better, place);
        for at in &beaten {
            self.rows[*at].better = Some(fresh_at);
        }
        let mut earlier: Vec<_> = beaten.into_iter().map(|at| self.rows[at].vehicle.clone()).collect();
        let counts = self.rows[self.counting(fresh_at)].vehicle.clone();
        if better.is_some() {
            earlier.push(fresh);
        }
        (counts, earlier)
    }

    fn push(&mut self, vehicle: Vehicle, better: Option<usize>, place: Option<usize>) -> usize {
        let at = self.rows.len();
        self.of_host.entry(vehicle.host.clone()).or_default().push(at);
        self.rows.push(Row { vehicle, better, place: place.unwrap_or(at) });
        at
    }

    /// What counts in the place of this one.
    fn counting(&self, mut at: usize) -> usize {
        while let Some(better) = self.rows[at].better {
            at = better;
        }
        at
    }

    fn into_vehicles(mut self) -> Vec<Vehicle> {
        self.rows.retain(|row| row.better.is_none());
        self.rows.sort_by_key(|row| row.place);
        self.rows.into_iter().map(|row| row.vehicle).collect()
    }
}

impl Vehicle {
    /// Whether this is about the same test as the other and counts more, or about a test that repeats the other's. `is_news`: this was
    /// found out later.
    fn takes_the_place_of(&self, other: &Vehicle, is_news: bool) -> bool {
        let is = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        let is_later = || is_news || self.age() >= other.age();
        let are_two = self.vin.is_some() && other.vin.is_some() && self.vin != other.vin;
        if other.is_placeholder() {
            !self.is_placeholder()
        } else if self.is_placeholder() || are_two {
            false
        } else if is(&self.test_event_id, &other.test_event_id) {
            is_later()
        } else if is(&self.previous_test_event_id, &other.test_event_id) {
            // What kept a test from being repeated is none of the first one's business.
            self.has_verdict() || !other.has_verdict()
        } else {
            let may_be_one = self.test_event_id.is_none() || other.test_event_id.is_none();
            // A vehicle that was not begun may be begun later in the same run.
            let is_open = other.status == Verdict::Running && is_later()
                || is_news && !other.has_verdict() && other.finished.is_none();
            may_be_one && self.vin == other.vin && is_open
        }
    }

    fn has_verdict(&self) -> bool {
        matches!(self.status, Verdict::Pass | Verdict::Fail)
    }

    /// What decides between two reports on one test.
    fn age(&self) -> (bool, Option<Timestamp>) {
        (self.status != Verdict::Running, self.finished)
    }
}

fn note(counts: &Vehicle, earlier: &Vehicle) -> String {
    let vin = counts.vin.as_ref().map(|vin| format!(" ({})", text::line(vin))).unwrap_or_default();
    format!(
        "{}{vin} is in several reports. This one shows its last test ({}), not an earlier one ({}).",
        text::line(&counts.host),
        counts.status.words(),
        earlier.status.words()
    )
}

#[cfg(test)]
mod tests;
