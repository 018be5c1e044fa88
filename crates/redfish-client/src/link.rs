//! Links within a Redfish service, and what they lead to.
use crate::{Client, Error, answer::Answer, client::Repeat};
use http_exchange::Call;
use serde_json::Value;

/// The system and the manager of a Dell server.
pub(crate) const SYSTEM: &str = "/redfish/v1/Systems/System.Embedded.1";
pub(crate) const MANAGER: &str = "/redfish/v1/Managers/iDRAC.Embedded.1";

/// The path that `value` links to, if it is one within the service.
pub(crate) fn link(value: &Value) -> Option<String> {
    let path = value.get("@odata.id").unwrap_or(value).as_str()?.trim_end_matches('/');
    let is_plain = path.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>#".contains(&b));
    (path.starts_with("/redfish/") && is_plain && !path.contains("/../")).then(|| path.to_owned())
}

/// Where an action is started, by the last part of its name.
pub(crate) fn action(actions: &Value, name: &str) -> Option<String> {
    let own = actions.as_object().into_iter().flatten();
    let oem = actions["Oem"].as_object().into_iter().flatten();
    let found = own.chain(oem).find(|(key, _)| key.rsplit('.').next() == Some(name))?;
    link(&found.1["target"])
}

impl Client {
    /// The members of a collection, each as a whole object.
    pub(crate) fn members(&self, path: &str) -> Result<Vec<Value>, Error> {
        let expanded = match self.get(&format!("{path}?$expand=*($levels=1)")) {
            Err(error) if error.is_refusal_of_content() => self.get(path)?,
            other => other?,
        };
        let members = list(&expanded, path)?;
        members.into_iter().map(|member| self.whole(member, path)).collect()
    }

    /// A member of this collection as it is, or what it links to.
    fn whole(&self, member: Value, collection: &str) -> Result<Value, Error> {
        let (member, fetched) = match (member.as_object().is_some_and(|it| it.len() > 1), link(&member)) {
            (false, Some(path)) => (self.send(&Call::get(path), Repeat::Harmless)?.body, FETCHED),
            _ => (member, 0),
        };
        let left = self.room_for_members.get().checked_sub(fetched + size(&member));
        self.room_for_members.set(left.ok_or_else(|| Error::Unusable {
            path: collection.into(),
            why: "its members are more or larger than those of a server".into(),
        })?);
        Ok(member)
    }
}

/// What one that has to be fetched counts beside what is in it: that takes time.
const FETCHED: usize = 4 << 10;

/// About how many bytes it takes in memory.
fn size(value: &Value) -> usize {
    100 + match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(entries) => entries.iter().map(|(name, value)| name.len() + size(value)).sum(),
        _ => 0,
    }
}

fn list(answer: &Answer, path: &str) -> Result<Vec<Value>, Error> {
    let unusable = || Error::Unusable { path: path.into(), why: "it has no Members".into() };
    answer.body["Members"].as_array().cloned().ok_or_else(unusable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_links_within_the_service_are_followed() {
        for (value, path) in [
            (json!({ "@odata.id": "/redfish/v1/Systems/1/" }), Some("/redfish/v1/Systems/1")),
            (json!("/redfish/v1/Jobs/1"), Some("/redfish/v1/Jobs/1")),
            (json!("/redfish/v1/../../etc"), None),
            (json!("//evil.example/redfish/v1"), None),
            (json!("https://evil.example/redfish/v1"), None),
            (json!("/redfish/v1/a b"), None),
            (json!(7), None),
        ] {
            assert_eq!(link(&value).as_deref(), path, "{value}");
        }
    }

    #[test]
    fn actions_are_known_by_the_last_part_of_their_name_also_those_of_the_vendor() {
        let actions = json!({
            "#VirtualMedia.InsertMedia": { "target": "/redfish/v1/insert" },
            "Oem": { "#OemManager.v1_0_0.ImportSystemConfiguration": { "target": "/redfish/v1/import" } },
        });
        assert_eq!(action(&actions, "InsertMedia").as_deref(), Some("/redfish/v1/insert"));
        assert_eq!(action(&actions, "ImportSystemConfiguration").as_deref(), Some("/redfish/v1/import"));
        assert_eq!(action(&actions, "EjectMedia"), None);
    }
}
