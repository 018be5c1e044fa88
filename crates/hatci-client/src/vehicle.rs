//! Vehicles that the server knows: page by page, and no more of them than are wanted.
use crate::{Error, fields};
use http_exchange::{Listed, Reply};
use serde_json::{Map, Value};

/// A vehicle as the server describes it.
#[derive(Clone, Debug)]
pub struct Vehicle {
    /// `id`.
    pub id: Option<String>,
    /// `vin`.
    pub vin: Option<String>,
    /// The whole entry.
    pub object: Map<String, Value>,
}

/// The vehicles of a server, as far as they were asked for.
#[derive(Clone, Debug, Default)]
pub struct Vehicles {
    /// At most [`MOST_VEHICLES`].
    pub vehicles: Vec<Vehicle>,
    /// Whether the server knows more than are here.
    pub is_cut: bool,
}

/// As many vehicles are kept, whatever a server lists.
pub const MOST_VEHICLES: usize = 10_000;

/// Where lists of vehicles stand in an answer that is an object.
const LISTS: [&str; 4] = ["vehicles", "results", "items", "data"];

impl Vehicles {
    /// Takes in one page. `vin`: only that vehicle, and no more once it is found.
    pub(crate) fn add(&mut self, reply: &Reply, vin: Option<&str>) -> Result<Listed, Error> {
        let mut strange = None;
        let listed = reply.each(&LISTS, &mut |entry| {
            let Value::Object(object) = entry else {
                strange = Some(fields::kind(&entry));
                return false;
            };
            let vehicle = Vehicle {
                id: fields::text(&object, &["id", "ID"]),
                vin: fields::text(&object, &["vin", "VIN"]),
                object,
            };
            let fits =
                |wanted: &str| vehicle.vin.as_ref().is_some_and(|it| it.trim().eq_ignore_ascii_case(wanted));
            match vin {
                Some(wanted) if !fits(wanted) => true,
                Some(_) => {
                    self.vehicles.push(vehicle);
                    false
                }
                None if self.vehicles.len() == MOST_VEHICLES => {
                    self.is_cut = true;
                    false
                }
                None => {
                    self.vehicles.push(vehicle);
                    true
                }
            }
        })?;
        match strange {
            Some(kind) => Err(reply.unusable(format!("a vehicle in it is {kind}")).into()),
            None => Ok(listed),
        }
    }
}
