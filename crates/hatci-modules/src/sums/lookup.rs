//! What the modules that show events, deployments and test events have in common: one by its id, or all of one vehicle.
use super::{connection::failed, creation, vin};
use ansible_module::{ErrorKind, Failure, Task};
use hatci_client::{Client, Error, Kind, ListOf, Vin};
use serde_json::{Map, Value};
use std::fmt::Display;

/// What is looked up.
pub(crate) enum Lookup<Id> {
    /// One object.
    ById(Id),
    /// All of the vehicle with this VIN.
    ByVin(Vin),
    /// What would have been made, had it not been check mode.
    Pending,
}

impl<Id: Display> Lookup<Id> {
    /// From the options, of which exactly one is given; `option` is the name of the first.
    pub(crate) fn parse(
        option: &str,
        id: Option<&str>,
        vin: Option<&str>,
        task: &Task,
        parse: fn(&str) -> Result<Id, Error>,
    ) -> Result<Self, Failure> {
        if let Some(vin) = vin {
            return Ok(Self::ByVin(vin::given(vin, task)?));
        }
        Ok(creation::given(option, id, task, parse)?.map_or(Self::Pending, Self::ById))
    }

    /// What the server shows: `by_id` reads one object. One that is not there leaves the list empty, with a warning: another address
    /// than that of the API knows no object either.
    pub(crate) fn run(
        &self,
        of: ListOf,
        client: &Client,
        task: &Task,
        by_id: impl Fn(&Id) -> Result<Map<String, Value>, Error>,
    ) -> Result<Vec<Map<String, Value>>, Failure> {
        match self {
            Self::Pending => Ok(vec![]),
            Self::ById(id) => match by_id(id) {
                Ok(object) => Ok(vec![object]),
                Err(error) if error.kind() == Kind::NotFound => {
                    task.warn(format!(
                        "The server shows no {} {id}: {}. Check the id, and that the base URL is that of the API.",
                        words(of).trim_end_matches('s'),
                        unless_there(of)
                    ));
                    Ok(vec![])
                }
                Err(error) => Err(unless_offered(of, "show", "", &error)),
            },
            Self::ByVin(vin) => {
                let found = client
                    .list(of, Some(vin.as_str()))
                    .map_err(|error| unless_offered(of, "list", INSTEAD, &error))?;
                if found.is_cut {
                    task.warn(format!(
                        "The server knows more {} of vehicle {vin} than the {} that are returned.",
                        words(of),
                        found.objects.len()
                    ));
                }
                Ok(found.objects)
            }
        }
    }
}

const INSTEAD: &str = " Look them up by id instead of by VIN.";

/// A server that lacks a call is not broken, and the remedy is not one of the network's.
fn unless_offered(of: ListOf, verb: &str, instead: &str, error: &Error) -> Failure {
    let failure = failed(error);
    if !matches!(error.status(), Some(404 | 405 | 501)) {
        return failure;
    }
    let msg = format!("This server does not {verb} {}.{instead}", words(of));
    Failure { details: failure.details, ..Failure::new(ErrorKind::NotFound, msg) }
}

/// Why there may be none.
fn unless_there(of: ListOf) -> &'static str {
    match of {
        ListOf::TestEvents => "either there is none, or this server cannot show test events",
        _ => "there is none, or another server answers",
    }
}

fn words(of: ListOf) -> String {
    of.as_str().replace('_', " ")
}
