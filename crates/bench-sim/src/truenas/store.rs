//! What the machine has: rows of tables, sessions and jobs, and which method changes which.
use super::{
    access,
    data_path::DataPath,
    dataset, iscsi,
    options::{Options, Release},
    query::query,
    refused::{ENOENT, Refused},
    service,
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
    data_path: Option<DataPath>,
}

impl Store {
    pub(crate) fn new(options: &Options) -> Self {
        let mut store = Self {
            tables: BTreeMap::new(),
            last_id: 0,
            sessions: vec![],
            jobs: vec![],
            data_path: DataPath::of(options.tgtadm.as_ref(), options.data.as_ref()),
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

    /// Carries out a method that needs a login.
    pub(crate) fn carry_out(&mut self, method: &str, params: &[Value]) -> Result<Value, Refused> {
        let Some(data_path) = self.data_path.clone() else { return self.change(method, params) };
        self.sessions = data_path.sessions();
        let outcome = self.change(method, params);
        if [".create", ".update", ".delete"].iter().any(|end| method.ends_with(end)) {
            data_path.follow(self);
        }
        outcome
    }

    fn change(&mut self, method: &str, params: &[Value]) -> Result<Value, Refused> {
        let none = Value::Null;
        let first = params.first().unwrap_or(&none);
        let second = params.get(1).unwrap_or(&none);
        match method {
            "system.info" => Ok(json!({
                "version": self.release().version(), "hostname": "truenas", "cores": 8, "uptime_seconds": 1234.5,
                "buildtime": { "$date": 1_760_000_000_000_u64 },
            })),
            "core.get_jobs" => query(self.jobs.clone(), params),
            "pool.query" => query(vec![dataset::pool(self)], params),
            "pool.dataset.query" => query(self.rows("pool.dataset").to_vec(), params),
            "pool.dataset.create" => dataset::create(self, first),
            "pool.dataset.update" => dataset::update(self, first, second),
            "pool.dataset.delete" => dataset::delete(self, first, second),
            "iscsi.target.create" => iscsi::create_target(self, first),
            "iscsi.target.update" => iscsi::update_target(self, first, second),
            "iscsi.target.delete" => iscsi::delete_target(self, params),
            "iscsi.extent.create" => iscsi::create_extent(self, first),
            "iscsi.extent.update" => iscsi::update_extent(self, first, second),
            "iscsi.extent.delete" => iscsi::delete_extent(self, params),
            "iscsi.targetextent.create" => iscsi::map(self, first),
            "iscsi.targetextent.update" => iscsi::renumber(self, first, second),
            "iscsi.targetextent.delete" => iscsi::unmap(self, params),
            "iscsi.portal.create" => access::create_portal(self, first),
            "iscsi.portal.delete" => access::delete_portal(self, first),
            "iscsi.initiator.create" => access::create_initiator(self, first),
            "iscsi.initiator.delete" => access::delete_initiator(self, first),
            "iscsi.auth.create" => access::create_auth(self, first),
            "iscsi.auth.update" => access::update_auth(self, first, second),
            "iscsi.auth.delete" => access::delete_auth(self, first),
            "iscsi.auth.query" => query(access::shown_auths(self), params),
            "iscsi.global.config" => {
                let (basename, isns, portals) = (&self.options.basename, json!([]), json!(3260));
                Ok(
                    json!({ "id": 1, "basename": basename, "isns_servers": isns, "listen_port": portals, "alua": false }),
                )
            }
            "iscsi.global.sessions" => query(self.sessions.clone(), params),
            "service.update" => service::update(self, first, second),
            "service.control" if self.release() >= Release::V25_10 => service::control(self, params),
            "service.start" if self.release() < Release::V26 => service::start(self, params),
            _ => match method.strip_suffix(".query") {
                Some(table) if TABLES.contains(&table) => query(self.rows(table).to_vec(), params),
                _ => Err(Refused::NoMethod),
            },
        }
    }
}

const TABLES: [&str; 6] =
    ["iscsi.target", "iscsi.extent", "iscsi.targetextent", "iscsi.portal", "iscsi.initiator", "service"];

/// What the API says of a dataset that isn't there.
pub(crate) fn no_dataset(id: &Value) -> Refused {
    Refused::Invalid(vec![(Some("id".to_owned()), format!("{id} does not exist"), ENOENT)])
}
