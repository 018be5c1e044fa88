//! The attempts of `hatci_fleet_update` at its vehicles: what one has learned, the next goes on with.
use super::{
    campaign::Campaign,
    described::{UpdateOptions, VehicleOptions},
    ids::Ids,
    record::Record,
    steps::Steps,
    update_outcome::{Outcome, note_end, note_ids, note_waiting, of_vehicle},
    update_results::FleetUpdateResults,
    work_options::Changes,
};
use ::fleet::Judgement;
use ansible_module::{Failure, SharedResults, Task};
use hatci_client::Client;
use serde_json::Value;
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The steps before the first request of a vehicle, in words.
const NOTE: &str = "Note its start in the resume file";
const CONNECT: &str = "Prepare the connection";

/// What all attempts share.
pub(super) struct Attempts<'a> {
    task: &'a Task,
    campaign: &'a Campaign,
    vehicles: &'a [VehicleOptions],
    update: &'a UpdateOptions,
    record: &'a Record,
    results: &'a SharedResults<FleetUpdateResults>,
    changes: &'a Changes,
    /// By place in `vehicles`.
    learned: Mutex<Vec<Learned>>,
}

/// What the attempts so far have made, and whether that was a change.
type Learned = (Ids, bool);

impl<'a> Attempts<'a> {
    pub(super) fn new(
        (task, campaign): (&'a Task, &'a Campaign),
        (vehicles, update): (&'a [VehicleOptions], &'a UpdateOptions),
        (record, results): (&'a Record, &'a SharedResults<FleetUpdateResults>),
        changes: &'a Changes,
    ) -> Self {
        let given = vehicles.iter().map(|it| (it.ids(&it.described(update)), false)).collect();
        Attempts { task, campaign, vehicles, update, record, results, changes, learned: Mutex::new(given) }
    }

    /// One attempt at the vehicle at this place, with a client of the thread's own. `left` is the time that it may take.
    pub(super) fn make(&self, place: usize, client: &Result<Client, Failure>, left: Duration) -> Outcome {
        let began = Instant::now();
        let vehicle = &self.vehicles[place];
        let (known, has_changed) = self.learned()[place].clone();
        // What may be begun is in the file before it is.
        let noted = self.record.begin(&vehicle.host).map_err(|failure| (NOTE, failure.unchanged()));
        let ready = noted.and_then(|()| client.as_ref().map_err(|it| (CONNECT, it.clone())));
        let mut outcome = match ready {
            Ok(client) => self.work_on(vehicle, client, (known, has_changed), began + left),
            Err((step, failure)) => {
                Outcome { ids: known, changed: has_changed, ..Outcome::failed(step, failure) }
            }
        };
        outcome.time = began.elapsed();
        self.changes.note(outcome.changed);
        self.learned()[place] = (outcome.ids.clone(), outcome.changed);
        if outcome.judgement != Judgement::FailedForNow {
            note_end(self.record, &vehicle.host, &outcome);
        } else if !vehicle.begun && outcome.made_nothing() {
            note_waiting(self.record, &vehicle.host);
        }
        self.record.save_step();
        outcome
    }

    fn work_on(
        &self,
        vehicle: &VehicleOptions,
        client: &Client,
        (known, changed): Learned,
        end: Instant,
    ) -> Outcome {
        let described = vehicle.described(self.update);
        let steps = Steps {
            client,
            task: self.task,
            campaign: self.campaign,
            host: &vehicle.host,
            owns_target: vehicle.begun || vehicle.ids(&described).target_event.is_none(),
            begun: vehicle.begun,
            end,
            changed,
            warnings: vec![],
        };
        of_vehicle(steps, vehicle, &described, known, &|ids| {
            note_ids(self.record, &vehicle.host, ids);
            self.record.save_step();
            self.results.update(|r| {
                let known = r.vehicles.get_or_insert_default();
                known.insert(vehicle.host.clone(), Value::Object(ids.to_map()));
            });
        })
    }

    fn learned(&self) -> std::sync::MutexGuard<'_, Vec<Learned>> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
