//! Many vehicles at once.
//!
//! | what | where |
//! |---|---|
//! | some vehicles at a time, never more | [`run`], [`Work`] |
//! | the same work once for each vehicle | [`Queue`] |
//! | waiting for a thousand deployments with a few threads | [`Watch`] |
//! | into which waves a fleet is divided, and when the next one may begin | [`Waves`], [`Threshold`] |
//!
//! Nothing here knows Ansible or HTTP, and nothing but [`run`] knows a clock.
mod pool;
mod queue;
mod threshold;
mod watch;
mod waves;

pub use pool::{Next, Work, run};
pub use queue::{Judgement, Limits, Queue};
pub use threshold::{Tally, Threshold};
pub use watch::{End, Missed, Patience, Seen, Watch, Watched};
pub use waves::Waves;
