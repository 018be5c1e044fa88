//! The iSCSI service: whether it runs, what it is called, and who is logged in.
use crate::{
    Client, Error,
    ask::{Ask, Rest, path},
    fields::{Row, object},
};
use http_exchange::{Kind, Method};
use serde_json::{Value, json};

const SERVICES: &str = "service";
const ISCSI: &str = "iscsitarget";

/// The iSCSI service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    id: u64,
    /// Whether it starts with the machine.
    pub enabled: bool,
    /// `RUNNING`, `STOPPED` or `UNKNOWN`.
    pub state: String,
}

/// The settings of all targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Global {
    /// The first part of each IQN.
    pub basename: String,
    /// The port of all portals, if the server shows it.
    pub port: Option<u64>,
}

/// An initiator that is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its IQN.
    pub initiator: String,
    /// Where it comes from.
    pub address: String,
    /// The target's IQN.
    pub target: String,
}

impl Service {
    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.state == "RUNNING"
    }
}

impl Client {
    /// The iSCSI service.
    pub fn iscsi_service(&self) -> Result<Service, Error> {
        let ask = Ask::rows(SERVICES);
        let named = |row: &Row| Ok((row.text("service")?, read_service(row)?));
        let found = self.rows(&ask, named)?.into_iter().find(|(name, _)| name == ISCSI);
        let why = || format!("there is no service {ISCSI}");
        found.map(|(_, service)| service).ok_or_else(|| Error::Unreadable { method: ask.method, why: why() })
    }

    /// Has the iSCSI service start with the machine.
    pub fn enable_iscsi(&self) -> Result<(), Error> {
        let ask = |id: Value| Ask::update(SERVICES, &id, object([("enable", true.into())]));
        let is_done = || Ok(self.iscsi_service()?.enabled);
        match self.change(&ask(ISCSI.into()), is_done) {
            // In REST some releases know a service only by its number.
            Err(error) if error.kind() == Kind::NotFound => {
                let id = self.iscsi_service()?.id;
                self.change(&ask(id.into()), is_done)
            }
            enabled => enabled,
        }
    }

    /// Starts the iSCSI service, and waits until it runs or has failed to.
    pub fn start_iscsi(&self) -> Result<(), Error> {
        let ask = if self.has_service_control()? {
            // Silence is the default, and hides why it doesn't start.
            let options = json!({ "silent": false, "timeout": 120 });
            let arguments = vec![("verb", "START".into()), ("service", ISCSI.into()), ("options", options)];
            Ask { is_job: true, ..Ask::run("service.control", arguments) }
        } else {
            Ask::run("service.start", vec![("service", ISCSI.into())])
        };
        match self.ask(&ask) {
            Ok(Value::Bool(false)) => Err(Error::NotStarted { method: ask.method }),
            Ok(_) => Ok(()),
            Err(error) if self.iscsi_service().is_ok_and(|service| service.is_running()) => {
                self.tell(&format!("{error} It is running anyway."));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// The settings of all targets.
    pub fn iscsi_global(&self) -> Result<Global, Error> {
        let ask = Ask::read("iscsi.global.config", vec![], path("iscsi.global"));
        let value = self.ask(&ask)?;
        let row = Row { method: &ask.method, value: &value };
        Ok(Global { basename: row.text("basename")?, port: row.maybe_integer("listen_port") })
    }

    /// Who is logged in.
    pub fn sessions(&self) -> Result<Vec<Session>, Error> {
        let method = "iscsi.global.sessions";
        let ask = Ask::read(method, vec![json!([]), json!({})], path(method));
        match self.rows(&ask, read_session) {
            // In REST, methods that take filters are read or posted, by the release.
            Err(error) if matches!(error.status(), Some(405)) || error.kind() == Kind::NotFound => {
                let rest = Rest { method: Method::Post, path: path(method), body: Some(json!({})) };
                self.rows(&Ask { rest, ..ask }, read_session)
            }
            found => found,
        }
    }
}

fn read_service(row: &Row) -> Result<Service, Error> {
    let enabled = row.flag("enable", false);
    Ok(Service { id: row.integer("id")?, enabled, state: row.text_or_none("state") })
}

fn read_session(row: &Row) -> Result<Session, Error> {
    Ok(Session {
        initiator: row.text("initiator")?,
        address: row.text_or_none("initiator_addr"),
        target: row.text("target")?,
    })
}
