//! The vehicles of a task as the user describes them, and as the modules for one vehicle want to be told.
use super::same_test::text;
use crate::duties::Arguments;
use ansible_module::{Failure, Options};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// One of the vehicles.
#[derive(Options)]
pub(crate) struct VehicleOptions {
    /// Its name in the inventory and in the results.
    pub(crate) host: String,
    /// The vehicle identification number.
    pub(crate) vin: String,
    /// Its id in SUMS.
    vehicle_id: Option<String>,
    /// An existing deployment to continue with: then nothing is created.
    pub(crate) deployment_id: Option<String>,
    /// An existing test event to continue with.
    pub(crate) test_event_id: Option<String>,
    /// Whether an earlier run of this campaign had begun this vehicle, and may have created objects with unknown ids. What is missing is
    /// then only requested if the server honours idempotency keys; otherwise the vehicle is left alone.
    #[option(default = false)]
    pub(crate) begun: bool,
    #[option(flatten)]
    update: UpdateOptions,
}

/// What may be the same for all vehicles.
#[derive(Options)]
pub(crate) struct UpdateOptions {
    /// Name of the tester.
    tester_name: Option<String>,
    /// The vehicle program.
    program_name: Option<String>,
    /// The vehicle's model year.
    model_year: Option<String>,
    /// The region the software is for.
    region: Option<String>,
    /// The variant within the region.
    region_spec: Option<String>,
    /// The software on the vehicle.
    source: Option<SoftwareOptions>,
    /// The target software.
    target: Option<SoftwareOptions>,
    /// Additional data to keep with the test event. The campaign and the host are added.
    metadata: Option<Map<String, Value>>,
}

/// A software level.
#[derive(Options)]
struct SoftwareOptions {
    /// The build level.
    build_level: Option<String>,
    /// The ECUs and their software: dicts with `ecu_name`, `part_number` and `sw_version`.
    ecus: Option<Vec<Map<String, Value>>>,
    /// Free text.
    remark: Option<String>,
    /// An existing event to reuse, which must be the one described.
    event_id: Option<String>,
}

/// What a vehicle is to get, as the modules for one vehicle want it.
pub(crate) struct Described {
    pub(crate) source: Arguments,
    pub(crate) target: Arguments,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) vehicle_id: Option<String>,
}

/// Refuses two vehicles of one name, of which only one could be in the results.
pub(crate) fn check_hosts<'a>(hosts: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    let mut known = HashSet::new();
    for host in hosts {
        if host.trim().is_empty() {
            return Err(Failure::invalid("The host of a vehicle is blank. Give each vehicle its name."));
        }
        if !known.insert(host) {
            return Err(Failure::invalid(format!("{host} is listed twice. List each vehicle once.")));
        }
    }
    Ok(())
}

/// Refuses two names for one vehicle: both would update it, and one would be reported without a test.
pub(crate) fn check_vins<'a>(vehicles: impl Iterator<Item = (&'a str, &'a str)>) -> Result<(), Failure> {
    let mut known = HashMap::new();
    for (host, vin) in vehicles.filter(|(_, vin)| !vin.trim().is_empty()) {
        if let Some(other) = known.insert(vin.trim().to_ascii_uppercase(), host) {
            return Err(Failure::invalid(format!(
                "{other} and {host} have the same VIN, {vin}. Give each vehicle its own; an extra variable applies to all hosts."
            )));
        }
    }
    Ok(())
}

/// Refuses one deployment, test event or event for two vehicles: one would be reported with the test of the other.
pub(crate) fn check_ids(vehicles: &[Map<String, Value>]) -> Result<(), Failure> {
    let mut known = HashMap::new();
    for vehicle in vehicles {
        let host = text(vehicle, "host").unwrap_or_default();
        let of_side = |side: &str| text(vehicle.get(side)?.as_object()?, "event_id");
        let ids = [
            ("deployment", text(vehicle, "deployment_id")),
            ("test event", text(vehicle, "test_event_id")),
            ("event", of_side("source")),
            ("event", of_side("target")),
        ];
        for (what, id) in
            ids.into_iter().filter_map(|(what, id)| Some((what, id.filter(|id| !id.trim().is_empty())?)))
        {
            match known.insert((what, id.clone()), host.clone()) {
                Some(other) if other != host => {
                    return Err(Failure::invalid(format!(
                        "{other} and {host} are both given {what} {id}. Give each vehicle its own; an extra variable applies to all hosts."
                    )));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Refuses one event for both sides of an update: the vehicle would get what it has.
pub(crate) fn check_sides(vehicles: &[VehicleOptions], all: &UpdateOptions) -> Result<(), Failure> {
    let event = |software: &Arguments| software.get("event_id").cloned();
    for vehicle in vehicles {
        let described = vehicle.described(all);
        if let (Some(source), Some(target)) = (event(&described.source), event(&described.target))
            && source == target
        {
            return Err(Failure::invalid(format!(
                "{}: source.event_id and target.event_id are both {}, and one event can't be both the source and the target.",
                vehicle.host,
                target.as_str().unwrap_or_default()
            )));
        }
    }
    Ok(())
}

impl VehicleOptions {
    /// With what is the same for all vehicles.
    pub(crate) fn described(&self, all: &UpdateOptions) -> Described {
        let own = &self.update;
        let mut event = Map::new();
        for (name, own, all) in [
            ("tester_name", &own.tester_name, &all.tester_name),
            ("program_name", &own.program_name, &all.program_name),
            ("model_year", &own.model_year, &all.model_year),
            ("region", &own.region, &all.region),
            ("region_spec", &own.region_spec, &all.region_spec),
        ] {
            put(&mut event, name, own.as_ref().or(all.as_ref()).map(|text| text.as_str().into()));
        }
        event.insert("vin".into(), self.vin.as_str().into());
        let software = |own: Option<&SoftwareOptions>, all: Option<&SoftwareOptions>, update_type: &str| {
            let mut event = event.clone();
            event.insert("update_type".into(), update_type.into());
            for software in all.into_iter().chain(own) {
                put(&mut event, "build_level", software.build_level.as_deref().map(Value::from));
                put(&mut event, "ecus", software.ecus.as_ref().map(|ecus| json!(ecus)));
                put(&mut event, "remark", software.remark.as_deref().map(Value::from));
                put(
                    &mut event,
                    "event_id",
                    software.event_id.as_deref().filter(|id| !id.is_empty()).map(Value::from),
                );
            }
            event
        };
        let mut metadata = all.metadata.clone().unwrap_or_default();
        metadata.extend(own.metadata.clone().unwrap_or_default());
        Described {
            source: software(own.source.as_ref(), all.source.as_ref(), "RROM"),
            target: software(own.target.as_ref(), all.target.as_ref(), "UROM"),
            metadata,
            vehicle_id: self.vehicle_id.clone(),
        }
    }
}

fn put(options: &mut Arguments, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        options.insert(name.into(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_that_of_one_vehicle() {
        let vehicle = |host: &str, deployment: &str, source: Value| {
            let vehicle =
                json!({ "host": host, "deployment_id": deployment, "source": { "event_id": source } });
            vehicle.as_object().cloned().unwrap_or_default()
        };
        let check = |vehicles: [Map<String, Value>; 2]| check_ids(&vehicles).map_err(|failure| failure.msg);
        assert!(check([vehicle("car1", "", json!(1)), vehicle("car2", "", json!(2))]).is_ok());
        for refused in [
            [vehicle("car1", "D1", json!(1)), vehicle("car2", "D1", json!(2))],
            [vehicle("car1", "D1", json!(1)), vehicle("car2", "D2", json!("1"))],
        ] {
            assert!(check(refused).is_err_and(|msg| msg.starts_with("car1 and car2 are both given ")));
        }
    }

    #[test]
    fn two_names_for_one_vehicle_are_refused() {
        let same = [("car1", "1HGBH41JXMN109186"), ("car2", "1hgbh41jxmn109186 ")];
        let refused = check_vins(same.into_iter()).map_err(|failure| failure.msg);
        assert!(refused.is_err_and(|msg| msg.starts_with("car1 and car2 have the same VIN")));
        assert!(
            check_vins([("car1", "1HGBH41JXMN109186"), ("car2", "5NPE24AF5FH000002")].into_iter()).is_ok()
        );
    }
}
