//! Portals, initiators and CHAP users.
use super::{
    refused::Refused,
    schema::{Field, Kind, check},
    store::Store,
};
use serde_json::{Value, json};

const PORTAL: &[Field] = &[("listen", Kind::List, true), ("comment", Kind::Text, false)];
/// Older releases also take this.
const OLD_PORTAL: &[Field] = &[
    ("listen", Kind::List, true),
    ("comment", Kind::Text, false),
    ("discovery_authmethod", Kind::Text, false),
    ("discovery_authgroup", Kind::MaybeInteger, false),
];
const INITIATOR: &[Field] = &[("initiators", Kind::List, false), ("comment", Kind::Text, false)];
const AUTH: &[Field] = &[
    ("tag", Kind::Integer, true),
    ("user", Kind::Text, true),
    ("secret", Kind::Text, true),
    ("peeruser", Kind::Text, false),
    ("peersecret", Kind::Text, false),
    ("discovery_auth", Kind::Text, false),
];
const AUTH_UPDATE: &[Field] = &[
    ("tag", Kind::Integer, false),
    ("user", Kind::Text, false),
    ("secret", Kind::Text, false),
    ("discovery_auth", Kind::Text, false),
];

pub(crate) fn create_portal(store: &mut Store, body: &Value) -> Result<Value, Refused> {
    let fields = if store.options.release == super::Release::V24_10 { OLD_PORTAL } else { PORTAL };
    let row = check(store.release(), "iscsi_portal_create", fields, body)?;
    let mut listen = Vec::new();
    for (at, one) in row["listen"].as_array().into_iter().flatten().enumerate() {
        let argument = format!("iscsi_portal_create.listen.{at}");
        let one = check(store.release(), &argument, &[("ip", Kind::Text, true)], one)?;
        let taken = |portal: &Value| {
            portal["listen"].as_array().into_iter().flatten().any(|other| other["ip"] == one["ip"])
        };
        if store.rows("iscsi.portal").iter().any(taken) {
            let text = format!("{} is already in use", one["ip"]);
            return Err(Refused::invalid(&format!("iscsiportal_create.listen.{at}"), text));
        }
        listen.push(json!({ "ip": one["ip"], "port": 3260 }));
    }
    if listen.is_empty() {
        return Err(Refused::invalid("iscsiportal_create.listen", "At least one listen entry is required."));
    }
    let tag = store.rows("iscsi.portal").len() + 1;
    let comment = row.get("comment").cloned().unwrap_or_else(|| "".into());
    let mut new = json!({ "tag": tag, "listen": listen, "comment": comment });
    for name in ["discovery_authmethod", "discovery_authgroup"] {
        if let Some(value) = row.get(name) {
            new[name] = value.clone();
        }
    }
    Ok(store.insert("iscsi.portal", new))
}

/// It disappears from every target, and the tags are counted anew.
pub(crate) fn delete_portal(store: &mut Store, id: &Value) -> Result<Value, Refused> {
    store.row("iscsi.portal", id)?;
    store.remove("iscsi.portal", |row| row["id"] != *id);
    let targets: Vec<_> = store.rows("iscsi.target").iter().map(|row| row["id"].clone()).collect();
    for target in targets {
        let row = store.row("iscsi.target", &target)?;
        let groups = row["groups"].as_array().into_iter().flatten();
        row["groups"] = groups.filter(|group| group["portal"] != *id).cloned().collect();
    }
    let portals: Vec<_> = store.rows("iscsi.portal").iter().map(|row| row["id"].clone()).collect();
    for (at, portal) in portals.iter().enumerate() {
        store.row("iscsi.portal", portal)?["tag"] = (at + 1).into();
    }
    Ok(true.into())
}

pub(crate) fn create_initiator(store: &mut Store, body: &Value) -> Result<Value, Refused> {
    let row = check(store.release(), "iscsi_initiator_create", INITIATOR, body)?;
    let names = row.get("initiators").and_then(Value::as_array).into_iter().flatten();
    let names: Value = names.filter(|name| **name != "ALL").cloned().collect();
    let comment = row.get("comment").cloned().unwrap_or_else(|| "".into());
    Ok(store.insert("iscsi.initiator", json!({ "initiators": names, "comment": comment })))
}

pub(crate) fn delete_initiator(store: &mut Store, id: &Value) -> Result<Value, Refused> {
    store.row("iscsi.initiator", id)?;
    store.remove("iscsi.initiator", |row| row["id"] != *id);
    Ok(true.into())
}

fn check_secret(argument: &str, secret: &Value) -> Result<(), Refused> {
    let secret = secret.as_str().unwrap_or_default();
    let refuse = |text: &str| Err(Refused::invalid(&format!("{argument}.secret"), text));
    if !(12..=16).contains(&secret.chars().count()) {
        return refuse("Secret must be between 12 and 16 characters.");
    }
    if secret.contains('#') || secret.trim() != secret {
        return refuse("Must not contain hash character or leading or trailing space");
    }
    Ok(())
}

pub(crate) fn create_auth(store: &mut Store, body: &Value) -> Result<Value, Refused> {
    let row = check(store.release(), "data", AUTH, body)?;
    check_secret("iscsi_auth_create", &row["secret"])?;
    Ok(store.insert("iscsi.auth", row.clone().into()))
}

pub(crate) fn update_auth(store: &mut Store, id: &Value, body: &Value) -> Result<Value, Refused> {
    let new = check(store.release(), "data", AUTH_UPDATE, body)?;
    if let Some(secret) = new.get("secret") {
        check_secret("iscsi_auth_update", secret)?;
    }
    let row = store.row("iscsi.auth", id)?;
    for (name, value) in new {
        row[name] = value;
    }
    Ok(row.clone())
}

pub(crate) fn delete_auth(store: &mut Store, id: &Value) -> Result<Value, Refused> {
    let tag = store.row("iscsi.auth", id)?["tag"].clone();
    let uses = |row: &Value| row["groups"].as_array().into_iter().flatten().any(|group| group["auth"] == tag);
    if store.rows("iscsi.target").iter().any(uses) {
        return Err(Refused::fault(format!("Authorized access of {tag} is being used by a target")));
    }
    store.remove("iscsi.auth", |row| row["id"] != *id);
    Ok(true.into())
}

/// As the key's user may see them.
pub(crate) fn shown_auths(store: &Store) -> Vec<Value> {
    let mut rows = store.rows("iscsi.auth").to_vec();
    if store.options.masked {
        for row in &mut rows {
            row["secret"] = "********".into();
        }
    }
    rows
}
