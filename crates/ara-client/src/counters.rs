//! Counts the results of a run's hosts: ARA shows the counters, but leaves the counting to the client.
use crate::{Client, Error, Run, client::id_in};
use http_exchange::ListRoom;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The page size of results.
const PAGE: usize = 1000;

/// What the counters of all hosts may take in memory, and those of one, in bytes.
const MOST: usize = 8 << 20;
const HOST: usize = 64;

/// The results of one host by status, as in Ansible's recap: changed ones are also ok.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Counters {
    ok: u32,
    changed: u32,
    failed: u32,
    skipped: u32,
    unreachable: u32,
}

impl Counters {
    fn add(&mut self, result: &Value) {
        match result["status"].as_str() {
            Some("ok" | "changed" | "ignored") => self.ok += 1,
            Some("failed") => self.failed += 1,
            Some("skipped") => self.skipped += 1,
            Some("unreachable") => self.unreachable += 1,
            _ => {}
        }
        self.changed += u32::from(result["changed"] == Value::Bool(true));
    }
}

impl Client {
    /// Counts the run's results, whoever sent them, and sets its hosts' counters.
    pub(crate) fn count(&self, run: &Run) -> Result<(), Error> {
        let mut hosts: BTreeMap<u64, Counters> = BTreeMap::new();
        let given_up = |overrun| Error::Results { url: self.url("api/v1/results"), overrun };
        let (mut offset, mut room) = (0, ListRoom::new(MOST, self.clock.clone(), self.left()));
        loop {
            let path = format!("results?play={}&order=id&limit={PAGE}&offset={offset}", run.play);
            room.next_answer().map_err(given_up)?;
            let reply = self.get(&path);
            let reply = reply.map_err(|error| room.overrun(error.kind()).map_or(error, given_up))?;
            let Some(results) = reply.body["results"].as_array() else {
                return Err(reply.unusable("it is not an ARA list").into());
            };
            for result in results {
                if let Some(host) = result["host"].as_u64().or_else(|| id_in(&result["host"])) {
                    if !hosts.contains_key(&host) {
                        room.keep(HOST).map_err(given_up)?;
                    }
                    hosts.entry(host).or_default().add(result);
                }
            }
            offset += results.len();
            if results.is_empty() || reply.body["next"].is_null() {
                break;
            }
        }
        for (host, it) in hosts {
            let body = json!({
                "ok": it.ok, "changed": it.changed, "failed": it.failed, "skipped": it.skipped,
                "unreachable": it.unreachable,
            });
            self.change("hosts", host, body)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted_as_in_a_recap() {
        let mut counters = Counters::default();
        for (status, changed) in [
            ("ok", false),
            ("changed", true),
            ("ok", true),
            ("ignored", false),
            ("failed", false),
            ("skipped", false),
        ] {
            counters.add(&json!({ "status": status, "changed": changed }));
        }
        assert_eq!(counters, Counters { ok: 4, changed: 2, failed: 1, skipped: 1, unreachable: 0 });
    }
}
