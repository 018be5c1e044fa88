//! Lists: what the server knows of one kind, page by page, and no more of it than is wanted.
use crate::{Error, fields};
use http_exchange::{Listed, Reply};
use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value};

/// What can be listed. Only the vehicles are part of every SUMS server's API, and not every user may read them.
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
    /// Its name in the API, and the field that holds the list where an answer is an object.
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

    /// Where the list begins. A server that knows no such filter ignores it.
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

    /// The path of the next page below the base URL: a server may name it whole, or by its query alone. None: it is elsewhere.
    pub(crate) fn next(self, named: &str) -> Option<String> {
        let (path, named) = (self.path(), named.split('#').next()?);
        if named.starts_with('?') {
            return Some(path + named);
        }
        named.find(&path).map(|start| named[start..].to_owned())
    }
}

/// What a server has listed, as far as it was asked for.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Each as the server describes it; at most [`MOST_LISTED`].
    pub objects: Vec<Map<String, Value>>,
    /// Whether the server knows more than are here.
    pub is_cut: bool,
}

/// As many objects are kept, whatever a server lists.
pub const MOST_LISTED: usize = 10_000;

impl Listing {
    /// Takes what fits from one page; `only_one`: no more once it is found.
    pub(crate) fn add(
        &mut self,
        reply: &Reply,
        of: ListOf,
        only_one: bool,
        fits: &dyn Fn(&Map<String, Value>) -> bool,
    ) -> Result<Listed, Error> {
        let mut strange = None;
        let listed = reply.each(&[of.as_str(), "results", "items", "data"], &mut |entry| {
            let Value::Object(object) = entry else {
                strange = Some(fields::kind(&entry));
                return false;
            };
            if !fits(&object) {
                return true;
            }
            self.is_cut = self.objects.len() == MOST_LISTED;
            if !self.is_cut {
                self.objects.push(object);
            }
            !self.is_cut && !only_one
        })?;
        match strange {
            Some(kind) => Err(reply.unusable(format!("an entry of the list is {kind}")).into()),
            None => Ok(listed),
        }
    }
}
