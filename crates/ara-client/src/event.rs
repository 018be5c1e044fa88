//! Events: what happened to one host, with status and times. In ARA, a task and its result.
use crate::{Client, Error, Moment, Run, client::id_in, content};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::cell::Cell;
use uuid::Uuid;

/// The status of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// It succeeded.
    Ok,
    /// It failed.
    Failed,
    /// It failed, and the failure is ignored.
    Ignored,
    /// It was skipped.
    Skipped,
    /// The host could not be reached.
    Unreachable,
}

/// Something that happened to one host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Unique among the events of its run and host: an event sent twice is stored once.
    pub key: String,
    /// A description for people; cut to 255 characters.
    pub name: String,
    /// What did it, such as the name of an Ansible module.
    pub action: String,
    /// The host, by its name in the inventory.
    pub host: String,
    /// Its status.
    pub status: Status,
    /// Whether it changed something.
    pub changed: bool,
    /// When it began.
    pub started: Moment,
    /// When it ended. The duration sent is never in whole seconds: see [`Moment::ending`].
    pub ended: Moment,
    /// Any further details. ARA's pages format `msg`, `stdout` and `diff` specially. Beyond 2 MiB of
    /// JSON, only the beginning is sent.
    pub details: Map<String, Value>,
}

/// ARA requires each task to belong to a file, with a path and content.
const FILE: (&str, &str) =
    ("hatci.automation/events", "Events recorded by hatci.automation, which have no source file.\n");

impl Event {
    /// An event whose key is its name, without changes or details.
    pub fn new(
        name: impl Into<String>,
        host: impl Into<String>,
        status: Status,
        started: Moment,
        ended: Moment,
    ) -> Self {
        let name = name.into();
        Self {
            key: name.clone(),
            name,
            action: "hatci.automation.ara_event".into(),
            host: host.into(),
            status,
            changed: false,
            started,
            ended,
            details: Map::new(),
        }
    }

    /// The same with shorter details, for a proxy that rejected them; `None` if they are short already.
    pub fn shortened(&self) -> Option<Self> {
        Some(Self { details: content::shortened(&self.details)?, ..self.clone() })
    }

    /// The UUID in ARA. It includes the host, so that hosts running in parallel do not share a task.
    fn uuid(&self, run: Uuid) -> Uuid {
        Uuid::new_v5(&run, format!("{}/{}", self.host, self.key).as_bytes())
    }

    fn task_status(&self) -> &'static str {
        match self.status {
            Status::Ok | Status::Skipped | Status::Ignored => "completed",
            Status::Failed | Status::Unreachable => "failed",
        }
    }

    /// The status in ARA's terms. An ignored failure is a failed result with a flag.
    fn result_status(&self) -> &'static str {
        match self.status {
            Status::Ok => "ok",
            Status::Failed | Status::Ignored => "failed",
            Status::Skipped => "skipped",
            Status::Unreachable => "unreachable",
        }
    }
}

impl Client {
    /// Stores the event in the run, unless it is there already; true if this call stored it.
    ///
    /// If two clients send it at the same instant, it may be stored twice: ARA can't prevent that.
    pub fn send(&self, run: &mut Run, event: &Event) -> Result<bool, Error> {
        let (playbook, play) = (run.playbook, run.play);
        let host = self.host(run, &event.host)?;
        let file = self.file(run)?;
        let uuid = event.uuid(run.id);
        let (started, ended) = (event.started, event.ended.ending(event.started));
        // A new task has no result yet; looking it up is needed only to settle a doubt.
        let known_missing = Cell::new(false);
        let (task, _) = self.look_or_make(
            &|| Ok(self.first("tasks", &format!("uuid={uuid}&playbook={playbook}"))?.as_ref().and_then(id_in)),
            &|| {
                let task = self.make(
                    "tasks",
                    json!({
                        "uuid": uuid, "name": content::name(&event.name), "action": content::name(&event.action),
                        "status": event.task_status(), "lineno": 1, "handler": false,
                        "playbook": playbook, "play": play, "file": file, "started": started, "ended": ended,
                    }),
                )?;
                known_missing.set(true);
                Ok(task)
            },
        )?;
        let (_, stored) = self.look_or_make(
            &|| {
                if known_missing.take() {
                    return Ok(None);
                }
                Ok(self.first("results", &format!("task={task}&host={host}"))?.as_ref().and_then(id_in))
            },
            &|| {
                self.make(
                    "results",
                    json!({
                        "status": event.result_status(), "changed": event.changed,
                        "ignore_errors": event.status == Status::Ignored,
                        "content": content::content(&event.details),
                        "playbook": playbook, "play": play, "task": task, "host": host,
                        "started": started, "ended": ended,
                    }),
                )
            },
        )?;
        Ok(stored)
    }

    fn host(&self, run: &mut Run, name: &str) -> Result<u64, Error> {
        if let Some(id) = run.hosts.get(name) {
            return Ok(*id);
        }
        let id =
            self.get_or_make("hosts", json!({ "playbook": run.playbook, "name": content::name(name) }))?;
        run.hosts.insert(name.to_owned(), id);
        Ok(id)
    }

    fn file(&self, run: &mut Run) -> Result<u64, Error> {
        if let Some(id) = run.file {
            return Ok(id);
        }
        let (path, content) = FILE;
        let id =
            self.get_or_make("files", json!({ "playbook": run.playbook, "path": path, "content": content }))?;
        run.file = Some(id);
        Ok(id)
    }
}
