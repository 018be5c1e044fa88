//! Makes one report of several, such as those of the slices of a job.
use crate::{Report, Vehicle, Verdict, text};
use jiff::Timestamp;
use std::collections::HashMap;

impl Report {
    /// Adds another report. Of a host in both, the test that finished last counts, and one that has finished counts more than one that
    /// has not; where the tests differ, a note says so.
    pub fn merge(&mut self, other: Report) {
        self.ara_url = self.ara_url.take().or(other.ara_url);
        self.job_url = self.job_url.take().or(other.job_url);
        self.run = self.run.take().or(other.run);
        for note in other.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        let mut known = self.places();
        for vehicle in other.vehicles {
            let Some(&at) = known.get(&vehicle.host) else {
                known.insert(vehicle.host.clone(), self.vehicles.len());
                self.vehicles.push(vehicle);
                continue;
            };
            if self.vehicles[at] != vehicle {
                let earlier = self.vehicles[at].give_way_to(vehicle);
                self.notes.push(note(&self.vehicles[at], &earlier));
            }
        }
    }

    /// Puts these vehicles in, in the place of what was known of the same hosts.
    pub fn replace(&mut self, vehicles: impl IntoIterator<Item = Vehicle>) {
        let mut known = self.places();
        for vehicle in vehicles {
            if let Some(&at) = known.get(&vehicle.host) {
                self.vehicles[at] = vehicle;
            } else {
                known.insert(vehicle.host.clone(), self.vehicles.len());
                self.vehicles.push(vehicle);
            }
        }
    }

    fn places(&self) -> HashMap<String, usize> {
        self.vehicles.iter().enumerate().map(|(at, vehicle)| (vehicle.host.clone(), at)).collect()
    }
}

impl Vehicle {
    /// Becomes the other one, if that counts more. Returns the one that does not count.
    fn give_way_to(&mut self, other: Vehicle) -> Vehicle {
        if other.age() >= self.age() { std::mem::replace(self, other) } else { other }
    }

    /// What decides between two reports on one vehicle.
    fn age(&self) -> (bool, Option<Timestamp>) {
        (self.status != Verdict::Running, self.finished)
    }
}

fn note(counts: &Vehicle, earlier: &Vehicle) -> String {
    format!(
        "{} is in several reports. This one shows its last test ({}), not an earlier one ({}).",
        text::line(&counts.host),
        counts.status.words(),
        earlier.status.words()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(status: Verdict, finished: i64) -> Vehicle {
        let finished = Timestamp::from_second(finished).ok().filter(|_| finished > 0);
        Vehicle { finished, ..Vehicle::new("car1", status) }
    }

    fn merged(first: Vehicle, second: Vehicle) -> Report {
        let mut report = Report { vehicles: vec![first], ..Report::new("x") };
        let others = vec![second, Vehicle::new("car2", Verdict::Pass)];
        report.merge(Report { vehicles: others, ..Report::new("y") });
        assert_eq!(report.vehicles.len(), 2);
        report
    }

    #[test]
    fn of_two_tests_of_a_vehicle_the_later_counts_and_a_finished_one_more_than_another() {
        for (first, second, counts) in [
            (one(Verdict::Fail, 1), one(Verdict::Pass, 2), Verdict::Pass),
            (one(Verdict::Fail, 2), one(Verdict::Pass, 1), Verdict::Fail),
            (one(Verdict::Fail, 2), one(Verdict::Running, 3), Verdict::Fail),
            (one(Verdict::Running, 0), one(Verdict::Fail, 0), Verdict::Fail),
        ] {
            let report = merged(first, second);
            assert_eq!(report.vehicles[0].status, counts);
            assert_eq!(report.notes.len(), 1);
        }
    }

    #[test]
    fn a_note_names_the_verdict_that_is_not_shown() {
        let report = merged(one(Verdict::Fail, 1), one(Verdict::Pass, 2));
        let said =
            "car1 is in several reports. This one shows its last test (PASS), not an earlier one (FAIL).";
        assert_eq!(report.notes, [said]);
    }

    #[test]
    fn the_same_report_twice_is_no_news() {
        assert!(merged(one(Verdict::Fail, 1), one(Verdict::Fail, 1)).notes.is_empty());
    }

    #[test]
    fn what_is_put_in_takes_the_place_of_what_was_known() {
        let mut report = merged(one(Verdict::Fail, 9), one(Verdict::Fail, 9));
        report.replace([one(Verdict::Running, 0), Vehicle::new("car3", Verdict::Pass)]);
        let now: Vec<_> = report.vehicles.iter().map(|it| (&*it.host, it.status)).collect();
        assert_eq!(now, [("car1", Verdict::Running), ("car2", Verdict::Pass), ("car3", Verdict::Pass)]);
        assert!(report.notes.is_empty());
    }
}
