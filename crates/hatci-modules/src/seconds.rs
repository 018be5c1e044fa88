//! Options that are a time in seconds.
use ansible_module::Failure;
use std::time::Duration;

/// The option's value as a time; 0 is refused, since nothing could be done in it.
pub(crate) fn seconds(option: &str, seconds: u64) -> Result<Duration, Failure> {
    match seconds {
        0 => Err(Failure::invalid(format!("{option} is 0 seconds; give at least 1."))),
        seconds => Ok(Duration::from_secs(seconds)),
    }
}
