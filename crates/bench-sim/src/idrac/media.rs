//! The virtual drives.
use super::{answers::Answer, machine::Machine, request::Request};
use serde_json::{Value, json};

impl Machine {
    /// Everything below `VirtualMedia`, wherever that is.
    pub(super) fn of_media(&mut self, request: &Request, rest: &[&str]) -> Option<Answer> {
        let folder =
            request.path.split_once("/VirtualMedia").map(|(before, _)| format!("{before}/VirtualMedia"))?;
        let names = if self.options.has_media_of_the_system() { ["1", "2"] } else { ["CD", "RemovableDisk"] };
        let at = |name: &str| names.iter().position(|known| *known == name);
        match (request.method.as_str(), rest) {
            ("GET", []) => {
                let members = names.map(|name| json!({ "@odata.id": format!("{folder}/{name}") }));
                Some(Answer::ok(json!({ "@odata.id": folder, "Members": members, "Members@odata.count": 2 })))
            }
            ("GET", [name]) => Some(self.medium(&folder, name, at(name)?)),
            ("POST", [name, "Actions", "VirtualMedia.InsertMedia"]) if self.options.can_insert() => {
                Some(self.insert(at(name)?, &request.body))
            }
            ("POST", [name, "Actions", "VirtualMedia.EjectMedia"]) if self.options.can_insert() => {
                Some(self.eject(at(name)?, &request.body))
            }
            _ => None,
        }
    }

    fn medium(&mut self, folder: &str, name: &str, at: usize) -> Answer {
        let page = format!("{folder}/{name}");
        let medium = &mut self.media[at];
        let lingers = medium.lingers > 0;
        medium.lingers = medium.lingers.saturating_sub(1);
        let is_inserted = medium.image.is_some() || lingers;
        let types = if at == 0 { json!(["CD", "DVD"]) } else { json!(["USBStick"]) };
        let mut shown = json!({
            "@odata.id": page, "Id": name, "Name": if at == 0 { "Virtual CD" } else { "Virtual Removable Disk" },
            "MediaTypes": types, "Image": medium.image, "ImageName": medium.image.as_ref().and_then(|it| it.rsplit('/').next()),
            "Inserted": is_inserted, "ConnectedVia": if is_inserted { "URI" } else { "NotConnected" }, "WriteProtected": true,
            "UserName": medium.username,
        });
        if self.options.can_insert() {
            shown["Actions"] = json!({
                "#VirtualMedia.InsertMedia": { "target": format!("{page}/Actions/VirtualMedia.InsertMedia") },
                "#VirtualMedia.EjectMedia": { "target": format!("{page}/Actions/VirtualMedia.EjectMedia") },
            });
        }
        Answer::ok(shown)
    }

    fn insert(&mut self, at: usize, body: &Value) -> Answer {
        let Some(image) = body["Image"].as_str() else {
            return Answer::refused(400, "PropertyMissing", "The property Image is missing.", "Give it.");
        };
        // One image at a time where the drives belong to the manager.
        let excludes = !self.options.has_media_of_the_system() && self.media[1 - at].image.is_some();
        if self.media[at].image.is_some() || self.media[at].lingers > 0 || excludes {
            let text = "The Virtual Media image server is already connected.";
            return Answer::refused(500, "VRM0012", text, "Eject the image first.");
        }
        if self.scenarios.happens("image-unreachable") {
            return if self.options.is_idrac8() {
                Answer::refused(500, "SYS446", "An internal error occurred.", "Retry the operation.")
            } else {
                let text =
                    "Unable to locate the ISO or IMG image file or folder in the network share location.";
                Answer::refused(400, "RAC0904", text, "Check the path and the credentials.")
            };
        }
        let needs_login = image.starts_with("//");
        if needs_login && (body["UserName"].as_str().is_none() || body["Password"].as_str().is_none()) {
            return Answer::refused(
                400,
                "RAC0720",
                "The share needs a user name and a password.",
                "Give both.",
            );
        }
        self.version += 1;
        self.media[at].image = Some(image.into());
        self.media[at].username = body["UserName"].as_str().map(str::to_owned);
        Answer::no_content()
    }

    fn eject(&mut self, at: usize, body: &Value) -> Answer {
        if body.as_object().is_none_or(|it| !it.is_empty()) {
            return Answer::refused(400, "PropertyUnknown", "The body must be empty.", "Send {}.");
        }
        if self.media[at].image.is_none() {
            return Answer::refused(500, "VRM0009", "There is no image to eject.", "Insert one first.");
        }
        self.version += 1;
        self.media[at].lingers = if self.scenarios.happens("slow-eject") { 3 } else { 0 };
        self.media[at].image = None;
        Answer::no_content()
    }
}
