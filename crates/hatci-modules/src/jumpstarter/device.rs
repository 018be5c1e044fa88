//! Which device a module works on, and running commands there.
use super::client::{JumpstarterClient, failed};
use crate::seconds::seconds;
use ansible_module::{Failure, Options, Task};
use hardened_host::read_named_file;
use jumpstarter::{
    CommandOutput, Device, Environment, Error, ExporterConfig, JmpProgram, Room, Shell, exporter_directories,
    exporter_file,
};
use std::{path::PathBuf, time::Duration};

/// In bytes; more is no configuration.
const LARGEST_CONFIG: u64 = 1 << 20;

/// Which device: one that is leased, or one of this machine.
#[derive(Options)]
#[options(
    mutually_exclusive(exporter, exporter_config, lease),
    required_one_of(exporter, exporter_config, lease)
)]
pub(crate) struct DeviceOptions {
    /// The name of an exporter on this machine, as for `jmp shell --exporter`.
    exporter: Option<String>,
    /// The configuration file of an exporter on this machine, as for `jmp shell --exporter-config`.
    exporter_config: Option<PathBuf>,
    /// The name of a lease whose bench is assigned, as returned by `jumpstarter_lease`.
    #[option(aliases("lease_name"))]
    lease: Option<String>,
    #[option(flatten)]
    client: JumpstarterClient,
}

impl DeviceOptions {
    fn device(&self, task: &Task) -> Result<Device, Failure> {
        match (&self.exporter, &self.exporter_config, &self.lease) {
            (Some(name), ..) => {
                // Of the files of that name, `jmp` reads the first.
                for directory in exporter_directories(&Environment::of_this_process()) {
                    let file = exporter_file(&directory, name).ok();
                    if let Some(text) = file.and_then(|file| read_named_file(&file, LARGEST_CONFIG).ok()) {
                        conceal_token(&text, task);
                    }
                }
                Ok(Device::Exporter(name.clone()))
            }
            (_, Some(path), _) => {
                // `jmp` would wait for a pipe, and read a device for ever.
                let text = read_named_file(path, LARGEST_CONFIG).map_err(|e| {
                    Failure::invalid(format!(
                        "exporter_config {} can't be used: {e}. Give the path of an exporter's configuration file.",
                        path.display()
                    ))
                })?;
                conceal_token(&text, task);
                Ok(Device::ExporterConfig(path.clone()))
            }
            (.., Some(name)) => {
                Ok(Device::Lease { name: name.clone(), client: self.client.source(task).choice })
            }
            _ => Err(Failure::invalid("No device was given. Set `lease`, `exporter` or `exporter_config`.")),
        }
    }
}

/// A command may show the exporter's file, whose token is as secret as the client's. A file that can't be read as a configuration
/// is left to `jmp`.
fn conceal_token(text: &[u8], task: &Task) {
    let config = ExporterConfig::parse(&String::from_utf8_lossy(text)).ok();
    if let Some(token) = config.and_then(|config| config.token).filter(|token| !token.expose().is_empty()) {
        task.conceal(token.expose());
    }
}

/// A command may show its environment, with what `jmp` and proxies are logged in to.
fn conceal_environment(task: &Task) {
    for (name, value) in std::env::vars_os() {
        let (name, value) = (name.to_string_lossy().to_ascii_uppercase(), value.to_string_lossy());
        if name == "JMP_TOKEN" {
            task.conceal(&value);
        } else if name.ends_with("_PROXY")
            && let Some((login, _)) = value.rsplit_once('@')
            && let Some((_, password)) = login.rsplit_once(':').filter(|(_, password)| !password.is_empty())
        {
            task.conceal(password);
        }
    }
}

/// Commands for a device.
pub(crate) struct Session {
    shell: Shell,
    timeout: Duration,
    task: Task,
}

impl Session {
    pub(crate) fn new(
        device: &DeviceOptions,
        commands: Vec<String>,
        stops_at_failure: bool,
        room: Room,
        timeout: u64,
        task: &Task,
    ) -> Result<Self, Failure> {
        let timeout = seconds("timeout", timeout)?;
        conceal_environment(task);
        let jmp = JmpProgram::find().map_err(|e| failed(&e))?;
        let shell = Shell { jmp, device: device.device(task)?, commands, stops_at_failure, room };
        Ok(Session { shell, timeout, task: task.clone() })
    }

    /// Runs the commands. `take` is given each that has ended, also if a later one does not end in time. Returns what `jmp` said.
    pub(crate) fn run(&self, take: &mut dyn FnMut(CommandOutput)) -> Result<String, Failure> {
        let running = self.shell.clone().start().map_err(|e| failed(&e))?;
        let stop = running.stopper();
        let _stop = self.task.on_interrupt(move || {
            stop.end();
            "The command and everything it had started were stopped.".into()
        });
        let total = self.shell.commands.len();
        let mut ended = 0;
        let mut tell = |ran: CommandOutput| {
            ended += 1;
            self.task
                .progress(&format!("{} (command {ended} of {total}) ended with {}", ran.command, ran.code));
            take(ran);
        };
        running.wait(self.timeout, &|text| self.task.mask_text(text), &mut tell).map_err(|e| match e {
            Error::NoDevice { .. } => failed(&e).unchanged(),
            _ => failed(&e),
        })
    }
}

/// The failure of a command.
pub(crate) fn command_failed(ran: &CommandOutput) -> Failure {
    let said = if ran.last_line.is_empty() {
        "It produced no output".to_owned()
    } else {
        format!("It said: {}", ran.last_line.trim_end_matches('.'))
    };
    Failure::new(
        ansible_module::ErrorKind::Failed,
        format!(
            "The command {:?} ended with {}. {said}. Check the device, or correct the command.",
            ran.command, ran.code
        ),
    )
}
