//! The tests' Jumpstarter controller, and the configurations of its clients and exporters.

use std::path::{Path, PathBuf};

use fs_err as fs;
use serde_json::{Value, json};

use crate::environment::program;
use crate::error::Result;
use crate::server::Server;
use crate::tree;
use crate::venv::{self, JUMPSTARTER};

const CLIENT: &str = "ci";
/// A JWT, since `jmp` reads its `exp`: the year 2100.
const CLIENT_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJleHAiOjQxMDI0NDQ4MDB9.ci";

/// A running controller with one client.
pub(crate) struct Controller {
    server: Server,
    folder: PathBuf,
    pub(crate) endpoint: String,
    /// In the format of `tls.ca`.
    ca: String,
}

impl Controller {
    /// Starts it on a free port; `args` name its exporters. Its output and its clients' configurations go to `folder`.
    pub(crate) fn start(args: &[String], folder: &Path, keep: bool) -> Result<Self> {
        let mut controller = program(&venv::folder(JUMPSTARTER), "python", &["controller.py"])?;
        controller
            .current_dir(tree::root().join("tests/jumpstarter_controller"))
            .arg(format!("--client={CLIENT}={CLIENT_TOKEN}"))
            .args(args);
        let mut server = Server::start("controller", controller, folder, keep)?;
        let [endpoint, ca] = server.told()?;
        Ok(Self { server, folder: folder.into(), endpoint, ca })
    }

    /// Writes a client's configuration; returns its path.
    pub(crate) fn client_config(&self) -> Result<PathBuf> {
        let drivers = json!({ "drivers": { "allow": [], "unsafe": true } });
        self.config("ClientConfig", CLIENT, CLIENT_TOKEN, drivers)
    }

    /// Writes an exporter's configuration; returns its path. `export` names its drivers.
    pub(crate) fn exporter_config(&self, name: &str, token: &str, export: &Value) -> Result<PathBuf> {
        self.config("ExporterConfig", name, token, json!({ "export": export }))
    }

    fn config(&self, kind: &str, name: &str, token: &str, rest: Value) -> Result<PathBuf> {
        let mut config = json!({
            "apiVersion": "jumpstarter.dev/v1alpha1",
            "kind": kind,
            "metadata": { "namespace": "lab", "name": name },
            "endpoint": self.endpoint,
            "tls": { "ca": self.ca },
            "token": token,
        });
        if let (Some(config), Value::Object(rest)) = (config.as_object_mut(), rest) {
            config.extend(rest);
        }
        // JSON is YAML, too.
        let path = self.folder.join(format!("{name}.yaml"));
        fs::write(&path, config.to_string())?;
        Ok(path)
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.server.process_id()
    }
}
