//! The demo's lab: a SUMS simulator, an ARA server, and a bench with mock drivers that a Jumpstarter controller lends out.

use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;
use serde_json::{Value, json};

use crate::environment::{cargo, program};
use crate::error::Result;
use crate::process;
use crate::server::Server;
use crate::tree;
use crate::venv::{self, ARA, JUMPSTARTER};

/// The bench that the shipped `vehicle.yml` names.
const EXPORTER: &str = "vehicle_001";
const EXPORTER_TOKEN: &str = "demo-exporter-token";
const CLIENT: &str = "demo";
/// In a JWT's three parts, since `jmp` looks for the `exp` in it: the year 2100.
const CLIENT_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJleHAiOjQxMDI0NDQ4MDB9.demo";

/// The running servers. They end in this order: the exporter says goodbye to the controller.
pub(crate) struct Lab {
    exporter: Server,
    controller: Server,
    ara: Server,
    sums: Server,
    pub(crate) sums_url: String,
    pub(crate) ara_url: String,
    pub(crate) controller_endpoint: String,
    /// The configuration with which a client reaches the controller.
    pub(crate) client_config: PathBuf,
}

impl Lab {
    /// The token for the SUMS simulator.
    pub(crate) const SUMS_TOKEN: &str = "demo-token";

    /// Starts all servers on free ports; what they write goes to `folder`. With `keep` they run on after this process.
    pub(crate) fn start(folder: &Path, keep: bool) -> Result<Self> {
        let (sums, sums_url) = sums_sim(&["--step", "1s", "--token", Self::SUMS_TOKEN], folder, keep)?;

        let mut ara = program(&venv::folder(ARA), "python", &["ara_server.py", "--login=none", "--token="])?;
        ara.current_dir(tree::root().join("tests/e2e")).arg(folder.join("ara"));
        let mut ara = Server::start("ara", ara, folder, keep)?;
        let [ara_url] = ara.told()?;

        let mut controller = program(&venv::folder(JUMPSTARTER), "python", &["controller.py"])?;
        controller.current_dir(tree::root().join("tests/jumpstarter_controller")).args([
            format!("--client={CLIENT}={CLIENT_TOKEN}"),
            format!("--exporter={EXPORTER}:exporter={EXPORTER}"),
            format!("--exporter-token={EXPORTER}={EXPORTER_TOKEN}"),
        ]);
        let mut controller = Server::start("controller", controller, folder, keep)?;
        let [endpoint, ca] = controller.told()?;
        let config = |kind: &str, name: &str, token: &str, rest: Value| {
            let mut config = json!({
                "apiVersion": "jumpstarter.dev/v1alpha1",
                "kind": kind,
                "metadata": { "namespace": "lab", "name": name },
                "endpoint": endpoint,
                "tls": { "ca": ca },
                "token": token,
            });
            // JSON is YAML, too.
            let path = folder.join(format!("{name}.yaml"));
            if let (Some(config), Value::Object(rest)) = (config.as_object_mut(), rest) {
                config.extend(rest);
            }
            fs::write(&path, config.to_string()).map(|()| path)
        };
        let drivers = json!({ "drivers": { "allow": [], "unsafe": true } });
        let client_config = config("ClientConfig", CLIENT, CLIENT_TOKEN, drivers)?;
        let export = json!({ "export": {
            "power": { "type": "jumpstarter_driver_power.driver.MockPower" },
            "serial": { "type": "jumpstarter_driver_pyserial.driver.PySerial", "config": { "url": "loop://" } },
        } });
        let exporter_config = config("ExporterConfig", EXPORTER, EXPORTER_TOKEN, export)?;

        let mut run = program(&venv::folder(JUMPSTARTER), "jmp", &["run", "--exporter-config"])?;
        run.arg(exporter_config);
        let mut exporter = Server::start("exporter", run, folder, keep)?;
        exporter.said("Currently not leased")?;
        Ok(Self {
            exporter,
            controller,
            ara,
            sums,
            sums_url,
            ara_url,
            controller_endpoint: endpoint,
            client_config,
        })
    }

    /// The processes, in the order in which to end them.
    pub(crate) fn process_ids(&self) -> [u32; 4] {
        [&self.exporter, &self.controller, &self.ara, &self.sums].map(Server::process_id)
    }
}

/// The simulator, and its URL.
pub(crate) fn sums_sim(args: &[&str], folder: &Path, keep: bool) -> Result<(Server, String)> {
    process::run(&mut cargo(&["build", "--quiet", "--package", "sums-sim"]))?;
    let mut command = Command::new(tree::target("debug/sums-sim"));
    command.args(args);
    if !keep {
        command.arg("--exit-with-parent");
    }
    let mut server = Server::start("sums-sim", command, folder, keep)?;
    let [url] = server.told()?;
    Ok((server, url))
}
