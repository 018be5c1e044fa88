//! The virtual CD: which image is in it, wherever this iDRAC keeps it.
use crate::{
    Client, Error,
    client::Repeat,
    link::{MANAGER, SYSTEM, action, link},
};
use http_exchange::Secret;
use serde_json::{Value, json};
use std::time::Duration;

/// The virtual CD as it is.
#[derive(Clone, Debug)]
pub struct VirtualCd {
    /// The URL of the image; none if there is none.
    pub image: Option<String>,
    /// Whether it is inserted.
    pub inserted: bool,
    /// The page, for messages.
    pub path: String,
    insert: Option<String>,
    eject: Option<String>,
}

/// An image to insert.
#[derive(Clone, Debug)]
pub struct Medium {
    /// `http://...`, `https://...`, `nfs` as `HOST:/PATH`, or a share as `//HOST/SHARE/FILE`.
    pub image: String,
    /// For a share.
    pub username: Option<String>,
    /// For a share.
    pub password: Option<Secret>,
}

/// An eject takes seconds.
const EJECT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(500);
const REPEAT_PAUSE: Duration = Duration::from_secs(3);
/// How often an insert is tried that fails within the iDRAC.
const ATTEMPTS: u32 = 3;

impl VirtualCd {
    /// Whether exactly this image is in it.
    pub fn holds(&self, image: &str) -> bool {
        self.inserted && self.image.as_deref() == Some(image)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        !self.inserted
    }
}

impl Client {
    /// Reads the virtual CD.
    pub fn virtual_cd(&self) -> Result<VirtualCd, Error> {
        let collection = self.media_collection()?;
        let members = self.members(&collection)?;
        let is_cd = |it: &&Value| {
            let types = it["MediaTypes"].as_array().cloned().unwrap_or_default();
            types.iter().any(|ty| ty == "CD" || ty == "DVD") || it["Id"] == "CD"
        };
        let cd = members.iter().find(is_cd);
        let unsupported = || Error::Unsupported {
            what: "This iDRAC shows no virtual CD".into(),
            remedy: "Enable virtual media on it, and check its licence".into(),
        };
        let cd = cd.ok_or_else(unsupported)?;
        let path = link(cd).ok_or_else(unsupported)?;
        Ok(VirtualCd {
            image: cd["Image"].as_str().filter(|it| !it.is_empty()).map(str::to_owned),
            inserted: cd["Inserted"].as_bool().unwrap_or(false),
            insert: action(&cd["Actions"], "InsertMedia"),
            eject: action(&cd["Actions"], "EjectMedia"),
            path,
        })
    }

    /// Whether this iDRAC can do what is needed: eject what is inserted, and perhaps insert another image.
    pub fn check_virtual_cd(&self, cd: &VirtualCd, inserts: bool) -> Result<(), Error> {
        if !cd.is_empty() {
            self.offered(cd.eject.as_deref())?;
        }
        if inserts {
            self.offered(cd.insert.as_deref())?;
        }
        Ok(())
    }

    /// Inserts an image into an empty drive, and reads back whether it is there.
    pub fn insert(&self, cd: &VirtualCd, medium: &Medium) -> Result<VirtualCd, Error> {
        let target = self.offered(cd.insert.as_deref())?;
        let mut body = json!({ "Image": medium.image, "Inserted": true, "WriteProtected": true });
        if let Some(username) = &medium.username {
            body["UserName"] = username.as_str().into();
        }
        if let Some(password) = &medium.password {
            body["Password"] = password.expose().into();
        }
        let mut attempts = 1;
        loop {
            let outcome = self.post(target, &body, Repeat::Harmful);
            let now = self.virtual_cd()?;
            let error = match outcome {
                _ if now.holds(&medium.image) => return Ok(now),
                Ok(_) => {
                    return Err(Error::Unsupported {
                        what: format!("The iDRAC accepted {} but does not show it in the virtual CD", shown(&medium.image)),
                        remedy: "Check the virtual media page of the iDRAC, and that VirtualMedia.1.Attached is AutoAttach".into(),
                    });
                }
                Err(error) => error,
            };
            if ["RAC0904", "SYS446", "RAC0720"].iter().any(|id| error.says(id)) {
                return Err(unreachable(&medium.image, &error));
            }
            if ["VRM0012", "VRM0021"].iter().any(|id| error.says(id)) {
                return Err(Error::Occupied {
                    what: format!("The virtual CD can't take {}: {}", shown(&medium.image), error.to_string().trim_end_matches('.')),
                    remedy: "Another image is attached, perhaps in the other virtual drive or by a virtual console: eject it there".into(),
                });
            }
            // A fault within the iDRAC may pass, if it didn't insert anything.
            if !error.may_have_acted() || attempts == ATTEMPTS || !now.is_empty() {
                return Err(error);
            }
            attempts += 1;
            self.clock.sleep(REPEAT_PAUSE);
        }
    }

    /// Ejects what is in the drive, and waits until it is empty.
    pub fn eject(&self, cd: &VirtualCd) -> Result<VirtualCd, Error> {
        let target = self.offered(cd.eject.as_deref())?;
        let start = self.clock.now();
        let mut outcome = self.post(target, &json!({}), Repeat::Harmful);
        loop {
            let now = self.virtual_cd()?;
            if now.is_empty() {
                return Ok(now);
            }
            match outcome {
                // It failed within the iDRAC, and the image is still there.
                Err(ref error) if error.may_have_acted() && self.since(start) < EJECT => {
                    self.clock.sleep(REPEAT_PAUSE);
                    outcome = self.post(target, &json!({}), Repeat::Harmful);
                    continue;
                }
                Err(error) if !error.says("VRM0009") => return Err(error),
                _ => {}
            }
            if self.since(start) >= EJECT {
                return Err(Error::TooLong {
                    what: format!(
                        "The virtual CD is still inserted {} s after it was ejected",
                        EJECT.as_secs()
                    ),
                    remedy: "Close virtual consoles that use it, and try again".into(),
                });
            }
            self.clock.sleep(PAUSE);
        }
    }

    /// Where this iDRAC keeps its virtual media.
    fn media_collection(&self) -> Result<String, Error> {
        if let Some(path) = link(&self.system()?.body["VirtualMedia"]) {
            return Ok(path);
        }
        let manager = self.get(MANAGER)?.body;
        let told = link(&manager["VirtualMedia"]);
        let usual = || -> Result<Option<String>, Error> {
            for owner in [SYSTEM, MANAGER] {
                let path = format!("{owner}/VirtualMedia");
                if self.look_up(&path)?.is_some() {
                    return Ok(Some(path));
                }
            }
            Ok(None)
        };
        let path = match told {
            Some(path) => Some(path),
            None => usual()?,
        };
        path.ok_or_else(|| Error::Unsupported {
            what: "This iDRAC shows no virtual media".into(),
            remedy: "Enable virtual media on it, and check its licence".into(),
        })
    }

    fn offered<'a>(&self, action: Option<&'a str>) -> Result<&'a str, Error> {
        let Some(path) = action else {
            return Err(Error::Unsupported {
                what: format!(
                    "This iDRAC (firmware {}) can't insert or eject images over Redfish",
                    self.identity()?.firmware
                ),
                remedy: "Update its firmware: it came with 2.75.75.75 (iDRAC8) and 3.30.30.30 (iDRAC9)"
                    .into(),
            });
        };
        Ok(path)
    }
}

/// The URL without a password and a query in it: a query often signs it.
fn shown(image: &str) -> String {
    let image = shown_text::without_url_secrets(image);
    image.split_once('?').map_or(image.clone(), |(path, _)| path.to_owned())
}

fn unreachable(image: &str, error: &Error) -> Error {
    Error::ImageUnreachable {
        what: format!("The iDRAC can't read {}: {}", shown(image), error.to_string().trim_end_matches('.')),
        remedy: "The iDRAC itself must reach this address, not only this machine: check its network, name server, the path, and for a share the user and password".into(),
    }
}
