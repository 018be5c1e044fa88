//! Fuzz target: any details of a task can be fitted to ARA's limits.
use crate::content::{content, name, shortened};
use serde_json::{Map, Value};

#[test]
fn details() {
    fuzzing::run(env!("CARGO_MANIFEST_DIR"), "details", |bytes| {
        name(&String::from_utf8_lossy(bytes));
        if let Ok(details) = serde_json::from_slice::<Map<String, Value>>(bytes) {
            content(&details);
            shortened(&details);
        }
    });
}
