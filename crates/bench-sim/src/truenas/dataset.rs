//! Pools, datasets and zvols.
use super::{
    refused::{ENOTEMPTY, Refused},
    schema::{Field, Kind, check},
    store::{Store, no_dataset},
};
use serde_json::{Value, json};

const CREATE: &[Field] = &[
    ("name", Kind::Text, true),
    ("type", Kind::OneOf(&["FILESYSTEM", "VOLUME"]), false),
    ("volsize", Kind::Integer, false),
    (
        "volblocksize",
        Kind::OneOf(&["512", "512B", "1K", "2K", "4K", "8K", "16K", "32K", "64K", "128K"]),
        false,
    ),
    ("sparse", Kind::Flag, false),
    ("force_size", Kind::Flag, false),
    ("comments", Kind::Text, false),
    ("create_ancestors", Kind::Flag, false),
];
const UPDATE: &[Field] =
    &[("volsize", Kind::Integer, false), ("comments", Kind::Text, false), ("force_size", Kind::Flag, false)];
const DELETE: &[Field] = &[("recursive", Kind::Flag, false), ("force", Kind::Flag, false)];
const BLOCK: u64 = 16384;

fn pool_of(store: &Store) -> (String, u64) {
    let (name, free) = store.options.pool.split_once('=').unwrap_or((&store.options.pool, "0"));
    (name.to_owned(), free.parse().unwrap_or_default())
}

pub(crate) fn pool(store: &Store) -> Value {
    let (name, free) = pool_of(store);
    json!({ "id": 1, "name": name, "status": "ONLINE", "healthy": true, "free": free, "allocated": 4096, "size": free + 4096 })
}

fn number(parsed: u64, value: &str) -> Value {
    json!({ "parsed": parsed, "rawvalue": parsed.to_string(), "value": value, "source": "LOCAL" })
}

pub(crate) fn create(store: &mut Store, body: &Value) -> Result<Value, Refused> {
    let row = check(store.release(), "data", CREATE, body)?;
    let refuse =
        |field: &str, text: String| Err(Refused::invalid(&format!("pool_dataset_create.{field}"), text));
    let name = row["name"].as_str().unwrap_or_default();
    let (pool, free) = pool_of(store);
    let exists =
        |store: &Store, id: &str| id == pool || store.rows("pool.dataset").iter().any(|row| row["id"] == id);
    if name.split('/').next() != Some(&pool) || name.ends_with('/') || !name.contains('/') {
        return refuse("name", format!("Pool of {name} does not exist"));
    }
    if exists(store, name) {
        return refuse("name", format!("Path /mnt/{name} already exists"));
    }
    let parents: Vec<_> = name.match_indices('/').map(|(at, _)| name[..at].to_owned()).collect();
    let missing: Vec<_> = parents.into_iter().filter(|parent| !exists(store, parent)).collect();
    if row.get("create_ancestors") != Some(&Value::Bool(true)) && !missing.is_empty() {
        return refuse("name", format!("Parent dataset does not exist for {name}"));
    }
    let filesystem = |id: &str| json!({ "id": id, "name": id, "pool": pool, "type": "FILESYSTEM" });
    let mut new = filesystem(name);
    if row.get("type").and_then(Value::as_str) == Some("VOLUME") {
        let Some(size) = row.get("volsize").and_then(Value::as_u64) else {
            return refuse("volsize", "This field is required for VOLUME".into());
        };
        if size == 0 || size % BLOCK != 0 {
            return refuse("volsize", "Volume size should be a multiple of volume block size".into());
        }
        if size > free / 5 * 4 && row.get("force_size") != Some(&Value::Bool(true)) {
            let text = "It is not recommended to use more than 80% of your available space for VOLUME";
            return refuse("volsize", text.into());
        }
        new["type"] = "VOLUME".into();
        new["volsize"] = number(size, &format!("{}M", size >> 20));
        new["volblocksize"] = number(BLOCK, "16K");
        let sparse = row.get("sparse") == Some(&Value::Bool(true));
        new["refreservation"] =
            if sparse { json!({ "parsed": null, "value": "0" }) } else { number(size, "x") };
        new["available"] = number(free, "x");
        new["used"] = number(57344, "56K");
        new["readonly"] = json!({ "parsed": false, "value": "OFF" });
        if let Some(comments) = row.get("comments") {
            new["comments"] = json!({ "parsed": comments, "value": comments });
        }
    }
    for parent in missing {
        store.insert("pool.dataset", filesystem(&parent));
    }
    Ok(store.insert("pool.dataset", new))
}

pub(crate) fn update(store: &mut Store, id: &Value, body: &Value) -> Result<Value, Refused> {
    let new = check(store.release(), "data", UPDATE, body)?;
    let row = store.row("pool.dataset", id).map_err(|_| no_dataset(id))?;
    if let Some(size) = new.get("volsize").and_then(Value::as_u64) {
        let attribute = "pool_dataset_update.volsize";
        if size < row["volsize"]["parsed"].as_u64().unwrap_or_default() {
            return Err(Refused::invalid(
                attribute,
                "You cannot shrink a zvol from GUI, this may lead to data loss.",
            ));
        }
        if size % BLOCK != 0 {
            return Err(Refused::invalid(attribute, "Volume size should be a multiple of volume block size"));
        }
        row["volsize"] = number(size, &format!("{}M", size >> 20));
    }
    Ok(row.clone())
}

pub(crate) fn delete(store: &mut Store, id: &Value, options: &Value) -> Result<Value, Refused> {
    if !options.is_null() {
        check(store.release(), "options", DELETE, options)?;
    }
    store.row("pool.dataset", id).map_err(|_| no_dataset(id))?;
    let name = id.as_str().unwrap_or_default().to_owned();
    let within = format!("{name}/");
    let is_below = |row: &Value| row["id"].as_str().is_some_and(|id| id.starts_with(&within));
    if store.rows("pool.dataset").iter().any(is_below) && options["recursive"] != json!(true) {
        let text = format!("Failed to delete dataset: cannot destroy '{name}': filesystem has children");
        return Err(Refused::Failed { errno: ENOTEMPTY, name: "ENOTEMPTY", text });
    }
    store.remove("pool.dataset", |row| row["id"] != name && !is_below(row));
    cascade(store, &format!("zvol/{}", name.replace(' ', "+")));
    Ok(true.into())
}

/// With a zvol go its extents, their mappings and the targets that are left empty, whoever is logged in.
fn cascade(store: &mut Store, disk: &str) {
    let ids = |store: &Store, table: &str, field: &str, is: &dyn Fn(&Value) -> bool| -> Vec<Value> {
        store.rows(table).iter().filter(|row| is(row)).map(|row| row[field].clone()).collect()
    };
    let extents = ids(store, "iscsi.extent", "id", &|row| row["disk"] == disk);
    let targets = ids(store, "iscsi.targetextent", "target", &|row| extents.contains(&row["extent"]));
    store.remove("iscsi.extent", |row| !extents.contains(&row["id"]));
    store.remove("iscsi.targetextent", |row| !extents.contains(&row["extent"]));
    let kept = ids(store, "iscsi.targetextent", "target", &|_| true);
    store.remove("iscsi.target", |row| !targets.contains(&row["id"]) || kept.contains(&row["id"]));
}
