//! The software bill of materials of the archive, in `CycloneDX` 1.5: which crates are linked into the program.

use serde_json::{Value, json};

use crate::error::Result;
use crate::licences::{linked, metadata, word};
use crate::tree::VERSION;

/// As JSON text, the same for the same `Cargo.lock`.
pub(crate) fn sbom(package: &str, triple: &str) -> Result<String> {
    let metadata = metadata(triple)?;
    let components: Vec<Value> = linked(&metadata, package)
        .into_iter()
        .map(|it| {
            let (name, version) = (word(&it["name"]), word(&it["version"]));
            let purl = format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"));
            let mut component = json!({
                "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
            });
            if let Some(licence) = it["license"].as_str() {
                // Cargo's old way to write OR.
                component["licenses"] = json!([{ "expression": licence.replace('/', " OR ") }]);
            }
            component
        })
        .collect();
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application", "bom-ref": "hatci.automation", "name": "hatci.automation", "version": VERSION,
                "licenses": [{ "expression": "Apache-2.0" }],
            },
        },
        "components": components,
    });
    Ok(format!("{document:#}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lists_what_is_linked_with_version_and_licence() {
        let text = sbom("hatci-modules", &format!("{}-unknown-linux-gnu", std::env::consts::ARCH)).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let components = document["components"].as_array().unwrap();
        let rustls = components.iter().find(|it| it["name"] == "rustls").unwrap();
        assert_eq!(rustls["purl"], format!("pkg:cargo/rustls@{}", rustls["version"].as_str().unwrap()));
        assert!(rustls["licenses"][0]["expression"].as_str().unwrap().contains("Apache-2.0"));
        assert!(components.iter().all(|it| it["name"] != "mockito" && !word(&it["version"]).is_empty()));
    }
}
