//! Waits for a job of the server by asking for it.
use crate::{Client, Error, ask::Ask, deadline::Deadline, refusal::Refusal};
use serde_json::{Value, json};
use std::time::Duration;

impl Client {
    /// The result of a job, or its error. `method` is what started it.
    pub(crate) fn job(&self, id: u64, method: &str, deadline: Deadline) -> Result<Value, Error> {
        const FIRST_PAUSE: Duration = Duration::from_millis(100);
        const LONGEST_PAUSE: Duration = Duration::from_secs(5);
        let mut pause = FIRST_PAUSE;
        let mut shown = None;
        loop {
            let path = format!("/core/get_jobs?id={id}");
            let ask = Ask::read("core.get_jobs", vec![json!([["id", "=", id]]), json!({})], path);
            let found = self.ask_until(&ask, deadline)?;
            // A list, whether or not the filter was obeyed.
            let mut jobs = found.as_array().into_iter().flatten();
            let job = jobs.rfind(|job| job["id"].as_u64() == Some(id)).cloned().unwrap_or_default();
            match job["state"].as_str().unwrap_or_default() {
                "SUCCESS" => return Ok(job["result"].clone()),
                "FAILED" | "ABORTED" => {
                    let refusal = Refusal::of_job(&job, &self.secrets());
                    return Err(Error::Refused { method: method.to_owned(), refusal });
                }
                "" => {
                    let why = format!("job {id} is no longer known");
                    return Err(Error::Unreadable { method: method.to_owned(), why });
                }
                _ => {}
            }
            let progress = job["progress"]["percent"].as_u64();
            if progress.is_some() && progress != shown {
                self.tell(&format!("{method}: {} %", progress.unwrap_or_default()));
                shown = progress;
            }
            if !deadline.pause(pause) {
                return Err(Error::Silent { method: method.to_owned(), after: deadline.after });
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
