//! Registers a run: created once, even if several clients try at the same time, with its labels and records.
use crate::{
    Claim, Client, Error, NewRun, Registered, Run,
    client::id_in,
    content,
    run::{CLIENT, is_ours},
};
use http_exchange::Kind;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// How long another client's claim is respected.
const CLAIM: Duration = Duration::from_secs(10);
/// Added to the age of a claim that may be our own, which is respected only for a second.
const OUR_OWN_PERHAPS: Duration = Duration::from_secs(9);
/// The polling interval while another client is registering the run.
const LOOK: Duration = Duration::from_millis(100);

impl Client {
    /// Registers the run, or joins it if it is registered already, and adds its labels and metadata.
    ///
    /// Pass [`Claim::Open`] as `claim` at first, and the same variable again for a retry.
    pub fn register(&self, new: &NewRun, claim: &mut Claim) -> Result<Registered, Error> {
        if let Some(run) = self.find(new.id)? {
            return self.join(run, new);
        }
        self.claim(new, claim)?;
        while let Claim::Theirs(since) = *claim
            && self.moment() < since.plus(CLAIM)
        {
            if let Some(run) = self.find(new.id)? {
                return self.join(run, new);
            }
            if self.left() <= LOOK {
                return Err(Error::Claimed { run: new.id });
            }
            self.clock.sleep(LOOK);
        }
        let (run, made) = match self.make_run(new) {
            Ok(made) => made,
            // A faster client may have removed our playbook before it had its play.
            Err(error) if error.is_refusal() => {
                return self.join(self.find(new.id)?.ok_or(error)?, new);
            }
            Err(error) => return Err(error),
        };
        if !self.settle(new, &run)?
            && let Some(run) = self.find(new.id)?
        {
            return self.join(run, new);
        }
        if run.attached {
            self.add_labels(&run, new)?;
        }
        self.set_records(&run, new)?;
        Ok(Registered { run, made })
    }

    fn join(&self, run: Run, new: &NewRun) -> Result<Registered, Error> {
        self.add_labels(&run, new)?;
        self.set_records(&run, new)?;
        Ok(Registered { run, made: false })
    }

    /// Announces that this client registers the run, unless the claim is settled.
    fn claim(&self, new: &NewRun, claim: &mut Claim) -> Result<(), Error> {
        let mut doubt = false;
        while *claim == Claim::Open {
            match self.make("labels", json!({ "name": new.claim() })) {
                Ok(_) => *claim = Claim::Ours,
                // It may be our own claim, whose answer was lost.
                Err(error) if error.is_refusal() && doubt => {
                    *claim = Claim::Theirs(self.moment().minus(OUR_OWN_PERHAPS));
                }
                Err(error) if error.is_refusal() => *claim = Claim::Theirs(self.moment()),
                Err(error) if error.kind() == Kind::UnknownOutcome && !self.left().is_zero() => {
                    doubt = true;
                    self.pause();
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Creates what the run is missing; also returns whether the play was created here.
    fn make_run(&self, new: &NewRun) -> Result<(Run, bool), Error> {
        let theirs = match new.ansible_play {
            Some(play) => {
                self.first("plays", &format!("uuid={play}"))?.and_then(|play| play["playbook"].as_u64())
            }
            None => None,
        };
        let playbook = match theirs {
            Some(playbook) => playbook,
            None => self.make_playbook(new)?,
        };
        let (play, made) = self.look_or_make(
            &|| Ok(self.first("plays", &format!("uuid={}", new.id))?.as_ref().and_then(id_in)),
            &|| {
                let name = content::name(&new.name);
                self.make(
                    "plays",
                    json!({ "uuid": new.id, "name": name, "status": "running", "playbook": playbook, "started": new.started }),
                )
            },
        )?;
        let attached = theirs.is_some();
        Ok((Run { id: new.id, playbook, play, attached, file: None, hosts: BTreeMap::new() }, made))
    }

    /// Whether these are the run's ids, after creating them. If several clients created the same run at once, the
    /// one whose play has the lowest id wins: each sees that once its own exists. The playbooks of the others are
    /// removed while still empty.
    fn settle(&self, new: &NewRun, run: &Run) -> Result<bool, Error> {
        let plays = self.list("plays", &format!("uuid={}", new.id))?;
        let Some((first, others)) = plays.split_first() else { return Ok(false) };
        for play in others.iter().filter_map(id_in) {
            if self.first("tasks", &format!("play={play}"))?.is_none() {
                self.remove("plays", play);
            }
        }
        let playbook = first["playbook"].as_u64();
        for other in self.list("playbooks", &format!("label={}", new.claim()))? {
            if let Some(number) = id_in(&other).filter(|number| Some(*number) != playbook)
                && is_ours(&other)
                && self.first("plays", &format!("playbook={number}"))?.is_none()
            {
                self.remove("playbooks", number);
            }
        }
        Ok((id_in(first), playbook) == (Some(run.play), Some(run.playbook)))
    }

    fn make_playbook(&self, new: &NewRun) -> Result<u64, Error> {
        let user = (!new.user.is_empty()).then(|| content::name(&new.user));
        let name = content::name(&new.name);
        let (playbook, _) = self.look_or_make(
            &|| Ok(self.first("playbooks", &format!("label={}", new.claim()))?.as_ref().and_then(id_in)),
            &|| {
                self.make(
                    "playbooks",
                    json!({
                        "ansible_version": content::name(&new.ansible_version), "path": name, "name": name,
                        "client_version": format!("{CLIENT}{}", env!("CARGO_PKG_VERSION")), "status": "running", "controller": content::name(&new.controller),
                        "user": user, "labels": new.all_labels(), "started": new.started,
                    }),
                )
            },
        )?;
        Ok(playbook)
    }

    /// Adds the labels that the playbook lacks; ARA itself would replace the whole list.
    fn add_labels(&self, run: &Run, new: &NewRun) -> Result<(), Error> {
        let playbook = self.playbook(run.playbook)?;
        let mut labels: Vec<String> = playbook["labels"]
            .as_array()
            .map(|labels| {
                labels.iter().filter_map(|label| label["name"].as_str().map(str::to_owned)).collect()
            })
            .unwrap_or_default();
        let before = labels.len();
        for label in new.all_labels() {
            // ARA ignores case when it looks up labels.
            if !labels.iter().any(|known| known.eq_ignore_ascii_case(&label)) {
                labels.push(label);
            }
        }
        if labels.len() > before {
            self.change("playbooks", run.playbook, json!({ "labels": labels }))?;
        }
        Ok(())
    }

    fn set_records(&self, run: &Run, new: &NewRun) -> Result<(), Error> {
        self.record(run.playbook, "run_id", "text", &new.id.to_string().into())?;
        if !new.metadata.is_empty() {
            self.record(run.playbook, "metadata", "dict", &content::content(&new.metadata))?;
        }
        Ok(())
    }

    /// Sets a record of the playbook; ARA has one per key.
    fn record(&self, playbook: u64, key: &str, kind: &str, value: &Value) -> Result<(), Error> {
        let filter = format!("playbook={playbook}&key={key}");
        let (record, made) =
            self.look_or_make(&|| Ok(self.first("records", &filter)?.as_ref().and_then(id_in)), &|| {
                let body = json!({ "playbook": playbook, "key": key, "type": kind, "value": value });
                match self.make("records", body) {
                    // Another client was faster.
                    Err(error) if error.is_refusal() => {
                        self.first("records", &filter)?.as_ref().and_then(id_in).ok_or(error)
                    }
                    made => made,
                }
            })?;
        if made || self.get(&format!("records/{record}"))?.body["value"] == *value {
            return Ok(());
        }
        self.change("records", record, json!({ "value": value }))
    }
}
