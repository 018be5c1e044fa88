//! The duties that a guard holds.
use crate::{Duty, Id};
use serde_json::Value;
use std::{
    cell::{RefCell, RefMut},
    collections::HashMap,
    rc::Rc,
};
use tokio::{sync::Notify, task::AbortHandle};

/// One of them.
pub(crate) struct Held {
    pub(crate) duty: Rc<dyn Duty>,
    /// As it was handed over.
    pub(crate) payload: Value,
    /// Tells its task that there is something new.
    pub(crate) wake: Rc<Notify>,
    /// Does what is due; none while it is only claimed.
    pub(crate) task: Option<AbortHandle>,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Duties(RefCell<HashMap<Id, Held>>);

impl Duties {
    /// Never to be held over an `await`.
    pub(crate) fn all(&self) -> RefMut<'_, HashMap<Id, Held>> {
        self.0.borrow_mut()
    }

    pub(crate) fn find(&self, id: &Id) -> Option<Rc<dyn Duty>> {
        self.all().get(id).map(|held| held.duty.clone())
    }

    pub(crate) fn insert(&self, id: Id, duty: Rc<dyn Duty>, payload: Value) {
        self.all().insert(id, Held { duty, payload, wake: Rc::default(), task: None });
    }

    /// This is nobody's business any more.
    pub(crate) fn take(&self, id: &Id) -> Option<Held> {
        let held = self.all().remove(id)?;
        held.task.iter().for_each(AbortHandle::abort);
        Some(held)
    }
}
