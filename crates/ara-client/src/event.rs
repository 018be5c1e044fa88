//! Events: what happened to one host, with its outcome and its times. In ARA a task and its result.
use crate::{Client, Error, Moment, Run, client::id_in, content};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::cell::Cell;
use uuid::Uuid;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Well.
    Ok,
    /// Badly.
    Failed,
    /// Badly, and that is accepted.
    Ignored,
    /// It was not done.
    Skipped,
    /// The host could not be reached.
    Unreachable,
}

/// Something that happened to one host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Tells it from the other events of its run and host: sent twice it is stored once.
    pub key: String,
    /// What happened, for people; cut to 255 characters.
    pub name: String,
    /// What did it, such as the name of an Ansible module.
    pub action: String,
    /// The host, by its name in the inventory.
    pub host: String,
    /// How it ended.
    pub status: Status,
    /// Whether it changed something.
    pub changed: bool,
    /// When it began.
    pub started: Moment,
    /// When it ended. What is sent is never whole seconds after `started`: see [`Moment::ending`].
    pub ended: Moment,
    /// Whatever else is to be seen with it. ARA's pages show `msg`, `stdout` and `diff` in their own way. Beyond 2 MiB of
    /// JSON only its beginning is sent.
    pub details: Map<String, Value>,
}

/// Every file of a playbook has a path and one content; a task must belong to one.
const FILE: (&str, &str) =
    ("hatci.automation/events", "Events recorded by hatci.automation, which have no source file.\n");

impl Event {
    /// An event whose key is its name, that changed nothing and has nothing more to say.
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

    /// The same with hardly any details, for a proxy that did not take them; none if they are short.
    pub fn shortened(&self) -> Option<Self> {
        Some(Self { details: content::shortened(&self.details)?, ..self.clone() })
    }

    /// What ARA knows it by. The host is in it so that hosts at work side by side do not share a task.
    fn uuid(&self, run: Uuid) -> Uuid {
        Uuid::new_v5(&run, format!("{}/{}", self.host, self.key).as_bytes())
    }

    fn task_status(&self) -> &'static str {
        match self.status {
            Status::Ok | Status::Skipped | Status::Ignored => "completed",
            Status::Failed | Status::Unreachable => "failed",
        }
    }

    /// ARA's words. An ignored failure is a failed result with a mark.
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
    /// Stores the event in the run, unless it is there; true if this call stored it.
    ///
    /// Sent at the same instant by two clients it may be stored twice: ARA has nothing to prevent that.
    pub fn send(&self, run: &mut Run, event: &Event) -> Result<bool, Error> {
        let (playbook, play) = (run.playbook, run.play);
        let host = self.host(run, &event.host)?;
        let file = self.file(run)?;
        let uuid = event.uuid(run.id);
        let (started, ended) = (event.started, event.ended.ending(event.started));
        // A task that was just made has no result yet; the look-up of that is needed only to settle a doubt.
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
