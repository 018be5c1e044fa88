//! What a task wants done before a signal ends its process.
use std::sync::{Arc, Mutex, PoisonError};

/// Hooks to run before the process ends, newest first.
#[derive(Clone, Default)]
pub(crate) struct Hooks(Arc<Mutex<Vec<(usize, Run)>>>);

type Run = Box<dyn FnOnce() -> String + Send>;

impl Hooks {
    pub(crate) fn add(&self, run: Run) -> Hook {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = all.last().map_or(0, |(id, _)| id + 1);
        all.push((id, run));
        Hook { id, hooks: self.clone() }
    }

    /// Runs and forgets all; their sentences, each with a blank before it.
    pub(crate) fn run(&self) -> String {
        let all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut sentences = String::new();
        for (_, run) in all.into_iter().rev() {
            let sentence = run();
            if !sentence.is_empty() {
                sentences.push(' ');
                sentences += &sentence;
            }
        }
        sentences
    }
}

/// Keeps a hook of [`Task::on_interrupt`](crate::Task::on_interrupt) alive.
#[must_use = "the hook is forgotten when this is dropped"]
pub struct Hook {
    id: usize,
    hooks: Hooks,
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.hooks.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(id, _)| *id != self.id);
    }
}
