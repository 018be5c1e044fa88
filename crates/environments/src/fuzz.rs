//! Feeds changed samples to what reads the files of a repository.
use crate::{Name, Package, Schemas, read_documents};
use std::path::Path;

#[test]
fn no_schema_and_no_definition_breaks_them() {
    fuzzing::run(env!("CARGO_MANIFEST_DIR"), "schemas", |bytes| {
        let Ok(schemas) = Schemas::read(&[("s.yml".into(), bytes.to_vec())]) else { return };
        for document in read_documents(bytes).unwrap_or_default() {
            schemas.check("u", &document, Path::new("d.yml"));
        }
    });
}

#[test]
fn no_package_breaks_it() {
    let id = Name::parse("core").unwrap();
    fuzzing::run(env!("CARGO_MANIFEST_DIR"), "packages", |bytes| {
        drop(Package::parse(Path::new("/nowhere"), &id, bytes));
    });
}
