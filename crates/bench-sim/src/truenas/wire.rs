//! What both APIs share: the machine behind them, the record of all calls, and the faults.
use super::{
    data_path::DataPath, fault::Faults, methods, options::Options, refused::Refused, service, store::Store,
};
use serde_json::Value;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) struct Machine {
    pub(crate) options: Options,
    store: Mutex<Store>,
    data_path: Option<DataPath>,
    faults: Mutex<Faults>,
    calls: Mutex<Vec<(String, Value)>>,
}

/// What becomes of a call.
pub(crate) enum Fate {
    Answer(Result<Value, Refused>),
    /// The connection ends.
    Drop,
    /// Nothing is answered.
    Silence,
    /// Other messages come without end.
    Endless,
    /// More comes than anybody wants.
    Huge,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Machine {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            store: Store::new(&options).into(),
            data_path: DataPath::of(options.tgtadm.as_ref(), options.data.as_ref()),
            faults: Faults::new(options.faults.clone()).into(),
            calls: Mutex::default(),
            options,
        }
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        locked(&self.store)
    }

    /// Carries out a call whatever the faults.
    pub(crate) fn carry_out(&self, method: &str, params: &[Value]) -> Result<Value, Refused> {
        methods::carry_out(&mut self.store(), self.data_path.as_ref(), method, params)
    }

    pub(crate) fn strikes(&self, fault: &str) -> bool {
        locked(&self.faults).strike(fault, None)
    }

    /// All calls so far, with their parameters.
    pub(crate) fn calls(&self) -> Vec<(String, Value)> {
        locked(&self.calls).clone()
    }

    /// Carries out a call, unless a fault is for it. `has_job_ids`: a job answers with its id.
    pub(crate) fn call(&self, method: &str, params: &[Value], has_job_ids: bool) -> Fate {
        locked(&self.calls).push((method.to_owned(), params.into()));
        let strikes = |fault: &str| locked(&self.faults).strike(fault, Some(method));
        if strikes("drop-before") {
            return Fate::Drop;
        }
        if strikes("too-many") {
            return Fate::Answer(Err(Refused::TooMany));
        }
        if strikes("fails") {
            return Fate::Answer(Err(Refused::fault("an unexpected error")));
        }
        if strikes("false") {
            return Fate::Answer(Ok(false.into()));
        }
        if strikes("busy") {
            return Fate::Answer(Err(Refused::fault(
                "Failed to delete dataset: cannot destroy: dataset is busy",
            )));
        }
        let mut store = self.store();
        let mut outcome = methods::carry_out(&mut store, self.data_path.as_ref(), method, params);
        if method == "service.control" && has_job_ids {
            outcome = Ok(service::job(&mut store, method, &outcome));
        }
        drop(store);
        for (fault, fate) in [
            ("fails-after", Fate::Answer(Err(Refused::fault("an unexpected error")))),
            ("drop-after", Fate::Drop),
            ("silent", Fate::Silence),
            ("endless", Fate::Endless),
            ("huge", Fate::Huge),
        ] {
            if strikes(fault) {
                return fate;
            }
        }
        Fate::Answer(outcome)
    }
}
