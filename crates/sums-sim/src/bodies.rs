//! The contract's request bodies. A body that deserialises is valid.

use std::fmt;
use std::marker::PhantomData;

use jiff::{Timestamp, civil};
use serde::de::{self, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// `POST /events`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateEvent {
    tester_name: String,
    program_name: String,
    model_year: String,
    pub(crate) vin: Vin,
    update_type: UpdateType,
    region: String,
    build_level: String,
    #[serde(deserialize_with = "not_empty")]
    ecus: Vec<Ecu>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    region_spec: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    remark: Option<String>,
}

/// Whether an event describes a vehicle's current software (source) or its target software.
#[derive(Debug, Deserialize, Serialize)]
enum UpdateType {
    #[serde(rename = "RROM")]
    Source,
    #[serde(rename = "UROM")]
    Target,
}

/// An ECU and its software.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Ecu {
    #[serde(rename = "ecu_name")]
    name: String,
    part_number: String,
    sw_version: String,
}

/// `POST /events/{event_id}/fix`: an empty object.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FixEvent {}

/// `POST /deployments`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateDeployment {
    pub(crate) event_id: String,
    #[serde(default)]
    deployment_count: Count,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    start_datetime: Option<DateTime>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    end_datetime: Option<DateTime>,
}

/// A whole number from 1. JSON has only one type of number, so `1.0` is accepted, too.
#[derive(Debug, Deserialize, Serialize)]
#[serde(try_from = "f64")]
struct Count(u32);

impl Default for Count {
    fn default() -> Self {
        Self(1)
    }
}

impl TryFrom<f64> for Count {
    type Error = &'static str;

    fn try_from(number: f64) -> Result<Self, Self::Error> {
        if number.fract() != 0.0 || !(1.0..=f64::from(i32::MAX)).contains(&number) {
            return Err("a count must be a whole number from 1 to 2147483647");
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range is checked above"
        )]
        Ok(Self(number as u32))
    }
}

/// `POST /test_events`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateTestEvent {
    vin: Vin,
    /// An event's id, or [`CreateTestEvent::PENDING`].
    pub(crate) event_id: String,
    ansible_job_id: String,
    git_sha: String,
    suite_name: String,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    vehicle_id: Option<String>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    metadata: Option<Map<String, Value>>,
}

impl CreateTestEvent {
    /// Sent as `event_id` if the test event is created before the events.
    pub(crate) const PENDING: &str = "pending";
}

/// `PATCH /test_events/{test_event_id}`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateTestEvent {
    status: Verdict,
    summary: String,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    artifact_urls: Option<Vec<String>>,
}

/// The verdict of a test.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Verdict {
    Pass,
    Fail,
}

/// A vehicle identification number: 17 letters and digits, without I, O and Q (ISO 3779).
#[derive(Debug, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub(crate) struct Vin(pub(crate) String);

impl TryFrom<String> for Vin {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let allowed = |c: char| c.is_ascii_alphanumeric() && !"IOQioq".contains(c);
        if text.len() == 17 && text.chars().all(allowed) {
            Ok(Self(text))
        } else {
            Err("a VIN has 17 characters: digits and letters except I, O and Q")
        }
    }
}

/// An ISO 8601 date and time, with or without UTC offset, kept as written.
#[derive(Debug, Deserialize, Serialize)]
#[serde(try_from = "String")]
struct DateTime(String);

impl TryFrom<String> for DateTime {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.parse::<Timestamp>().is_ok() || text.parse::<civil::DateTime>().is_ok() {
            Ok(Self(text))
        } else {
            Err("not an ISO 8601 date and time such as 2026-03-01T08:00:00Z")
        }
    }
}

/// An optional field that must have a value if present: `null` is rejected.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

fn not_empty<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Vec<T>, D::Error> {
    let items = Vec::<Object<T>>::deserialize(value)?;
    if items.is_empty() {
        return Err(de::Error::custom("must not be empty"));
    }
    Ok(items.into_iter().map(|item| item.0).collect())
}

/// A struct parsed from a JSON object. Serde alone would also parse a struct from an array of its fields' values.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        value.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields)).map(Object)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_vin_is_17_letters_and_digits_without_i_o_q(text in "[A-HJ-NPR-Za-hj-npr-z0-9]{17}") {
            prop_assert_eq!(Vin::try_from(text.clone()).map(|vin| vin.0), Ok(text));
        }

        #[test]
        fn a_vin_with_any_other_character_is_refused(text in "[A-H]{8}[^A-HJ-NPR-Za-hj-npr-z0-9][0-9]{8}") {
            prop_assert!(Vin::try_from(text).is_err());
        }

        #[test]
        fn a_vin_of_any_other_length_is_refused(text in "[A-H0-9]{0,16}|[A-H0-9]{18,40}") {
            prop_assert!(Vin::try_from(text).is_err());
        }
    }
}
