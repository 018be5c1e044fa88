//! iSCSI targets, and who may reach them from where.
use crate::{
    Client, Error,
    ask::Ask,
    fields::{Row, object},
};
use http_exchange::Kind;
use serde_json::{Value, json};

const TABLE: &str = "iscsi.target";

/// A target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its number in the API.
    pub id: u64,
    /// The part of its IQN after the base name.
    pub name: String,
    /// `ISCSI`, or something that needs a licence.
    pub mode: String,
    /// In no order.
    pub groups: Vec<Group>,
}

/// A portal through which a target is reached, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The portal's id.
    pub portal: u64,
    /// The id of the initiators that may log in; none: all.
    pub initiator: Option<u64>,
    /// The tag of the users that may log in, by CHAP; none: no login.
    pub auth: Option<u64>,
    /// Whether the target logs in to the initiator, too.
    pub mutual: bool,
}

/// A target to be created.
#[derive(Clone, Copy, Debug)]
pub struct NewTarget<'a> {
    /// The part of its IQN after the base name.
    pub name: &'a str,
    /// One for each portal.
    pub groups: &'a [Group],
}

impl Client {
    /// All targets.
    pub fn targets(&self) -> Result<Vec<Target>, Error> {
        self.rows(&Ask::rows(TABLE), read)
    }

    /// Creates a target.
    pub fn create_target(&self, new: NewTarget) -> Result<Target, Error> {
        let row =
            object([("name", new.name.into()), ("mode", "ISCSI".into()), ("groups", groups(new.groups))]);
        let find = || Ok(self.targets()?.into_iter().find(|target| target.name == new.name));
        self.create(&Ask::create(TABLE, row), read, find)
    }

    /// Replaces the groups of a target.
    pub fn regroup_target(&self, id: u64, new: &[Group]) -> Result<(), Error> {
        let is_done = || {
            let found = self.targets()?.into_iter().find(|target| target.id == id);
            let is_same = |it: &Target| {
                it.groups.len() == new.len() && it.groups.iter().all(|group| new.contains(group))
            };
            Ok(found.as_ref().is_some_and(is_same))
        };
        self.change(&Ask::update(TABLE, &id.into(), object([("groups", groups(new))])), is_done)
    }

    /// Deletes a target and its mappings. Without `force`, the server refuses while somebody is logged in.
    pub fn delete_target(&self, id: u64, force: bool) -> Result<(), Error> {
        let ask = |body| Ask::delete(TABLE, &id.into(), vec![force.into()], body);
        let by_name = force.then(|| json!({ "force": true }));
        let is_gone = || Ok(self.targets()?.iter().all(|target| target.id != id));
        match self.delete(&ask(by_name.clone()), is_gone) {
            // Of a method with one option, some releases want its bare value in REST.
            Err(error) if by_name.is_some() && error.kind() == Kind::Invalid => {
                self.delete(&ask(Some(true.into())), is_gone)
            }
            deleted => deleted,
        }
    }
}

fn read(row: &Row) -> Result<Target, Error> {
    let all = row.value["groups"].as_array().into_iter().flatten();
    let groups: Result<_, Error> = all.map(|value| read_group(&Row { method: row.method, value })).collect();
    Ok(Target {
        id: row.integer("id")?,
        name: row.text("name")?,
        mode: row.text_or_none("mode"),
        groups: groups?,
    })
}

fn read_group(row: &Row) -> Result<Group, Error> {
    Ok(Group {
        portal: row.integer("portal")?,
        initiator: row.maybe_integer("initiator"),
        auth: row.maybe_integer("auth"),
        mutual: row.text_or_none("authmethod") == "CHAP_MUTUAL",
    })
}

fn groups(groups: &[Group]) -> Value {
    let method = |group: &Group| match group.auth {
        None => "NONE",
        Some(_) if group.mutual => "CHAP_MUTUAL",
        Some(_) => "CHAP",
    };
    let row = |group: &Group| {
        object([
            ("portal", group.portal.into()),
            ("initiator", group.initiator.into()),
            ("authmethod", method(group).into()),
            ("auth", group.auth.into()),
        ])
    };
    groups.iter().map(|group| Value::Object(row(group))).collect()
}
