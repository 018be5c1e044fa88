//! The duties that a guard holds.
use crate::{Duty, Id};
use serde_json::Value;
use std::{
    cell::{RefCell, RefMut},
    collections::HashMap,
    rc::Rc,
};
use tokio::{sync::Notify, task::AbortHandle};

/// A duty and its task.
pub(crate) struct Held {
    pub(crate) duty: Rc<dyn Duty>,
    /// The payload, as received.
    pub(crate) payload: Value,
    /// Wakes its task after a change.
    pub(crate) wake: Rc<Notify>,
    /// The task that does what is due; `None` while it is only claimed.
    pub(crate) task: Option<AbortHandle>,
}

/// All duties, by id.
#[derive(Default)]
pub(crate) struct Duties(RefCell<HashMap<Id, Held>>);

impl Duties {
    /// Must not be held across an `await`.
    pub(crate) fn all(&self) -> RefMut<'_, HashMap<Id, Held>> {
        self.0.borrow_mut()
    }

    pub(crate) fn find(&self, id: &Id) -> Option<Rc<dyn Duty>> {
        self.all().get(id).map(|held| held.duty.clone())
    }

    pub(crate) fn insert(&self, id: Id, duty: Rc<dyn Duty>, payload: Value) {
        self.all().insert(id, Held { duty, payload, wake: Rc::default(), task: None });
    }

    /// Removes a duty and stops its task.
    pub(crate) fn take(&self, id: &Id) -> Option<Held> {
        let held = self.all().remove(id)?;
        held.task.iter().for_each(AbortHandle::abort);
        Some(held)
    }
}
