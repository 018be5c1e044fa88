//! A real data path behind the stand-in: what it exports, tgt (a target in user space) serves over iSCSI.
//!
//! tgt keeps LUN 0 for itself, so LUN n of TrueNAS is LUN n + 1 there.
use super::store::Store;
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

#[derive(Clone, Debug)]
pub(crate) struct DataPath {
    /// The program `tgtadm`, or a script that calls it with what it needs.
    tgtadm: PathBuf,
    /// Where the zvols are files.
    folder: PathBuf,
}

impl DataPath {
    pub(crate) fn of(tgtadm: Option<&PathBuf>, folder: Option<&PathBuf>) -> Option<Self> {
        Some(Self { tgtadm: tgtadm?.clone(), folder: folder?.clone() })
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new(&self.tgtadm).args(["--lld", "iscsi"]).args(arguments).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
    }

    /// Makes files and targets what the store says. Only what nobody is logged in to is made anew.
    pub(crate) fn follow(&self, store: &Store) {
        for zvol in store.rows("pool.dataset").iter().filter(|row| row["type"] == "VOLUME") {
            let Some(size) = zvol["volsize"]["parsed"].as_u64() else { continue };
            let file = self.file(zvol["id"].as_str().unwrap_or_default());
            let file = fs::File::options().create(true).truncate(false).write(true).open(file);
            let _ = file.and_then(|file| file.set_len(size));
        }
        let exists = |file: &Path| {
            store
                .rows("pool.dataset")
                .iter()
                .any(|row| row["id"].as_str().is_some_and(|id| self.file(id) == file))
        };
        for file in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if file.path().extension().is_some_and(|it| it == "zvol") && !exists(&file.path()) {
                let _ = fs::remove_file(file.path());
            }
        }
        let in_use: Vec<_> = self.sessions().iter().map(|session| session["target"].clone()).collect();
        for (id, name) in self.targets() {
            let still = store
                .rows("iscsi.target")
                .iter()
                .any(|row| store.iqn(row["name"].as_str().unwrap_or_default()) == name);
            if !still || !in_use.contains(&name.into()) {
                self.run(&["--op", "delete", "--force", "--mode", "target", "--tid", &id]);
            }
        }
        let served: Vec<_> = self.targets().into_iter().map(|(_, name)| name).collect();
        for target in store.rows("iscsi.target") {
            let name = store.iqn(target["name"].as_str().unwrap_or_default());
            if !served.contains(&name) {
                self.serve(store, target, &name);
            }
        }
    }

    fn serve(&self, store: &Store, target: &Value, name: &str) {
        let id = target["id"].to_string();
        let new = |what: &[&str]| drop(self.run(&[&["--op", "new", "--tid", &id], what].concat()));
        new(&["--mode", "target", "-T", name]);
        for mapping in store.rows("iscsi.targetextent").iter().filter(|row| row["target"] == target["id"]) {
            let extent = store.rows("iscsi.extent").iter().find(|row| row["id"] == mapping["extent"]);
            let Some(extent) = extent.filter(|extent| extent["enabled"] == true) else { continue };
            let disk = extent["disk"].as_str().unwrap_or_default().replace('+', " ");
            let file = self.file(disk.strip_prefix("zvol/").unwrap_or_default());
            let lun = (mapping["lunid"].as_u64().unwrap_or_default() + 1).to_string();
            let (file, blocksize) = (file.to_string_lossy(), extent["blocksize"].to_string());
            new(&["--mode", "logicalunit", "--lun", &lun, "-b", &file, "--blocksize", &blocksize]);
        }
        let bind = |what: &[&str]| drop(self.run(&[&["--op", "bind", "--tid", &id], what].concat()));
        for group in target["groups"].as_array().into_iter().flatten() {
            let initiators = store.rows("iscsi.initiator").iter().find(|row| row["id"] == group["initiator"]);
            let names =
                initiators.and_then(|row| row["initiators"].as_array()).filter(|names| !names.is_empty());
            match names {
                None => bind(&["--mode", "target", "-I", "ALL"]),
                Some(names) => {
                    for name in names.iter().filter_map(Value::as_str) {
                        bind(&["--mode", "target", "-Q", name]);
                    }
                }
            }
            for auth in store.rows("iscsi.auth").iter().filter(|row| row["tag"] == group["auth"]) {
                let (user, secret) =
                    (auth["user"].as_str().unwrap_or_default(), auth["secret"].as_str().unwrap_or_default());
                self.run(&["--op", "delete", "--mode", "account", "--user", user]);
                self.run(&["--op", "new", "--mode", "account", "--user", user, "--password", secret]);
                bind(&["--mode", "account", "--user", user]);
            }
        }
    }

    /// Numbers and names of what tgt serves.
    fn targets(&self) -> Vec<(String, String)> {
        let shown = self.run(&["--op", "show", "--mode", "target"]);
        let heads = shown.lines().filter_map(|line| line.strip_prefix("Target ")?.split_once(": "));
        heads.map(|(id, name)| (id.to_owned(), name.trim().to_owned())).collect()
    }

    /// Who is logged in, as `iscsi.global.sessions` shows it.
    pub(crate) fn sessions(&self) -> Vec<Value> {
        let shown = self.run(&["--op", "show", "--mode", "target"]);
        let mut target = "";
        let mut sessions = Vec::new();
        for line in shown.lines() {
            if let Some((_, name)) = line.strip_prefix("Target ").and_then(|rest| rest.split_once(": ")) {
                target = name.trim();
            }
            if let Some(initiator) = line.trim().strip_prefix("Initiator: ") {
                let initiator = initiator.split(" alias:").next().unwrap_or_default();
                sessions
                    .push(json!({ "initiator": initiator, "initiator_addr": "127.0.0.1", "target": target }));
            }
        }
        sessions
    }

    fn file(&self, zvol: &str) -> PathBuf {
        self.folder.join(format!("{}.zvol", zvol.replace('/', "~")))
    }
}
