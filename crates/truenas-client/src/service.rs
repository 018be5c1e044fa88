//! The iSCSI service: whether it runs, what it is called, and who is logged in.
use crate::{
    Client, Error,
    ask::{Ask, path},
    fields::{Row, object},
    refusal::Refusal,
};
use http_exchange::Kind;
use serde_json::{Value, json};

const SERVICES: &str = "service";
const ISCSI: &str = "iscsitarget";

/// The iSCSI service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
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
        let named = |row: &Row| Ok((row.text("service")?, read_service(row)));
        let found = self.rows(&ask, named)?.into_iter().find(|(name, _)| name == ISCSI);
        let why = || format!("there is no service {ISCSI}");
        found.map(|(_, service)| service).ok_or_else(|| Error::Unreadable { method: ask.method, why: why() })
    }

    /// Has the iSCSI service start with the machine.
    pub fn enable_iscsi(&self) -> Result<(), Error> {
        self.ask(&Ask::update(SERVICES, &ISCSI.into(), object([("enable", true.into())]))).map(drop)
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
        match self.ask(&ask)? {
            Value::Bool(false) => {
                let text = "the service did not start".to_owned();
                let refusal = Refusal { kind: Kind::Failed, text, errno: None, fields: vec![] };
                Err(Error::Refused { method: ask.method, refusal })
            }
            _ => Ok(()),
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
        self.rows(&ask, |row| {
            Ok(Session {
                initiator: row.text("initiator")?,
                address: row.text_or_none("initiator_addr"),
                target: row.text("target")?,
            })
        })
    }
}

fn read_service(row: &Row) -> Service {
    Service { enabled: row.flag("enable", false), state: row.text_or_none("state") }
}
