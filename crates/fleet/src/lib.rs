//! Many vehicles at once.
//!
//! | what | where |
//! |---|---|
//! | some vehicles at a time, never more | [`run`], [`Work`] |
//! | the same work once for each vehicle | [`Queue`] |
//! | waiting for a thousand deployments with a few threads | [`Watch`] |
//! | into which waves a fleet is divided, and when the next one may begin | [`Waves`], [`Threshold`] |
//! | where a campaign stands, and its file | [`Campaign`] |
//!
//! Nothing here knows Ansible or HTTP, and nothing but [`run`] knows a clock.
mod campaign;
mod file;
mod pool;
mod queue;
mod text;
mod threshold;
mod watch;
mod waves;

pub use campaign::{BegunBy, Campaign, Stage, StateChange, Step, Vehicle, Verdict};
pub use pool::{Next, Work, run};
pub use queue::{Judgement, Limits, Queue};
pub use text::Text;
pub use threshold::{Tally, Threshold};
pub use watch::{End, Missed, Patience, Seen, Watch, Watched};
pub use waves::Waves;
