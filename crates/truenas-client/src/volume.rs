//! Zvols: the block devices in a pool that extents are made of.
use crate::{
    Client, Error,
    ask::{Ask, path_of},
    fields::{Row, object},
};
use http_exchange::Kind;
use serde_json::{Value, json};

const TABLE: &str = "pool.dataset";
const QUERY: &str = "pool.dataset.query";
/// To read all of a dataset's properties is slow.
const PROPERTIES: [&str; 5] = ["volsize", "volblocksize", "refreservation", "available", "used"];

/// A zvol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// With its pool: `tank/lab/bench1`.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// In bytes, if the server shows it.
    pub blocksize: Option<u64>,
    /// Whether its space is taken only as it is written.
    pub sparse: bool,
    /// How much of the pool's space it takes, in bytes, if the server shows it.
    pub used: Option<u64>,
}

/// A zvol to be created.
#[derive(Clone, Copy, Debug)]
pub struct NewVolume<'a> {
    /// With its pool. Datasets in between are created, too.
    pub name: &'a str,
    /// In bytes; a multiple of the block size, which is 16 KiB.
    pub size: u64,
    /// Whether its space is taken only as it is written.
    pub sparse: bool,
}

impl Client {
    /// The zvol with this name.
    pub fn volume(&self, name: &str) -> Result<Option<Volume>, Error> {
        let Some(row) = self.dataset(name)? else { return Ok(None) };
        if row["type"] != "VOLUME" {
            return Err(Error::NoZvol { name: name.to_owned() });
        }
        read(&Row { method: QUERY, value: &row }).map(Some)
    }

    /// The row of a dataset or zvol.
    fn dataset(&self, name: &str) -> Result<Option<Value>, Error> {
        let id = Value::from(name);
        let extra = json!({ "extra": { "retrieve_children": false, "properties": PROPERTIES } });
        let ask = Ask::read(QUERY, vec![json!([["id", "=", id]]), extra], path_of(TABLE, &id));
        let found = match self.ask(&ask) {
            Err(error) if error.kind() == Kind::NotFound => return Ok(None),
            found => found?,
        };
        // REST answers with the row itself.
        match found {
            Value::Array(rows) => Ok(rows.into_iter().find(|row| row["id"] == id)),
            row => Ok(Some(row)),
        }
    }

    /// The datasets above a zvol, from the pool on downwards, that are not there. (A pool is always there.)
    pub fn missing_parents(&self, name: &str) -> Result<Vec<String>, Error> {
        let parents = name.match_indices('/').skip(1).map(|(at, _)| &name[..at]);
        let mut missing = Vec::new();
        for parent in parents {
            // Below one that is missing, all are.
            if !missing.is_empty() || self.dataset(parent)?.is_none() {
                missing.push(parent.to_owned());
            }
        }
        Ok(missing)
    }

    /// Those of these datasets that are there.
    pub fn existing_datasets(&self, names: &[String]) -> Result<Vec<String>, Error> {
        let mut existing = Vec::new();
        for name in names {
            if self.dataset(name)?.is_some() {
                existing.push(name.clone());
            }
        }
        Ok(existing)
    }

    /// All zvols.
    pub fn volumes(&self) -> Result<Vec<Volume>, Error> {
        let extra = json!({ "extra": { "properties": PROPERTIES } });
        let ask = Ask::some_rows(TABLE, json!([["type", "=", "VOLUME"]]), extra, "?type=VOLUME");
        self.rows(&ask, read)
    }

    /// Creates a zvol.
    pub fn create_volume(&self, new: NewVolume) -> Result<Volume, Error> {
        let row = object([
            ("name", new.name.into()),
            ("type", "VOLUME".into()),
            ("volsize", new.size.into()),
            ("sparse", new.sparse.into()),
            ("create_ancestors", true.into()),
        ]);
        self.create(&Ask::create(TABLE, row), read, || self.volume(new.name))
    }

    /// Makes a zvol larger.
    pub fn grow_volume(&self, name: &str, size: u64) -> Result<(), Error> {
        let row = object([("volsize", size.into())]);
        let is_done = || Ok(self.volume(name)?.is_some_and(|volume| volume.size == size));
        self.change(&Ask::update(TABLE, &name.into(), row), is_done)
    }

    /// Deletes a zvol, unless it has snapshots or clones. The server would also delete, by force, the extents of the zvol and their
    /// targets: so whoever calls this has deleted them before.
    pub fn delete_volume(&self, name: &str) -> Result<(), Error> {
        let options = json!({ "recursive": false, "force": false });
        let is_gone = || Ok(self.dataset(name)?.is_none());
        self.delete(&Ask::delete(TABLE, &name.into(), vec![options], None), is_gone)
    }
}

fn read(row: &Row) -> Result<Volume, Error> {
    let property = |name: &str| row.value[name]["parsed"].as_u64();
    let size = property("volsize").ok_or_else(|| Error::Unreadable {
        method: row.method.to_owned(),
        why: "a zvol has no usable volsize".into(),
    })?;
    Ok(Volume {
        name: row.text("id")?,
        size,
        blocksize: property("volblocksize"),
        sparse: property("refreservation").unwrap_or_default() == 0,
        used: property("used"),
    })
}
