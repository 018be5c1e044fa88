//! The VIN that a task gives.
use super::connection::failed;
use ansible_module::{Failure, Task};
use hatci_client::Vin;

/// Refuses what can't be a VIN, and warns of one that looks mistyped.
pub(crate) fn given(text: &str, task: &Task) -> Result<Vin, Failure> {
    let vin = Vin::parse(text).map_err(|e| failed(&e))?;
    if let Some(right) = vin.wrong_check_digit() {
        task.warn(format!(
            "VIN {vin} has a wrong check digit (position 9 should be {right}): normal for some vehicles from outside North America; otherwise the VIN is mistyped."
        ));
    }
    Ok(vin)
}
