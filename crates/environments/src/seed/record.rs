//! `provisioner/ROLE.json` among the outputs of an environment: which images a role has, and what they were made of.
use super::{images::Image, provisioner::Provisioner};
use crate::Metadata;
use serde_json::{Map, Value, json};

/// The largest record that is read, in bytes.
pub(super) const LARGEST: u64 = 4 << 20;

/// What only says when, or what others note after an upload.
const APART: [&str; 2] = ["generatedAt", "remoteStorage"];

/// The record of these images. `input` is the SHA-256 of the provisioner.json that they were made of.
pub(super) fn record(
    role: &str,
    metadata: &Metadata,
    provisioner: &Provisioner,
    input: &str,
    images: &[Image],
    now: &str,
) -> Value {
    let artifact = |image: &Image| {
        let checksum = json!({ "type": "sha256", "value": image.sha256 });
        let mut artifact = json!({ "artifact": image.path.to_string_lossy(), "artifactChecksum": checksum, "size": image.size });
        if let Some(host) = &image.host {
            artifact["host"] = host.as_str().into();
        }
        artifact
    };
    let mut record = json!({
        "role": role,
        "environment": metadata.environment,
        "status": "complete",
        "kind": "nocloud-seed",
        "artifactFormat": "raw",
        "inputSha256": input,
        "configPackage": { "id": metadata.package, "version": metadata.version },
        "generatedAt": now,
        "build": { "hostnamePrefix": provisioner.host_name_prefix, "packages": provisioner.packages },
        "images": images.iter().map(artifact).collect::<Vec<_>>(),
        "remoteStorage": {
            "enabled": provisioner.remote.is_enabled,
            "bucket": provisioner.remote.bucket,
            "prefix": provisioner.remote.prefix,
            "objectKey": object_key(&provisioner.remote.prefix, &format!("{role}.img")),
            "uploaded": false,
        },
    });
    // One image for all hosts of the role: as consumers of the first layout expect it.
    if let [Image { host: None, .. }] = images {
        record["artifact"] = record["images"][0]["artifact"].clone();
        record["artifactChecksum"] = record["images"][0]["artifactChecksum"].clone();
    }
    record
}

/// Whether both records say the same, whenever each was written and whatever was uploaded since.
pub(super) fn says_the_same(one: &Value, other: &Value) -> bool {
    let facts = |record: &Value| {
        let mut facts: Map<String, Value> = record.as_object().cloned().unwrap_or_default();
        let remote = facts.get("remoteStorage").cloned().unwrap_or_default();
        facts.retain(|key, _| !APART.contains(&key.as_str()));
        (facts, remote["enabled"].clone(), remote["bucket"].clone(), remote["prefix"].clone())
    };
    facts(one) == facts(other)
}

/// `PREFIX/NAME`, without `//`.
fn object_key(prefix: &str, name: &str) -> String {
    match prefix.trim_matches('/') {
        "" => name.to_owned(),
        prefix => format!("{prefix}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_key_has_no_empty_part() {
        for (prefix, expected) in
            [("", "r.img"), ("/", "r.img"), ("a/", "a/r.img"), ("/a/b//", "a/b/r.img"), ("a", "a/r.img")]
        {
            assert_eq!(object_key(prefix, "r.img"), expected, "{prefix}");
        }
    }
}
