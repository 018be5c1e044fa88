//! The modules against the simulator, in this process: check mode predicts, a run changes, a second run does not.
mod flow;
mod refusals;
mod sums;
