//! Vehicles that the server knows.
use crate::{Error, fields};
use http_exchange::Reply;
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

impl Vehicle {
    /// The answer is a list of objects, or an object that holds one as `vehicles`.
    pub(crate) fn read_all(reply: &Reply) -> Result<Vec<Self>, Error> {
        let list = reply.body.as_array().or_else(|| reply.body.get("vehicles")?.as_array());
        let Some(list) = list else {
            return Err(reply.unusable(format!("it is {} and not a list", fields::kind(&reply.body))).into());
        };
        list.iter()
            .map(|entry| match entry {
                Value::Object(object) => Ok(Self {
                    id: fields::text(object, &["id"]),
                    vin: fields::text(object, &["vin"]),
                    object: object.clone(),
                }),
                other => Err(reply.unusable(format!("a vehicle in it is {}", fields::kind(other))).into()),
            })
            .collect()
    }
}
