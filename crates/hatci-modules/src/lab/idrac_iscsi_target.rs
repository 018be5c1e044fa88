//! The iSCSI target and the login at it, as a task gives them.
use super::idrac_iscsi_settings::{Target, Wanted};
use ansible_module::{Choices, Failure, Options, Secret};
use std::net::IpAddr;

/// A target.
#[derive(Options)]
pub(crate) struct TargetOptions {
    /// Its full name, such as `iqn.2005-10.org.freenas.ctl:bench1`.
    iqn: String,
    /// Its IP address.
    address: String,
    /// Its port.
    #[option(default = 3260)]
    port: u16,
    /// The number of the LUN.
    #[option(default = 0)]
    lun: u16,
}

/// A login.
#[derive(Options)]
pub(crate) struct ChapOptions {
    /// The user.
    user: String,
    /// The secret: 12 to 16 characters.
    secret: Secret,
}

/// When a secret is sent that can't be read back.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum UpdateSecret {
    /// When the login is set or its user changes.
    OnCreate,
    /// Always; each run of the task then changes something.
    Always,
}

/// Whether there is to be a target.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum IscsiState {
    /// It boots from it.
    Present,
    /// It boots from no target: its settings are the factory's.
    Absent,
}

impl TargetOptions {
    /// The settings to boot from it.
    pub(crate) fn wanted(
        &self,
        dhcp: bool,
        initiator: Option<&str>,
        chap: Option<&ChapOptions>,
    ) -> Result<Wanted, Failure> {
        check_iqn(&self.iqn)?;
        check_address(&self.address)?;
        if self.port == 0 {
            return Err(Failure::invalid(
                "target.port: 0 is not a port. Give the port of the target, usually 3260.",
            ));
        }
        if let Some(chap) = chap {
            check_secret(&chap.secret)?;
        }
        let target = Target { iqn: &self.iqn, address: &self.address, port: self.port, lun: self.lun };
        let chap = chap.map(|it| (it.user.as_str(), it.secret.expose()));
        Ok(Wanted::target(&target, dhcp, initiator, chap))
    }
}

/// A network adapter asks no name server.
fn check_address(address: &str) -> Result<(), Failure> {
    if address.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    let msg = format!(
        "target.address: {address:?} is not an IP address, and a network adapter can't look up names. Give the IP address of the target."
    );
    Err(Failure::invalid(msg))
}

/// Refuses a secret that an iSCSI target or an adapter does not take.
fn check_secret(secret: &Secret) -> Result<(), Failure> {
    let length = secret.expose().chars().count();
    if (SHORTEST_SECRET..=LONGEST_SECRET).contains(&length) {
        return Ok(());
    }
    let msg = format!(
        "chap.secret has {length} characters. Give one of {SHORTEST_SECRET} to {LONGEST_SECRET} characters, the same as on the target."
    );
    Err(Failure::invalid(msg))
}

/// What both iSCSI targets and adapters take.
const SHORTEST_SECRET: usize = 12;
const LONGEST_SECRET: usize = 16;

/// Refuses a name that no server boots from.
fn check_iqn(iqn: &str) -> Result<(), Failure> {
    let is_name = ["iqn.", "eui.", "naa."].iter().any(|start| iqn.to_lowercase().starts_with(start));
    let why = if !is_name {
        "does not begin with iqn., eui. or naa."
    } else if iqn.contains('_') {
        "contains _, and no server can boot from such a name"
    } else if iqn.contains(char::is_whitespace) {
        "contains a blank"
    } else {
        return Ok(());
    };
    Err(Failure::invalid(format!("target.iqn: {iqn:?} {why}. Give the whole name of the target.")))
}
