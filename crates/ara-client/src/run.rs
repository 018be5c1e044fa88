//! Runs: registered once, whoever else tries, and closed with an outcome.
use crate::{Client, Error, Moment, client::id_in, content};
use http_exchange::Kind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

/// What ARA is told of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewRun {
    /// Known to everybody who takes part.
    pub id: Uuid,
    /// For people; cut to 255 characters.
    pub name: String,
    /// Labels beside `run:ID`, each cut to 255 characters.
    pub labels: Vec<String>,
    /// Stored as the record `metadata`.
    pub metadata: Map<String, Value>,
    /// The version of Ansible; ARA insists on one.
    pub ansible_version: String,
    /// The machine that Ansible runs on.
    pub controller: String,
    /// Who runs it; left out if empty.
    pub user: String,
    /// When it began.
    pub started: Moment,
    /// The UUID of the Ansible play at work. If ARA's own callback records it here, the run becomes a part of that
    /// playbook instead of one of its own.
    pub ansible_play: Option<Uuid>,
}

/// Whose it is to make a run. Kept between tries to register it, so that a client knows its own claim again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Claim {
    /// Nobody's yet, as far as is known.
    #[default]
    Open,
    /// This client's.
    Ours,
    /// Another client's, who was first seen to claim it at this time.
    Theirs(Moment),
}

/// A run as this server knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The id it was registered under.
    pub id: Uuid,
    /// The number of its playbook.
    pub playbook: u64,
    /// The number of its play.
    pub play: u64,
    /// Whether the playbook is that of ARA's callback, which alone sets its status, end, name and counters.
    pub attached: bool,
    /// The number of the file that its tasks belong to, once known.
    pub(crate) file: Option<u64>,
    /// The numbers of its hosts, as far as known.
    pub(crate) hosts: BTreeMap<String, u64>,
}

/// What [`Client::register`] did.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// The run.
    pub run: Run,
    /// Whether this call made it; false: it was there and was joined.
    pub made: bool,
}

/// The state of a run in ARA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It goes on.
    Running,
    /// It ended well.
    Completed,
    /// It ended badly.
    Failed,
    /// It was given up.
    Expired,
}

impl Outcome {
    /// As ARA writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

/// Marks the playbooks made here, before the version. ARA's callback writes the version of ARA alone.
const CLIENT: &str = "hatci.automation ";
/// How long another client's claim is respected.
const CLAIM: Duration = Duration::from_secs(10);
/// A claim that may be our own counts as so much older: it is respected only for a second.
const OUR_OWN_PERHAPS: Duration = Duration::from_secs(9);
/// Time between two looks whether a claim was made good.
const LOOK: Duration = Duration::from_millis(100);

impl NewRun {
    /// A run of this name, of nobody and nowhere in particular.
    pub fn new(id: Uuid, name: impl Into<String>, started: Moment) -> Self {
        Self {
            id,
            name: name.into(),
            labels: Vec::new(),
            metadata: Map::new(),
            ansible_version: "unknown".into(),
            controller: "localhost".into(),
            user: String::new(),
            started,
            ansible_play: None,
        }
    }

    /// The label that says whose registration this is; the names of labels are the one thing that ARA keeps unique.
    fn claim(&self) -> String {
        format!("run:{}", self.id)
    }

    fn all_labels(&self) -> Vec<String> {
        let mut labels = vec![self.claim()];
        labels.extend(self.labels.iter().map(|label| content::name(label)).filter(|label| !label.is_empty()));
        labels.dedup();
        labels
    }
}

impl Client {
    /// The run of this id, if the server has it.
    pub fn find(&self, id: Uuid) -> Result<Option<Run>, Error> {
        let Some(play) = self.first("plays", &format!("uuid={id}"))? else { return Ok(None) };
        let (Some(number), Some(playbook)) = (id_in(&play), play["playbook"].as_u64()) else {
            return Ok(None);
        };
        Ok(Some(Run {
            id,
            playbook,
            play: number,
            attached: !self.playbook(playbook)?["client_version"]
                .as_str()
                .unwrap_or_default()
                .starts_with(CLIENT),
            file: None,
            hosts: BTreeMap::new(),
        }))
    }

    /// Registers the run, or joins it where it is registered already, and adds its labels and metadata.
    ///
    /// `claim` is [`Claim::Open`] at the first try, and what it was left as at the next.
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
        let run = self.make_run(new)?;
        if run.attached {
            self.add_labels(&run, new)?;
        }
        self.set_records(&run, new)?;
        Ok(Registered { run, made: true })
    }

    /// Sets the state of the run and, unless it goes on, its end and what its hosts have counted.
    pub fn close(&self, run: &mut Run, outcome: Outcome, ended: Moment) -> Result<(), Error> {
        let goes_on = outcome == Outcome::Running;
        let ended = (!goes_on).then_some(ended);
        // A play has no way to fail in ARA.
        let play = if outcome == Outcome::Failed { Outcome::Completed } else { outcome };
        self.change("plays", run.play, json!({ "status": play.as_str(), "ended": ended }))?;
        if run.attached {
            return Ok(());
        }
        if !goes_on {
            self.count(run)?;
        }
        self.change("playbooks", run.playbook, json!({ "status": outcome.as_str(), "ended": ended }))
    }

    /// The URL of the run's page, for people.
    pub fn page(&self, run: &Run) -> String {
        self.url(&format!("playbooks/{}.html", run.playbook))
    }

    fn join(&self, run: Run, new: &NewRun) -> Result<Registered, Error> {
        self.add_labels(&run, new)?;
        self.set_records(&run, new)?;
        Ok(Registered { run, made: false })
    }

    /// Announces that this client makes the run, unless it is known whose it is.
    fn claim(&self, new: &NewRun, claim: &mut Claim) -> Result<(), Error> {
        let mut doubt = false;
        while *claim == Claim::Open {
            match self.make("labels", json!({ "name": new.claim() })) {
                Ok(_) => *claim = Claim::Ours,
                // What stands there may be our own claim, whose answer was lost.
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

    fn make_run(&self, new: &NewRun) -> Result<Run, Error> {
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
        let (play, _) = self.look_or_make(
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
        Ok(Run { id: new.id, playbook, play, attached, file: None, hosts: BTreeMap::new() })
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

    /// Adds what the playbook lacks of the labels; ARA itself would replace the whole list.
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
            // ARA finds labels whatever their case.
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
            self.record(run.playbook, "metadata", "dict", &Value::Object(new.metadata.clone()))?;
        }
        Ok(())
    }

    /// Sets a record of the playbook; ARA has one for each key.
    fn record(&self, playbook: u64, key: &str, kind: &str, value: &Value) -> Result<(), Error> {
        let filter = format!("playbook={playbook}&key={key}");
        let (record, made) =
            self.look_or_make(&|| Ok(self.first("records", &filter)?.as_ref().and_then(id_in)), &|| {
                let body = json!({ "playbook": playbook, "key": key, "type": kind, "value": value });
                match self.make("records", body) {
                    // Somebody else was quicker.
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

    fn playbook(&self, number: u64) -> Result<Value, Error> {
        Ok(self.get(&format!("playbooks/{number}"))?.body)
    }
}
