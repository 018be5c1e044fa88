//! That a vehicle which was begun stays the one it was: its VIN and its software.
use ::fleet::{Stage, Vehicle};
use ansible_module::Failure;
use hatci_client::IdempotencyKey;
use serde_json::{Map, Value, json};

/// Notes what a vehicle is to be tested with. Once it was begun, that must stay: its records say so, whatever the variables say today.
pub(super) fn same_test(vehicle: &mut Vehicle, now: &Map<String, Value>) -> Result<(), Failure> {
    let vin = text(now, "vin").map(|vin| vin.trim().to_ascii_uppercase());
    let level = |side: &str| text(now.get(side)?.as_object()?, "build_level");
    let software = |side: &str| {
        let part = |name: &str| now.get(side).and_then(|it| it.get(name));
        json!([part("build_level"), part("ecus")]).to_string()
    };
    match now.get("verifies").and_then(Value::as_bool) {
        Some(false) if vehicle.verifies && vehicle.stage < Stage::Closed => {
            return Err(Failure::invalid(format!(
                "{} was to be verified in this campaign, but has no verification now, so it would pass unverified. Set ota_verify_tasks as before.",
                vehicle.host
            )));
        }
        verifies => vehicle.verifies = verifies.unwrap_or(vehicle.verifies),
    }
    let digest = IdempotencyKey::of_step(&software("source"), &software("target"), "software").to_string();
    if vehicle.stage > Stage::Waiting {
        let other = match (&vehicle.vin, &vin, &vehicle.software) {
            (Some(was), Some(is), _) if !was.trim().eq_ignore_ascii_case(is) => {
                format!("as vehicle {was}, but is now {is}")
            }
            (_, _, Some(was)) if *was != digest => format!(
                "with other software, from {} to {}",
                vehicle.from.as_deref().unwrap_or("an unknown level"),
                vehicle.to.as_deref().unwrap_or("an unknown level"),
            ),
            _ => return Ok(()),
        };
        return Err(Failure::invalid(format!(
            "{} was started in this campaign {other}. Resume with the variables that it was started with, or start another campaign (hatci_campaign_id, hatci_resume_file).",
            vehicle.host
        )));
    }
    (vehicle.vin, vehicle.from, vehicle.to) = (vin, level("source"), level("target"));
    vehicle.software = Some(digest);
    Ok(())
}

/// A variable of a vehicle as text: a survey and YAML may have made a number of it.
pub(super) fn text(vehicle: &Map<String, Value>, name: &str) -> Option<String> {
    match vehicle.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}
