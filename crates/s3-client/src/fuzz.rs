//! Fuzz targets: whatever a server answers, reading it ends with a value or a reason.
use crate::{
    policy::{means_the_same, with_public_read},
    xml::Element,
};
use serde_json::Value;

#[test]
fn xml() {
    fuzzing::run(env!("CARGO_MANIFEST_DIR"), "xml", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let _ = Element::parse(&text);
        Element::error(&text);
    });
}

#[test]
fn policy() {
    fuzzing::run(env!("CARGO_MANIFEST_DIR"), "policy", |bytes| {
        if let Ok(policy) = serde_json::from_slice::<Value>(bytes) {
            let public = with_public_read(Some(&policy), "lab", "isos/");
            assert!(means_the_same(&public, &with_public_read(Some(&public), "lab", "isos/")));
        }
    });
}
