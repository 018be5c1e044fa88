//! Targets, extents and mappings.
use super::{
    refused::Refused,
    schema::{Field, Kind, check, flag},
    store::Store,
};
use serde_json::{Map, Value, json};

const TARGET: &[Field] = &[
    ("name", Kind::Text, true),
    ("alias", Kind::MaybeText, false),
    ("mode", Kind::OneOf(&["ISCSI", "FC", "BOTH"]), false),
    ("groups", Kind::List, false),
    ("auth_networks", Kind::List, false),
];
const GROUP: &[Field] = &[
    ("portal", Kind::Integer, true),
    ("initiator", Kind::MaybeInteger, false),
    ("authmethod", Kind::OneOf(&["NONE", "CHAP", "CHAP_MUTUAL"]), false),
    ("auth", Kind::MaybeInteger, false),
];
const EXTENT: &[Field] = &[
    ("name", Kind::Text, true),
    ("type", Kind::OneOf(&["DISK", "FILE"]), false),
    ("disk", Kind::MaybeText, false),
    ("serial", Kind::MaybeText, false),
    ("blocksize", Kind::Integer, false),
    ("pblocksize", Kind::Flag, false),
    ("comment", Kind::Text, false),
    ("insecure_tpc", Kind::Flag, false),
    ("xen", Kind::Flag, false),
    ("rpm", Kind::OneOf(&["UNKNOWN", "SSD", "5400", "7200", "10000", "15000"]), false),
    ("ro", Kind::Flag, false),
    ("enabled", Kind::Flag, false),
];
const MAPPING: &[Field] =
    &[("target", Kind::Integer, true), ("extent", Kind::Integer, true), ("lunid", Kind::MaybeInteger, false)];

/// The same without anything that must be given.
fn optional(fields: &[Field]) -> Vec<Field> {
    fields.iter().map(|(name, kind, _)| (*name, *kind, false)).collect()
}

fn filled(row: Map<String, Value>, defaults: Value) -> Value {
    let mut full = defaults;
    for (name, value) in row {
        full[name] = value;
    }
    full
}

pub(crate) fn create_target(store: &mut Store, body: &Value) -> Result<Value, Refused> {
    let row = check(store.release(), "iscsi_target_create", TARGET, body)?;
    let name = row["name"].as_str().unwrap_or_default();
    let refuse = |text: &str| Err(Refused::invalid("iscsi_target_create.name", text));
    if name.is_empty() || name.len() > 120 {
        return refuse("String should have at least 1 and at most 120 characters");
    }
    if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:".contains(c)) {
        return refuse(
            "Only lowercase alphanumeric characters plus dot (.), dash (-), and colon (:) are allowed.",
        );
    }
    if store.rows("iscsi.target").iter().any(|other| other["name"] == name) {
        return refuse("Target with this name already exists");
    }
    let mut row = row.clone();
    if let Some(groups) = row.get("groups") {
        row["groups"] = groups_of(store, "iscsi_target_create", groups)?;
    }
    let next = store.rows("iscsi.target").len() + 1;
    let defaults = json!({
        "alias": null, "mode": "ISCSI", "groups": [], "auth_networks": [], "rel_tgt_id": next, "iscsi_parameters": null,
    });
    Ok(store.insert("iscsi.target", filled(row, defaults)))
}

pub(crate) fn update_target(store: &mut Store, id: &Value, body: &Value) -> Result<Value, Refused> {
    let mut new = check(store.release(), "iscsi_target_update", &optional(TARGET), body)?;
    if let Some(groups) = new.get("groups") {
        new["groups"] = groups_of(store, "iscsi_target_update", groups)?;
    }
    let row = store.row("iscsi.target", id)?;
    *row = filled(new, row.clone());
    Ok(row.clone())
}

fn groups_of(store: &Store, argument: &str, groups: &Value) -> Result<Value, Refused> {
    let mut all = Vec::new();
    for (at, group) in groups.as_array().into_iter().flatten().enumerate() {
        let argument = format!("{argument}.groups.{at}");
        let group = check(store.release(), &argument, GROUP, group)?;
        let group = filled(group, json!({ "initiator": null, "authmethod": "NONE", "auth": null }));
        let refuse = |field: &str, text: &str| Err(Refused::invalid(&format!("{argument}.{field}"), text));
        let has = |table: &str, field: &str, value: &Value| {
            store.rows(table).iter().any(|row| row[field] == *value)
        };
        if !has("iscsi.portal", "id", &group["portal"]) {
            return refuse("portal", "Portal is required");
        }
        if all.iter().any(|other: &Value| other["portal"] == group["portal"]) {
            return refuse("portal", "Portal is already in use for this target");
        }
        if !group["initiator"].is_null() && !has("iscsi.initiator", "id", &group["initiator"]) {
            return refuse("initiator", "Initiator does not exist");
        }
        if !group["auth"].is_null() && !has("iscsi.auth", "tag", &group["auth"]) {
            return refuse("auth", "Authentication group does not exist");
        }
        if group["auth"].is_null() != (group["authmethod"] == "NONE") {
            return refuse("auth", "Authentication group is required for CHAP and CHAP Mutual");
        }
        all.insert(0, group); // their order is not kept
    }
    Ok(all.into())
}

pub(crate) fn delete_target(store: &mut Store, params: &[Value]) -> Result<Value, Refused> {
    let id = params.first().cloned().unwrap_or_default();
    let force = flag(params, 1, "force")?;
    let name = store.row("iscsi.target", &id)?["name"].as_str().unwrap_or_default().to_owned();
    if store.is_in_use(&name) && !force {
        return Err(Refused::fault(format!("Target {name} is in use.")));
    }
    store.remove("iscsi.target", |row| row["id"] != id);
    store.remove("iscsi.targetextent", |row| row["target"] != id);
    Ok(true.into())
}

pub(crate) fn create_extent(store: &mut Store, body: &Value) -> Result<Value, Refused> {
    let row = check(store.release(), "iscsi_extent_create", EXTENT, body)?;
    let refuse =
        |field: &str, text: &str| Err(Refused::invalid(&format!("iscsi_extent_create.{field}"), text));
    let name = row["name"].as_str().unwrap_or_default();
    let plain = |name: &str| name.replace('.', "_").replace('/', "-");
    if name.is_empty() || name.len() > 64 {
        return refuse("name", "String should have at most 64 characters");
    }
    let mut names = store.rows("iscsi.extent").iter().filter_map(|row| row["name"].as_str());
    if names.any(|other| plain(other) == plain(name)) {
        return refuse("name", "Extent name must be unique");
    }
    let disk = row.get("disk").and_then(Value::as_str).unwrap_or_default().to_owned();
    let volume = disk.strip_prefix("zvol/").unwrap_or_default().replace('+', " ");
    if !store.rows("pool.dataset").iter().any(|row| row["id"] == volume && row["type"] == "VOLUME") {
        return refuse("disk", "Disk must exist");
    }
    if store.rows("iscsi.extent").iter().any(|row| row["disk"] == disk) {
        return refuse("disk", "Disk currently in use by extent");
    }
    if let Some(size) = row.get("blocksize").and_then(Value::as_u64)
        && ![512, 1024, 2048, 4096].contains(&size)
    {
        return refuse("blocksize", "Input should be 512, 1024, 2048 or 4096");
    }
    let defaults = json!({
        "type": "DISK", "disk": disk, "path": disk, "serial": "4b3a2c1d0e9f8a7", "blocksize": 512, "pblocksize": false,
        "comment": "", "insecure_tpc": true, "xen": false, "rpm": "SSD", "ro": false, "enabled": true, "locked": false,
        "naa": "0x6589cfc000000a1b2c3d4e5f60718293", "vendor": "TrueNAS", "filesize": "0",
    });
    let row = row.clone();
    Ok(store.insert("iscsi.extent", filled(row, defaults)))
}

pub(crate) fn update_extent(store: &mut Store, id: &Value, body: &Value) -> Result<Value, Refused> {
    let new = check(store.release(), "iscsi_extent_update", &optional(EXTENT), body)?;
    let row = store.row("iscsi.extent", id)?;
    *row = filled(new, row.clone());
    Ok(row.clone())
}

/// Whether somebody is logged in to a target that has one of these mappings.
fn has_session(store: &Store, is: impl Fn(&Value) -> bool) -> Option<String> {
    let targets = store.rows("iscsi.targetextent").iter().filter(|row| is(row)).map(|row| &row["target"]);
    let names = targets.filter_map(|id| store.rows("iscsi.target").iter().find(|row| row["id"] == *id));
    names.filter_map(|row| row["name"].as_str()).find(|name| store.is_in_use(name)).map(str::to_owned)
}

pub(crate) fn delete_extent(store: &mut Store, params: &[Value]) -> Result<Value, Refused> {
    let id = params.first().cloned().unwrap_or_default();
    let (_, force) = (flag(params, 1, "remove")?, flag(params, 2, "force")?);
    store.row("iscsi.extent", &id)?;
    if let Some(name) = has_session(store, |row| row["extent"] == id).filter(|_| !force) {
        return Err(Refused::fault(format!("Associated target(s) {name} is in use.")));
    }
    store.remove("iscsi.extent", |row| row["id"] != id);
    store.remove("iscsi.targetextent", |row| row["extent"] != id);
    Ok(true.into())
}

pub(crate) fn map(store: &mut Store, body: &Value) -> Result<Value, Refused> {
    let row = check(store.release(), "iscsi_target_to_extent_create", MAPPING, body)?;
    let refuse =
        |field: &str, text: &str| Err(Refused::invalid(&format!("iscsi_targetextent_create.{field}"), text));
    for (field, table) in [("target", "iscsi.target"), ("extent", "iscsi.extent")] {
        if !store.rows(table).iter().any(|other| other["id"] == row[field]) {
            return refuse(field, "Does not exist");
        }
    }
    let mappings = store.rows("iscsi.targetextent");
    if mappings.iter().any(|other| other["extent"] == row["extent"]) {
        return refuse("extent", "Extent is already in use.");
    }
    let of_target =
        |lun: u64| mappings.iter().any(|other| other["target"] == row["target"] && other["lunid"] == lun);
    let lun = match row.get("lunid").and_then(Value::as_u64) {
        Some(lun) if lun > 16382 => return refuse("lunid", "Input should be less than or equal to 16382"),
        Some(lun) if of_target(lun) => {
            return refuse("lunid", "LUN ID is already being used for this target.");
        }
        Some(lun) => lun,
        None => (0..=16382).find(|lun| !of_target(*lun)).unwrap_or_default(),
    };
    let new = json!({ "target": row["target"], "extent": row["extent"], "lunid": lun });
    Ok(store.insert("iscsi.targetextent", new))
}

pub(crate) fn renumber(store: &mut Store, id: &Value, body: &Value) -> Result<Value, Refused> {
    let new = check(store.release(), "iscsi_target_to_extent_update", &optional(MAPPING), body)?;
    let row = store.row("iscsi.targetextent", id)?;
    *row = filled(new, row.clone());
    Ok(row.clone())
}

pub(crate) fn unmap(store: &mut Store, params: &[Value]) -> Result<Value, Refused> {
    let id = params.first().cloned().unwrap_or_default();
    let force = flag(params, 1, "force")?;
    store.row("iscsi.targetextent", &id)?;
    if let Some(name) = has_session(store, |row| row["id"] == id).filter(|_| !force) {
        return Err(Refused::fault(format!("Associated target {name} is in use.")));
    }
    store.remove("iscsi.targetextent", |row| row["id"] != id);
    Ok(true.into())
}
