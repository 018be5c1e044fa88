//! Links within a Redfish service, and what they lead to.
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
