//! Runs: creating, finding and closing them.
use crate::{Client, Error, Moment, client::id_in, content};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A run to register.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewRun {
    /// Known to all clients that take part.
    pub id: Uuid,
    /// A name for people; cut to 255 characters.
    pub name: String,
    /// Labels in addition to `run:ID`, each cut to 255 characters.
    pub labels: Vec<String>,
    /// Stored as the record `metadata`.
    pub metadata: Map<String, Value>,
    /// The version of Ansible, which ARA requires.
    pub ansible_version: String,
    /// The machine that Ansible runs on.
    pub controller: String,
    /// The user who runs it; left out if empty.
    pub user: String,
    /// When it began.
    pub started: Moment,
    /// The UUID of the current Ansible play. If ARA's own callback records it here, the run is added to that
    /// playbook instead of getting its own.
    pub ansible_play: Option<Uuid>,
}

/// Which client registers a run. Kept between attempts, so that a client recognizes its own claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Claim {
    /// None, as far as is known.
    #[default]
    Open,
    /// This client.
    Ours,
    /// Another client, whose claim was first seen at this time.
    Theirs(Moment),
}

/// A run as this server knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its id at registration.
    pub id: Uuid,
    /// The id of its playbook.
    pub playbook: u64,
    /// The id of its play.
    pub play: u64,
    /// Whether the playbook belongs to ARA's callback, which alone sets its status, end, name and counters.
    pub attached: bool,
    /// The id of the file that its tasks belong to, once known.
    pub(crate) file: Option<u64>,
    /// The ids of its hosts, as far as known.
    pub(crate) hosts: BTreeMap<String, u64>,
}

/// The result of [`Client::register`].
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// The run.
    pub run: Run,
    /// Whether this call created it; false if it joined an existing one.
    pub made: bool,
}

/// The state of a run in ARA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunStatus {
    /// It goes on.
    Running,
    /// It succeeded.
    Completed,
    /// It failed.
    Failed,
    /// It was abandoned.
    Expired,
}

impl RunStatus {
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

/// Marks the playbooks created here, before the version. ARA's callback writes only the version of ARA.
pub(crate) const CLIENT: &str = "hatci.automation ";
impl NewRun {
    /// A run with this name, without user and machine.
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

    /// The same with shorter metadata, for a proxy that rejected it; `None` if it is short already.
    pub fn shortened(&self) -> Option<Self> {
        Some(Self { metadata: content::shortened(&self.metadata)?, ..self.clone() })
    }

    /// The label of a registration claim; label names are the only thing that ARA keeps unique.
    pub(crate) fn claim(&self) -> String {
        format!("run:{}", self.id)
    }

    /// `run:ID` and the other labels, without blanks and duplicates.
    pub(crate) fn all_labels(&self) -> Vec<String> {
        let mut labels = vec![self.claim()];
        for label in self.labels.iter().filter(|label| !label.trim().is_empty()) {
            let label = content::name(label);
            // ARA ignores case when it looks up labels.
            if !labels.iter().any(|known| known.eq_ignore_ascii_case(&label)) {
                labels.push(label);
            }
        }
        labels
    }
}

/// Whether the playbook was created by this client, and not by ARA's callback.
pub(crate) fn is_ours(playbook: &Value) -> bool {
    playbook["client_version"].as_str().unwrap_or_default().starts_with(CLIENT)
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
            attached: !is_ours(&self.playbook(playbook)?),
            file: None,
            hosts: BTreeMap::new(),
        }))
    }

    /// Sets the state of the run and, unless it goes on, its end and what its hosts have counted.
    pub fn close(&self, run: &mut Run, outcome: RunStatus, ended: Moment) -> Result<(), Error> {
        let goes_on = outcome == RunStatus::Running;
        let ended = (!goes_on).then_some(ended);
        // A play has no way to fail in ARA.
        let play = if outcome == RunStatus::Failed { RunStatus::Completed } else { outcome };
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

    pub(crate) fn playbook(&self, number: u64) -> Result<Value, Error> {
        Ok(self.get(&format!("playbooks/{number}"))?.body)
    }
}
