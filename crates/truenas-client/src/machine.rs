//! The machine itself: its release and its pools.
use crate::{
    Client, Error,
    ask::{Ask, path},
};
use serde_json::{Map, Value};

/// A storage pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// The first part of the names of its datasets.
    pub name: String,
    /// Such as `ONLINE` or `DEGRADED`.
    pub status: String,
    /// Whether nothing is wrong with it.
    pub healthy: bool,
    /// In bytes, if the server shows it.
    pub free: Option<u64>,
    /// In bytes, if the server shows it.
    pub allocated: Option<u64>,
    /// In bytes, if the server shows it.
    pub size: Option<u64>,
}

impl Client {
    /// What the machine says of itself: `version`, `hostname` and more.
    pub fn system(&self) -> Result<Map<String, Value>, Error> {
        let ask = Ask::read("system.info", vec![], path("system.info"));
        match self.ask(&ask)? {
            Value::Object(system) => Ok(system),
            _ => Err(Error::Unreadable { method: ask.method, why: "it is not an object".into() }),
        }
    }

    /// All pools.
    pub fn pools(&self) -> Result<Vec<Pool>, Error> {
        self.rows(&Ask::rows("pool"), |row| {
            Ok(Pool {
                name: row.text("name")?,
                status: row.text_or_none("status"),
                healthy: row.flag("healthy", false),
                free: row.maybe_integer("free"),
                allocated: row.maybe_integer("allocated"),
                size: row.maybe_integer("size"),
            })
        })
    }
}
