//! Who may log in to a target, and at which addresses: portals, initiators and CHAP users.
use crate::{
    Client, Error,
    ask::Ask,
    fields::{Row, object},
};
use http_exchange::Secret;
use serde_json::json;
use std::collections::BTreeSet;

const PORTALS: &str = "iscsi.portal";
const INITIATORS: &str = "iscsi.initiator";
const AUTHS: &str = "iscsi.auth";

/// Addresses that the service listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portal {
    /// Its number in the API.
    pub id: u64,
    /// Each with its port, if the server shows it.
    pub listen: Vec<(String, Option<u64>)>,
    /// What people call it.
    pub comment: String,
    /// The tag of the users that may discover targets here. Releases up to 24.10 keep it with the portal.
    pub discovery_auth: Option<u64>,
}

/// A group of initiators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Initiator {
    /// Its number in the API.
    pub id: u64,
    /// Their names; none means all.
    pub names: BTreeSet<String>,
    /// What people call it.
    pub comment: String,
}

/// A CHAP user.
#[derive(Clone, Debug)]
pub struct Auth {
    /// Its number in the API.
    pub id: u64,
    /// What targets refer to; several users may have the same.
    pub tag: u64,
    /// The name.
    pub user: String,
    /// None: this key may not read it.
    pub secret: Option<Secret>,
    /// Whether all initiators discover targets with it, whatever target they want.
    pub is_for_discovery: bool,
}

impl Client {
    /// All portals.
    pub fn portals(&self) -> Result<Vec<Portal>, Error> {
        self.rows(&Ask::rows(PORTALS), read_portal)
    }

    /// Has the service listen on an address that no portal has.
    pub fn create_portal(&self, address: &str, comment: &str) -> Result<Portal, Error> {
        let row = object([("listen", json!([{ "ip": address }])), ("comment", comment.into())]);
        let find = || {
            let has_it = |portal: &Portal| portal.listen.iter().any(|(ip, _)| ip == address);
            Ok(self.portals()?.into_iter().find(has_it))
        };
        self.create(&Ask::create(PORTALS, row), read_portal, find)
    }

    /// Deletes a portal. The server takes it out of all targets.
    pub fn delete_portal(&self, id: u64) -> Result<(), Error> {
        let is_gone = || Ok(self.portals()?.iter().all(|portal| portal.id != id));
        self.delete(&Ask::delete(PORTALS, &id.into(), vec![], None), is_gone)
    }

    /// All groups of initiators.
    pub fn initiators(&self) -> Result<Vec<Initiator>, Error> {
        self.rows(&Ask::rows(INITIATORS), read_initiator)
    }

    /// Creates a group of initiators.
    pub fn create_initiator(&self, names: &BTreeSet<String>, comment: &str) -> Result<Initiator, Error> {
        let row = object([("initiators", names.iter().cloned().collect()), ("comment", comment.into())]);
        let is_it = |group: &Initiator| group.names == *names && group.comment == comment;
        let find = || Ok(self.initiators()?.into_iter().find(is_it));
        self.create(&Ask::create(INITIATORS, row), read_initiator, find)
    }

    /// Deletes a group of initiators.
    pub fn delete_initiator(&self, id: u64) -> Result<(), Error> {
        let is_gone = || Ok(self.initiators()?.iter().all(|group| group.id != id));
        self.delete(&Ask::delete(INITIATORS, &id.into(), vec![], None), is_gone)
    }

    /// All CHAP users.
    pub fn auths(&self) -> Result<Vec<Auth>, Error> {
        self.rows(&Ask::rows(AUTHS), read_auth)
    }

    /// Creates a CHAP user.
    pub fn create_auth(&self, tag: u64, user: &str, secret: &Secret) -> Result<Auth, Error> {
        let row = object([("tag", tag.into()), ("user", user.into()), ("secret", secret.expose().into())]);
        let find =
            || Ok(self.auths()?.into_iter().find(|auth| (auth.tag, auth.user.as_str()) == (tag, user)));
        self.create(&Ask::create(AUTHS, row), read_auth, find)
    }

    /// Gives a CHAP user another secret.
    pub fn change_secret(&self, id: u64, secret: &Secret) -> Result<(), Error> {
        let row = object([("secret", secret.expose().into())]);
        let ask = Ask::update(AUTHS, &id.into(), row);
        let is_done = || {
            let found = self.auths()?.into_iter().find(|auth| auth.id == id).and_then(|auth| auth.secret);
            let why = || "this API key may not read the secret".to_owned();
            let found = found.ok_or_else(|| Error::Unreadable { method: ask.method.clone(), why: why() })?;
            Ok(found.expose() == secret.expose())
        };
        self.change(&ask, is_done)
    }

    /// Deletes a CHAP user. The server refuses while a target uses it.
    pub fn delete_auth(&self, id: u64) -> Result<(), Error> {
        let is_gone = || Ok(self.auths()?.iter().all(|auth| auth.id != id));
        self.delete(&Ask::delete(AUTHS, &id.into(), vec![], None), is_gone)
    }
}

fn read_portal(row: &Row) -> Result<Portal, Error> {
    let all = row.value["listen"].as_array().into_iter().flatten();
    let listen = all.filter_map(|one| Some((one["ip"].as_str()?.to_owned(), one["port"].as_u64()))).collect();
    let discovery_auth = row.maybe_integer("discovery_authgroup");
    Ok(Portal { id: row.integer("id")?, listen, comment: row.text_or_none("comment"), discovery_auth })
}

fn read_initiator(row: &Row) -> Result<Initiator, Error> {
    let names = row.texts("initiators").into_iter().filter(|name| name != "ALL").collect();
    Ok(Initiator { id: row.integer("id")?, names, comment: row.text_or_none("comment") })
}

fn read_auth(row: &Row) -> Result<Auth, Error> {
    let secret = row.value["secret"].as_str().filter(|it| !it.is_empty() && it.chars().any(|c| c != '*'));
    Ok(Auth {
        id: row.integer("id")?,
        tag: row.integer("tag")?,
        user: row.text("user")?,
        secret: secret.map(Secret::new),
        is_for_discovery: !["", "NONE"].contains(&row.text_or_none("discovery_auth").as_str()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn auth(secret: &Value) -> Auth {
        read_auth(&Row {
            method: "iscsi.auth.query",
            value: &json!({ "id": 1, "tag": 2, "user": "u", "secret": secret }),
        })
        .unwrap()
    }

    #[test]
    fn a_masked_secret_is_none() {
        assert!(auth(&"********".into()).secret.is_none());
        assert!(auth(&"".into()).secret.is_none());
        assert!(auth(&Value::Null).secret.is_none());
        let readable = auth(&"hush-hush-1234".into());
        assert_eq!(readable.secret.as_ref().unwrap().expose(), "hush-hush-1234");
        assert!(!format!("{readable:?}").contains("hush"));
    }

    #[test]
    fn all_initiators_are_none() {
        let read = |names| {
            let value = json!({ "id": 1, "initiators": names, "comment": "" });
            read_initiator(&Row { method: "iscsi.initiator.query", value: &value }).unwrap().names
        };
        assert!(read(json!(["ALL"])).is_empty());
        assert!(read(json!([])).is_empty());
        assert_eq!(read(json!(["b", "a", "b"])), BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    }
}
