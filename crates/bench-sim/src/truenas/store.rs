//! What the machine has: rows of tables, sessions and jobs.
use super::{
    options::{Options, Release},
    refused::{ENOENT, Refused},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) struct Store {
    pub(crate) options: Options,
    tables: BTreeMap<&'static str, Vec<Value>>,
    last_id: u64,
    /// Who is logged in: initiator, address and target (IQN).
    pub(crate) sessions: Vec<Value>,
    pub(crate) jobs: Vec<Value>,
}

impl Store {
    pub(crate) fn new(options: &Options) -> Self {
        let mut store = Self {
            tables: BTreeMap::new(),
            last_id: 0,
            sessions: vec![],
            jobs: vec![],
            options: options.clone(),
        };
        let state = if options.running { "RUNNING" } else { "STOPPED" };
        for name in ["ssh", "iscsitarget"] {
            let running = name == "iscsitarget" && options.running;
            store
                .insert("service", json!({ "service": name, "enable": running, "state": state, "pids": [] }));
        }
        for ip in &options.portal {
            let tag = store.rows("iscsi.portal").len() + 1;
            store.insert(
                "iscsi.portal",
                json!({ "tag": tag, "listen": [{ "ip": ip, "port": 3260 }], "comment": "" }),
            );
        }
        store
    }

    pub(crate) fn release(&self) -> Release {
        self.options.release
    }

    pub(crate) fn rows(&self, table: &str) -> &[Value] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }

    /// Adds a row; it gets an id unless it has one.
    pub(crate) fn insert(&mut self, table: &'static str, mut row: Value) -> Value {
        if row["id"].is_null() {
            self.last_id += 1;
            row["id"] = self.last_id.into();
        }
        self.tables.entry(table).or_default().push(row.clone());
        row
    }

    pub(crate) fn row(&mut self, table: &str, id: &Value) -> Result<&mut Value, Refused> {
        let rows = self.tables.get_mut(table).into_iter().flatten();
        rows.into_iter().find(|row| row["id"] == *id).ok_or_else(|| Refused::missing(table, id))
    }

    pub(crate) fn remove(&mut self, table: &str, keeps: impl Fn(&Value) -> bool) {
        if let Some(rows) = self.tables.get_mut(table) {
            rows.retain(keeps);
        }
    }

    /// The machine's own name for a target.
    pub(crate) fn iqn(&self, target: &str) -> String {
        format!("{}:{target}", self.options.basename)
    }

    /// Whether somebody is logged in to a target. Of one that is named like an IQN the middleware looks for the bare name, and finds nobody.
    pub(crate) fn is_in_use(&self, target: &str) -> bool {
        let looked_for = if target.starts_with("iqn.") { target.to_owned() } else { self.iqn(target) };
        self.sessions.iter().any(|session| session["target"] == *looked_for)
    }
}

/// What the API says of a dataset that isn't there.
pub(crate) fn no_dataset(id: &Value) -> Refused {
    Refused::Invalid(vec![(Some("id".to_owned()), format!("{id} does not exist"), ENOENT)])
}
