//! Vehicle identification numbers: what is none is refused, what looks mistyped is warned of.
use ansible_module::{Failure, Task};
use serde_json::{Map, Value};
use shown_text::one_line;

/// ISO 3779: seventeen characters.
const LENGTH: usize = 17;
/// The place of the check digit in North American numbers (49 CFR 565.15), counted from 0.
const CHECK_DIGIT: usize = 8;
const WEIGHTS: [u32; LENGTH] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/// The number in capitals. Refuses what can't be one; warns if the check digit is wrong, which is legal outside North America.
pub(crate) fn checked(vin: &str, task: &Task) -> Result<String, Failure> {
    let vin = vin.trim().to_ascii_uppercase();
    let length = vin.chars().count();
    if length != LENGTH {
        return Err(Failure::invalid(format!(
            "VIN {vin} has {length} characters instead of {LENGTH}; look it up on the vehicle."
        )));
    }
    let Some(sum) = vin.chars().zip(WEIGHTS).try_fold(0, |sum, (c, weight)| Some(sum + weight * value(c)?))
    else {
        return Err(Failure::invalid(format!(
            "VIN {vin} has a character that no VIN has: only digits and letters but I, O and Q; look it up on the vehicle."
        )));
    };
    let expected = char::from_digit(sum % 11, 10).unwrap_or('X');
    if vin.chars().nth(CHECK_DIGIT) != Some(expected) {
        task.warn(format!(
            "VIN {vin} has a wrong check digit (position 9 should be {expected}): right for some vehicles from outside North America, else mistyped."
        ));
    }
    Ok(vin)
}

/// The VIN of the other vehicle that a record is of; `None` if it is of this one, or shows no VIN.
pub(crate) fn other_in(record: &Map<String, Value>, vin: &str) -> Option<String> {
    let shown = record.get("vin")?.as_str()?.trim();
    (!shown.is_empty() && !shown.eq_ignore_ascii_case(vin)).then(|| one_line(shown))
}

/// The value of a character in the check sum; `None` for those that no VIN has.
fn value(c: char) -> Option<u32> {
    Some(match c {
        '0'..='9' => u32::from(c) - u32::from('0'),
        'A'..='H' => u32::from(c) - u32::from('A') + 1,
        'J'..='N' => u32::from(c) - u32::from('J') + 1,
        'P' => 7,
        'R' => 9,
        'S'..='Z' => u32::from(c) - u32::from('S') + 2,
        _ => return None,
    })
}
