//! A module that only reads: options in, one phase, results out.
use crate::{Failure, Module, Options, Plan, Results, Return, SharedResults, Task};
use std::convert::Infallible;

/// One Ansible module that never changes anything. In check mode it does what it always does, and it has no diff.
///
/// It is a [`Module`], too, for whatever runs or documents modules.
pub trait InfoModule: Sized {
    /// The name in a playbook, without the collection.
    const NAME: &'static str;
    /// The collection's version that brought the module.
    const VERSION_ADDED: &'static str = "1.0.0";
    /// As that of [`Module`].
    const IN_ACTION_GROUP: bool = true;
    /// A YAML list of tasks, as `ansible-doc` shows them.
    const EXAMPLES: &'static str;
    /// What the module accepts.
    type Options: Options;
    /// What the module returns beside what every module does.
    type Results: Results + Send + 'static;

    /// What `error` holds beside `kind` when the module fails, for its documentation.
    fn details() -> Vec<Return> {
        Vec::new()
    }

    /// Judges the options as far as that needs nobody else.
    fn new(options: Self::Options, task: &Task) -> Result<Self, Failure>;

    /// Reads, and writes down what it finds.
    fn read(&mut self, results: &SharedResults<Self::Results>) -> Result<(), Failure>;
}

impl<M: InfoModule> Module for M {
    const NAME: &'static str = <M as InfoModule>::NAME;
    const VERSION_ADDED: &'static str = <M as InfoModule>::VERSION_ADDED;
    const IN_ACTION_GROUP: bool = <M as InfoModule>::IN_ACTION_GROUP;
    const READS_ONLY: bool = true;
    const EXAMPLES: &'static str = <M as InfoModule>::EXAMPLES;
    type Options = <M as InfoModule>::Options;
    type Results = <M as InfoModule>::Results;
    type Change = Infallible;

    fn details() -> Vec<Return> {
        <M as InfoModule>::details()
    }

    fn new(options: Self::Options, task: &Task) -> Result<Self, Failure> {
        <M as InfoModule>::new(options, task)
    }

    fn discover(&mut self, results: &SharedResults<Self::Results>) -> Result<Plan<Infallible>, Failure> {
        self.read(results).map(|()| Plan::Nothing)
    }

    fn process(&mut self, change: Infallible, _: &SharedResults<Self::Results>) -> Result<(), Failure> {
        match change {}
    }

    fn housekeep(&mut self, _: &SharedResults<Self::Results>) -> Result<(), Failure> {
        Ok(())
    }
}
