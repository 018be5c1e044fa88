//! The demo's lab: a SUMS simulator, an ARA server, and a Jumpstarter controller with a bench of mock drivers.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::controller::Controller;
use crate::environment::{cargo, program};
use crate::error::Result;
use crate::process;
use crate::server::Server;
use crate::tree;
use crate::venv::{self, ARA, JUMPSTARTER};

/// The bench that the shipped `vehicle.yml` names.
const EXPORTER: &str = "vehicle_001";
const EXPORTER_TOKEN: &str = "demo-exporter-token";

/// The running servers. They stop in this order: the exporter signs off at the controller.
pub(crate) struct Lab {
    exporter: Server,
    pub(crate) controller: Controller,
    ara: Server,
    sums: Server,
    pub(crate) sums_url: String,
    pub(crate) ara_url: String,
    /// The client's configuration for the controller.
    pub(crate) client_config: PathBuf,
}

impl Lab {
    /// The token for the SUMS simulator.
    pub(crate) const SUMS_TOKEN: &str = "demo-token";

    /// Starts all servers on free ports; their output goes to `folder`. With `keep` they outlive this process.
    pub(crate) fn start(folder: &Path, keep: bool) -> Result<Self> {
        let (sums, sums_url) = sums_sim(&["--step", "1s", "--token", Self::SUMS_TOKEN], folder, keep)?;

        let (ara, ara_url) = ara_server(folder, keep)?;

        let controller = Controller::start(
            &[
                format!("--exporter={EXPORTER}:exporter={EXPORTER}"),
                format!("--exporter-token={EXPORTER}={EXPORTER_TOKEN}"),
            ],
            folder,
            keep,
        )?;
        let client_config = controller.client_config()?;
        let export = json!({
            "power": { "type": "jumpstarter_driver_power.driver.MockPower" },
            "serial": { "type": "jumpstarter_driver_pyserial.driver.PySerial", "config": { "url": "loop://" } },
        });
        let exporter_config = controller.exporter_config(EXPORTER, EXPORTER_TOKEN, &export)?;

        let mut run = program(&venv::folder(JUMPSTARTER), "jmp", &["run", "--exporter-config"])?;
        run.arg(exporter_config);
        let mut exporter = Server::start("exporter", run, folder, keep)?;
        exporter.said("Currently not leased")?;
        Ok(Self { exporter, controller, ara, sums, sums_url, ara_url, client_config })
    }

    /// The processes, in the order in which to stop them.
    pub(crate) fn process_ids(&self) -> [u32; 4] {
        let [exporter, ara, sums] = [&self.exporter, &self.ara, &self.sums].map(Server::process_id);
        [exporter, self.controller.process_id(), ara, sums]
    }
}

/// Starts a real ARA server without login, and returns it with its URL.
pub(crate) fn ara_server(folder: &Path, keep: bool) -> Result<(Server, String)> {
    let mut command = program(&venv::folder(ARA), "python", &["ara_server.py", "--login=none", "--token="])?;
    command.current_dir(tree::root().join("tests/e2e")).arg(folder.join("ara"));
    let mut server = Server::start("ara", command, folder, keep)?;
    let [url] = server.told()?;
    Ok((server, url))
}

/// Starts the simulator, and returns it with its URL.
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
