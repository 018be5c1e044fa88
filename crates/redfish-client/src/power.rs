//! The server's power: started, or restarted in the gentlest way that it offers.
use crate::{
    Client, Error, System,
    client::Repeat,
    link::{SYSTEM, action},
};
use serde_json::{Value, json};
use std::time::Duration;

/// How long an operating system may take to shut down before it is switched off.
const SHUTDOWN: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_secs(1);

impl Client {
    /// Starts the server if it is off, restarts it otherwise. Returns the words for what was done.
    pub fn restart(&self) -> Result<&'static str, Error> {
        let system = self.system()?;
        if system.power == "Off" {
            self.reset(&system, "On")?;
            return Ok("on");
        }
        if system.offers("GracefulRestart") {
            self.reset(&system, "GracefulRestart")?;
            return Ok("graceful_restart");
        }
        if !system.offers("GracefulShutdown") {
            self.reset(&system, "ForceRestart")?;
            return Ok("force_restart");
        }
        self.reset(&system, "GracefulShutdown")?;
        let is_off = self.wait_until_off(SHUTDOWN)?;
        if !is_off {
            self.say("the operating system does not shut down, so the server is switched off");
            self.reset(&system, "ForceOff")?;
            if !self.wait_until_off(SHUTDOWN)? {
                return Err(Error::TooLong {
                    what: format!(
                        "The server is still on {} s after it was switched off",
                        SHUTDOWN.as_secs()
                    ),
                    remedy: "Check its console and the Lifecycle Log of the iDRAC".into(),
                });
            }
        }
        self.reset(&system, "On")?;
        Ok(if is_off { "graceful_shutdown_and_on" } else { "force_off_and_on" })
    }

    /// Restarts the server without asking its operating system, which has not answered.
    pub fn force_restart(&self) -> Result<&'static str, Error> {
        let system = self.system()?;
        let kind = if system.power == "Off" { "On" } else { "ForceRestart" };
        self.reset(&system, kind)?;
        Ok(if kind == "On" { "on" } else { "force_restart" })
    }

    fn wait_until_off(&self, timeout: Duration) -> Result<bool, Error> {
        let start = self.clock.now();
        loop {
            if self.system()?.power == "Off" {
                return Ok(true);
            }
            let left = timeout.saturating_sub(self.since(start));
            if left.is_zero() {
                return Ok(false);
            }
            self.clock.sleep(PAUSE.min(left));
        }
    }

    /// One action. Where its outcome shows in the power state, that decides.
    fn reset(&self, system: &System, kind: &str) -> Result<(), Error> {
        let target = action(&system.body["Actions"], "Reset")
            .unwrap_or(format!("{SYSTEM}/Actions/ComputerSystem.Reset"));
        let Err(error) = self.post(&target, &json!({ "ResetType": kind }), Repeat::Harmful) else {
            return Ok(());
        };
        let wanted = match kind {
            "On" => Some("On"),
            "ForceOff" | "GracefulShutdown" => Some("Off"),
            _ => None,
        };
        // "Server is already powered ON" is no failure if that was asked for.
        let is_already = error.status() == Some(409) || error.says("PSU501") || error.says("PSU502");
        if !is_already && !error.may_have_acted() {
            return Err(error);
        }
        if wanted.is_some_and(|wanted| self.system().is_ok_and(|now| now.power.ends_with(wanted))) {
            return Ok(());
        }
        if is_already || error.refusal().is_some_and(|it| it.status < 500) {
            return Err(error);
        }
        Err(Error::UnknownOutcome {
            what: format!("the server was reset ({kind})"),
            cause: error.to_string(),
            remedy: "Check its console; if it did not restart, run the task again".into(),
        })
    }
}

impl System {
    /// Whether the server offers this kind of reset. One that doesn't say offers all.
    fn offers(&self, kind: &str) -> bool {
        let reset =
            self.body["Actions"]["#ComputerSystem.Reset"]["ResetType@Redfish.AllowableValues"].as_array();
        reset.is_none_or(|all: &Vec<Value>| all.iter().any(|it| it == kind))
    }
}
