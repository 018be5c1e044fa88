//! Extents, which make a zvol a unit of a target, and the mapping from one to the other.
use crate::{
    Client, Error,
    ask::Ask,
    fields::{Row, object},
};
use serde_json::json;

const EXTENTS: &str = "iscsi.extent";
const MAPPINGS: &str = "iscsi.targetextent";

/// An extent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Its number in the API.
    pub id: u64,
    /// Unique.
    pub name: String,
    /// The zvol that it exports; none if it exports a file.
    pub volume: Option<String>,
    /// In bytes.
    pub blocksize: u64,
    /// Whether it is exported.
    pub enabled: bool,
    /// Whether it can't be written to.
    pub read_only: bool,
    /// Whether the zvol is encrypted and locked.
    pub locked: bool,
}

/// An extent to be created.
#[derive(Clone, Copy, Debug)]
pub struct NewExtent<'a> {
    /// Unique.
    pub name: &'a str,
    /// The zvol.
    pub volume: &'a str,
    /// In bytes: 512, 1024, 2048 or 4096.
    pub blocksize: u64,
}

/// That an extent is a unit of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Its number in the API.
    pub id: u64,
    /// The target's id.
    pub target: u64,
    /// The extent's id.
    pub extent: u64,
    /// The logical unit number.
    pub lun: u64,
}

impl Client {
    /// All extents.
    pub fn extents(&self) -> Result<Vec<Extent>, Error> {
        self.rows(&Ask::rows(EXTENTS), read_extent)
    }

    /// Creates an extent.
    pub fn create_extent(&self, new: NewExtent) -> Result<Extent, Error> {
        let row = object([
            ("name", new.name.into()),
            ("type", "DISK".into()),
            ("disk", disk(new.volume).into()),
            ("blocksize", new.blocksize.into()),
        ]);
        let find = || Ok(self.extents()?.into_iter().find(|extent| extent.name == new.name));
        self.create(&Ask::create(EXTENTS, row), read_extent, find)
    }

    /// Has a disabled extent exported again.
    pub fn enable_extent(&self, id: u64) -> Result<(), Error> {
        let is_done = || Ok(self.extents()?.iter().any(|extent| extent.id == id && extent.enabled));
        self.change(&Ask::update(EXTENTS, &id.into(), object([("enabled", true.into())])), is_done)
    }

    /// Deletes an extent and its mappings; the zvol stays. Without `force`, the server refuses while somebody is logged in.
    pub fn delete_extent(&self, id: u64, force: bool) -> Result<(), Error> {
        let options = vec![false.into(), force.into()];
        let body = force.then(|| json!({ "remove": false, "force": true }));
        let is_gone = || Ok(self.extents()?.iter().all(|extent| extent.id != id));
        self.delete(&Ask::delete(EXTENTS, &id.into(), options, body), is_gone)
    }

    /// All mappings.
    pub fn mappings(&self) -> Result<Vec<Mapping>, Error> {
        self.rows(&Ask::rows(MAPPINGS), read_mapping)
    }

    /// Makes an extent a unit of a target; without a number, of the lowest that is free.
    pub fn map(&self, target: u64, extent: u64, lun: Option<u64>) -> Result<Mapping, Error> {
        let row = object([("target", target.into()), ("extent", extent.into()), ("lunid", lun.into())]);
        let is_it = |mapping: &Mapping| (mapping.target, mapping.extent) == (target, extent);
        let find = || Ok(self.mappings()?.into_iter().find(is_it));
        self.create(&Ask::create(MAPPINGS, row), read_mapping, find)
    }

    /// Gives a unit another number.
    pub fn renumber(&self, mapping: &Mapping, lun: u64) -> Result<(), Error> {
        let row = object([
            ("target", mapping.target.into()),
            ("extent", mapping.extent.into()),
            ("lunid", lun.into()),
        ]);
        let is_done = || Ok(self.mappings()?.iter().any(|it| it.id == mapping.id && it.lun == lun));
        self.change(&Ask::update(MAPPINGS, &mapping.id.into(), row), is_done)
    }

    /// Deletes a mapping. Without `force`, the server refuses while somebody is logged in.
    pub fn unmap(&self, id: u64, force: bool) -> Result<(), Error> {
        let by_name = force.then(|| json!({ "force": true }));
        let ask = |body| Ask::delete(MAPPINGS, &id.into(), vec![force.into()], body);
        let is_gone = || Ok(self.mappings()?.iter().all(|mapping| mapping.id != id));
        match self.delete(&ask(by_name.clone()), is_gone) {
            // As for targets.
            Err(error) if by_name.is_some() && error.kind() == http_exchange::Kind::Invalid => {
                self.delete(&ask(Some(true.into())), is_gone)
            }
            deleted => deleted,
        }
    }
}

/// A zvol as the API names disks: with a plus for each blank.
fn disk(volume: &str) -> String {
    format!("zvol/{}", volume.replace(' ', "+"))
}

fn read_extent(row: &Row) -> Result<Extent, Error> {
    let disk = row.text_or_none("disk");
    Ok(Extent {
        id: row.integer("id")?,
        name: row.text("name")?,
        volume: disk.strip_prefix("zvol/").map(|volume| volume.replace('+', " ")),
        blocksize: row.integer("blocksize")?,
        enabled: row.flag("enabled", true),
        read_only: row.flag("ro", false),
        locked: row.flag("locked", false),
    })
}

fn read_mapping(row: &Row) -> Result<Mapping, Error> {
    Ok(Mapping {
        id: row.integer("id")?,
        target: row.integer("target")?,
        extent: row.integer("extent")?,
        lun: row.integer("lunid")?,
    })
}
