//! Lists of the server's objects, read page by page as far as needed.
use crate::{Error, fields};
use http_exchange::{Deadline, Element, Listed, Reply};
use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value};

/// What can be listed. Only vehicles are part of every SUMS server's API, and not every user may read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOf {
    /// `GET vehicles`.
    Vehicles,
    /// `GET events`.
    Events,
    /// `GET deployments`.
    Deployments,
    /// `GET test_events`.
    TestEvents,
}

impl ListOf {
    /// Its name in the API, and the field that contains the list if the answer is an object.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vehicles => "vehicles",
            Self::Events => "events",
            Self::Deployments => "deployments",
            Self::TestEvents => "test_events",
        }
    }

    pub(crate) fn path(self) -> String {
        format!("/api/v1/{}", self.as_str())
    }

    /// The first page. A server that doesn't support the filter ignores it.
    pub(crate) fn start(self, vin: Option<&str>) -> String {
        match vin {
            Some(vin) if self != Self::Vehicles => {
                format!(
                    "{}?vin={}",
                    self.path(),
                    utf8_percent_encode(vin, percent_encoding::NON_ALPHANUMERIC)
                )
            }
            _ => self.path(),
        }
    }

    /// The path of the next page below the base URL; a server may give a full URL or only its query. `None` if it is elsewhere.
    pub(crate) fn next(self, named: &str) -> Option<String> {
        let (path, named) = (self.path(), named.split('#').next()?);
        if named.starts_with('?') {
            return Some(path + named);
        }
        named.find(&path).map(|start| named[start..].to_owned())
    }
}

/// Listed objects, as far as requested.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The objects as the server describes them: at most [`MOST_LISTED`], and no more than fit in memory easily.
    pub objects: Vec<Map<String, Value>>,
    /// Whether the server has more.
    pub is_cut: bool,
    /// How many values of JSON they hold together.
    values: usize,
    /// How long they are together as JSON.
    bytes: usize,
}

/// The most objects that are kept.
pub const MOST_LISTED: usize = 10_000;
/// The most values of JSON that are kept: some for each object.
const MOST_VALUES: usize = 20 * MOST_LISTED;
/// The most bytes of JSON that are kept.
const MOST_BYTES: usize = 8 << 20;

impl Listing {
    /// Adds the objects of a page that fit; with `only_one`, stops after the first.
    pub(crate) fn add(
        &mut self,
        reply: &Reply,
        of: ListOf,
        only_one: bool,
        fits: &dyn Fn(&Map<String, Value>) -> bool,
        deadline: &Deadline,
    ) -> Result<Listed, Error> {
        let mut strange = None;
        let listed = reply
            .each(&[of.as_str(), "results", "items", "data"], &mut |Element { value, values, bytes }| {
                let Value::Object(object) = value else {
                    strange = Some(fields::kind(&value));
                    return false;
                };
                if !fits(&object) {
                    return true;
                }
                self.values += values;
                self.bytes += bytes;
                self.is_cut =
                    self.objects.len() == MOST_LISTED || self.values > MOST_VALUES || self.bytes > MOST_BYTES;
                if !self.is_cut {
                    self.objects.push(object);
                }
                !self.is_cut && !only_one
            })
            .map_err(|e| e.within(deadline))?;
        match strange {
            Some(kind) => Err(reply.unusable(format!("an entry of the list is {kind}")).into()),
            None => Ok(listed),
        }
    }
}
