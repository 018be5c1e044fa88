//! `idrac_virtual_media`
use super::idrac_connection::{IdracConnection, IdracFailure, conceal_image, failed, failed_after};
use super::phases::{Housekeeping, Phases, Processing};
use ansible_module::{
    Choices, ErrorKind, Failure, Module, Options, Plan, Results, Return, Secret, SharedResults, Task,
};
use redfish_client::{Client, Medium, VirtualCd};
use serde_json::{Map, Value, json};

/// Insert an image into the virtual CD of an iDRAC, or eject it
///
/// The iDRAC reads the image itself while the server uses it, so it must be able to reach the address. If another image is inserted, it
/// is ejected first.
///
/// # Notes
///
/// - Inserting images over Redfish needs firmware 2.75.75.75 (iDRAC8) or 3.30.30.30 (iDRAC9) or later.
///
/// # See also
///
/// - `idrac_boot`: Boot from the virtual CD once.
#[derive(Options)]
#[options(required_if(state = MediaState::Present, all(image)), required_together(username, password))]
pub struct VirtualMediaOptions {
    /// The address of the image: `http://` or `https://`, `HOST:/PATH` for NFS, or `//HOST/SHARE/PATH` for a Windows share.
    ///
    /// If `state` is `absent`, only this image is ejected; without it, whatever is inserted.
    image: Option<String>,
    /// The virtual drive.
    #[option(default = Device::Cd)]
    device: Device,
    /// The user who may read the image, for a Windows share.
    username: Option<String>,
    /// The user's password.
    password: Option<Secret>,
    /// Whether the image should be inserted.
    #[option(default = MediaState::Present)]
    state: MediaState,
    #[option(flatten)]
    connection: IdracConnection,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum Device {
    /// The virtual CD.
    Cd,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum MediaState {
    /// It is inserted.
    Present,
    /// It is not inserted.
    Absent,
}

/// What `idrac_virtual_media` returns.
#[derive(Results, Default)]
pub struct VirtualMediaResults {
    /// The image in the drive.
    #[result(returned = "when an image is inserted", sample = "http://s3.example.com/isos/agent.x86_64.iso")]
    image: Option<String>,
    /// Whether an image is inserted.
    #[result(returned = "when the iDRAC answered", sample = true)]
    inserted: Option<bool>,
    /// The virtual drive.
    #[result(returned = "always", sample = "cd")]
    device: Option<String>,
    #[result(flatten)]
    phases: Phases,
}

/// The module `idrac_virtual_media`.
pub struct IdracVirtualMedia {
    client: Client,
    task: Task,
    /// To be inserted, or alone to be ejected.
    medium: Option<Medium>,
    state: MediaState,
    device: Device,
    /// Whether the change has failed, and was reported.
    has_failed: bool,
}

impl Module for IdracVirtualMedia {
    const NAME: &'static str = "idrac_virtual_media";
    const EXAMPLES: &'static str = include_str!("idrac_virtual_media.yml");
    type Options = VirtualMediaOptions;
    type Results = VirtualMediaResults;
    type Change = VirtualCd;

    fn details() -> Vec<Return> {
        IdracFailure::returns()
    }

    fn new(options: VirtualMediaOptions, task: &Task) -> Result<Self, Failure> {
        if let Some(image) = &options.image {
            check_image(image, options.password.is_some() || options.state == MediaState::Absent)?;
            conceal_image(image, task);
        }
        let (username, password) = (options.username, options.password);
        Ok(Self {
            client: options.connection.client(task)?,
            task: task.clone(),
            medium: options.image.map(|image| Medium { image, username, password }),
            state: options.state,
            device: options.device,
            has_failed: false,
        })
    }

    fn discover(&mut self, results: &SharedResults<VirtualMediaResults>) -> Result<Plan<VirtualCd>, Failure> {
        results.update(|r| r.device = Some(self.device.as_str().into()));
        let cd = self.read()?;
        results.update(|r| {
            show(r, &cd);
            r.phases.processing = Some(Processing::default());
            r.phases.discovery = Some(shown(&cd));
        });
        let after = match (&self.medium, self.state) {
            (Some(medium), MediaState::Present) if !cd.holds(&medium.image) => {
                json!({ "image": medium.image, "inserted": true })
            }
            (_, MediaState::Absent) if !self.is_absent(&cd) => json!({ "image": null, "inserted": false }),
            _ => {
                verified(results, true);
                return Ok(Plan::Nothing);
            }
        };
        let inserts = self.state == MediaState::Present;
        self.client.check_virtual_cd(&cd, inserts).map_err(|e| failed(&e))?;
        results.update(|r| {
            let actions = self.steps(&cd);
            r.phases.processing = Some(Processing { actions, made: None });
        });
        let before = Value::Object(shown(&cd));
        Ok(Plan::Change { what: cd, before, after })
    }

    fn process(
        &mut self,
        cd: VirtualCd,
        results: &SharedResults<VirtualMediaResults>,
    ) -> Result<(), Failure> {
        results.update(|r| r.phases.processing = Some(Processing::default()));
        let outcome = self.change(cd, results);
        self.has_failed = outcome.is_err();
        outcome
    }

    fn housekeep(&mut self, results: &SharedResults<VirtualMediaResults>) -> Result<(), Failure> {
        let cd = self.read()?;
        results.update(|r| show(r, &cd));
        let is_so = match (&self.medium, self.state) {
            (Some(medium), MediaState::Present) => cd.holds(&medium.image),
            _ => self.is_absent(&cd),
        };
        verified(results, is_so);
        if is_so || self.has_failed {
            return Ok(());
        }
        let msg = format!(
            "The virtual CD now holds {}, which was not requested. Someone else may be using it; run the task again.",
            cd.image.as_deref().unwrap_or("nothing")
        );
        Err(Failure::new(ErrorKind::Conflict, msg))
    }
}

impl IdracVirtualMedia {
    fn read(&self) -> Result<VirtualCd, Failure> {
        let cd = self.client.virtual_cd().map_err(|e| failed(&e))?;
        cd.image.iter().for_each(|image| conceal_image(image, &self.task));
        Ok(cd)
    }

    fn change(&self, cd: VirtualCd, results: &SharedResults<VirtualMediaResults>) -> Result<(), Failure> {
        let did = |action: String| {
            results.update(|r| {
                r.phases.processing.get_or_insert_default().actions.push(action);
            });
        };
        let mut steps = self.steps(&cd).into_iter();
        let mut cd = cd;
        let mut has_ejected = None;
        if !cd.is_empty() {
            let old = cd.image.clone().unwrap_or_default();
            cd = self.client.eject(&cd).map_err(|e| failed_after(false, &e))?;
            did(steps.next().unwrap_or_default());
            has_ejected = Some(old);
        }
        if let (Some(medium), MediaState::Present) = (&self.medium, self.state) {
            self.client.insert(&cd, medium).map_err(|e| {
                if let Some(old) = &has_ejected {
                    self.task.warn(format!(
                        "{old} was ejected before this failed, so the virtual CD is now empty."
                    ));
                }
                failed_after(has_ejected.is_some(), &e)
            })?;
            did(steps.next().unwrap_or_default());
            results.update(|r| {
                let made = Map::from_iter([("image".to_owned(), medium.image.clone().into())]);
                r.phases.processing.get_or_insert_default().made = Some(made);
            });
        }
        Ok(())
    }

    /// Whether there is nothing to eject.
    fn is_absent(&self, cd: &VirtualCd) -> bool {
        cd.is_empty()
            || self
                .medium
                .as_ref()
                .is_some_and(|medium| cd.image.as_ref().is_some_and(|it| *it != medium.image))
    }

    /// What is to be done about this drive, in words.
    fn steps(&self, cd: &VirtualCd) -> Vec<String> {
        let eject = (!cd.is_empty()).then(|| format!("eject {}", cd.image.as_deref().unwrap_or("the image")));
        let insert = self.medium.as_ref().filter(|_| self.state == MediaState::Present);
        eject.into_iter().chain(insert.map(|medium| format!("insert {}", medium.image))).collect()
    }
}

fn show(results: &mut VirtualMediaResults, cd: &VirtualCd) {
    results.image.clone_from(&cd.image);
    results.inserted = Some(cd.inserted);
}

fn shown(cd: &VirtualCd) -> Map<String, Value> {
    let all = [("image", json!(cd.image)), ("inserted", cd.inserted.into())];
    all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn verified(results: &SharedResults<VirtualMediaResults>, verified: bool) {
    results.update(|r| {
        r.phases.housekeeping = Some(Housekeeping { verified: Some(verified), warnings: vec![] });
    });
}

/// Refuses what no iDRAC could read.
fn check_image(image: &str, has_login: bool) -> Result<(), Failure> {
    let is_share = image.starts_with("//") || image.starts_with("\\\\") || image.starts_with("cifs://");
    let is_url = ["http://", "https://", "nfs://"].iter().any(|scheme| image.starts_with(scheme));
    let host = image.split_once(":/").map(|(host, path)| (host, path.starts_with('/')));
    let is_nfs = host.is_some_and(|(host, is_scheme)| !host.is_empty() && !host.contains('/') && !is_scheme);
    if !(is_share || is_url || is_nfs) {
        return Err(Failure::invalid(format!(
            "image: {image:?} is not an address that an iDRAC can read. Give http://, https://, HOST:/PATH for NFS or //HOST/SHARE/PATH for a Windows share."
        )));
    }
    if is_share && !has_login {
        return Err(Failure::invalid(format!(
            "image: {image} is on a Windows share, which needs a login. Give username and password."
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_an_idrac_can_read_are_sent() {
        for image in ["http://h/a.iso", "https://h/a.iso", "h:/export/a.iso", "nfs://h/a.iso"] {
            assert!(check_image(image, false).is_ok(), "{image}");
        }
        assert!(check_image("//h/share/a.iso", true).is_ok());
        for image in ["//h/share/a.iso", "/srv/a.iso", "a.iso", "", "file:///a.iso", "ftp://h/a.iso"] {
            assert!(check_image(image, false).is_err(), "{image}");
        }
    }
}
