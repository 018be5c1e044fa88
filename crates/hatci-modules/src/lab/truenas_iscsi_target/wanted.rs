//! The unit that a task asks for, checked as far as that needs no server.
use ansible_module::{Failure, Secret};
use std::{collections::BTreeSet, net::IpAddr};

/// What a target's group of initiators is called, so that its task knows it again.
pub(super) fn comment_of(name: &str) -> String {
    format!("hatci.automation {name}")
}

/// The unit.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Of target and extent.
    pub(super) name: String,
    /// With its pool. None only for what is to go.
    pub(super) volume: Option<String>,
    /// In bytes. None: as it is.
    pub(super) size: Option<u64>,
    pub(super) sparse: bool,
    /// In bytes. None: as it is.
    pub(super) blocksize: Option<u64>,
    /// None: any.
    pub(super) lun: Option<u64>,
    /// None: any.
    pub(super) portal: Option<String>,
    /// None: as it is.
    pub(super) initiators: Option<BTreeSet<String>>,
    /// None: as it is.
    pub(super) chap: Option<ChapUser>,
    /// Whether the secret is written even if it can't be compared.
    pub(super) update_secret: bool,
    /// Whether sessions don't matter.
    pub(super) force: bool,
}

/// Who may log in.
#[derive(Debug)]
pub(super) struct ChapUser {
    pub(super) user: String,
    pub(super) secret: Secret,
}

/// The longest name of an extent.
const LONGEST_NAME: usize = 64;
/// The largest logical unit number.
pub(super) const MOST_LUN: u64 = 16382;

impl Wanted {
    /// Refuses what TrueNAS would refuse, or could never be booted from.
    pub(super) fn check(&self) -> Result<(), Failure> {
        check_name(&self.name)?;
        if let Some(volume) = &self.volume {
            check_volume(volume)?;
        }
        if self.lun.is_some_and(|lun| lun > MOST_LUN) {
            return Err(Failure::invalid(format!("lun is larger than {MOST_LUN}. Give a smaller number.")));
        }
        if self.size == Some(0) {
            return Err(Failure::invalid("size is 0. Give the size of the zvol, such as 100G."));
        }
        for name in self.initiators.iter().flatten() {
            if name.trim().is_empty() || name.chars().any(char::is_whitespace) {
                return Err(Failure::invalid(format!(
                    "initiators contains {name:?}, which is not the name of an initiator. Give names such as iqn.1994-05.com.redhat:bench1."
                )));
            }
        }
        self.chap.as_ref().map_or(Ok(()), check_chap)
    }
}

fn check_name(name: &str) -> Result<(), Failure> {
    let refuse = |why: &str| Err(Failure::invalid(format!("name {name:?} {why}")));
    if name.is_empty() || name.len() > LONGEST_NAME {
        return refuse("is not 1 to 64 characters long. Give a short name, such as bench1.");
    }
    if ["iqn.", "eui.", "naa."].iter().any(|prefix| name.to_ascii_lowercase().starts_with(prefix)) {
        return refuse(
            "looks like a whole IQN, but TrueNAS puts its own base name before it. Give only the part after the colon; the IQN is returned as `iqn`.",
        );
    }
    if name.contains('_') {
        return refuse("contains an underscore, which no IQN may have. Use a dash instead.");
    }
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:".contains(&b)) {
        return refuse("contains a character that no IQN may have. Use only a-z, 0-9, dot, dash and colon.");
    }
    Ok(())
}

fn check_volume(volume: &str) -> Result<(), Failure> {
    let refuse = |why: &str| Err(Failure::invalid(format!("volume {volume:?} {why}")));
    let parts: Vec<_> = volume.split('/').collect();
    if parts.len() < 2 || parts.iter().any(|part| part.trim().is_empty()) {
        return refuse("does not name a zvol in a pool. Give it as POOL/NAME, such as tank/bench1.");
    }
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "-_.: /".contains(c);
    if !volume.chars().all(is_fine) || parts.iter().any(|part| [".", ".."].contains(part)) {
        return refuse(
            "contains a character that no zvol may have. Use letters, digits, dash, underscore, dot and colon.",
        );
    }
    Ok(())
}

fn check_chap(chap: &ChapUser) -> Result<(), Failure> {
    if chap.user.trim().is_empty() {
        return Err(Failure::invalid("chap.user is empty. Give the name that the initiator logs in with."));
    }
    let secret = chap.secret.expose();
    let why = match secret.chars().count() {
        0..=11 | 17.. => "is not 12 to 16 characters long, as TrueNAS requires",
        _ if secret.contains('#') => "contains a #, which TrueNAS refuses",
        _ if secret.trim() != secret => "begins or ends with a blank, which TrueNAS refuses",
        _ => return Ok(()),
    };
    Err(Failure::invalid(format!("chap.secret {why}. Give another one.")))
}

/// The form in which addresses can be compared.
pub(super) fn same_address(one: &str, other: &str) -> bool {
    match (one.parse::<IpAddr>(), other.parse::<IpAddr>()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_not_be_booted_from_are_refused() {
        for (name, why) in [
            ("", "1 to 64"),
            (&"x".repeat(65), "1 to 64"),
            ("iqn.2005-10.org.freenas.ctl:bench1", "whole IQN"),
            ("IQN.x", "whole IQN"),
            ("r630_01", "underscore"),
            ("Bench1", "no IQN may have"),
            ("bench 1", "no IQN may have"),
            ("bänk", "no IQN may have"),
        ] {
            let refused = check_name(name).unwrap_err().msg;
            assert!(refused.contains(why), "{name}: {refused}");
        }
        for name in ["bench1", "iscsi.r630-01.openshift4-18", "a:b", "iqns"] {
            check_name(name).unwrap();
        }
    }

    #[test]
    fn zvols_are_named_with_their_pool() {
        for volume in
            ["tank", "", "/tank/x", "tank//x", "tank/x/", "tank/../x", "tank/x%2f", "tank/é", "tank/ /x"]
        {
            assert!(check_volume(volume).is_err(), "{volume}");
        }
        for volume in ["tank/x", "tank/lab/r630_01 4.18:a-b"] {
            check_volume(volume).unwrap();
        }
    }

    #[test]
    fn secrets_that_truenas_refuses_are_never_sent_nor_shown() {
        let check = |secret: &str| check_chap(&ChapUser { user: "u".into(), secret: Secret::new(secret) });
        for secret in
            ["eleven-sign", "seventeen-signs-x", "with#sign-1234", " blank-1234567", "blank-1234567 "]
        {
            let refused = check(secret).unwrap_err().msg;
            assert!(!refused.contains(secret.trim()), "{refused}");
        }
        check("twelve-signs").unwrap();
        check("sixteen--signs16").unwrap();
    }
}
