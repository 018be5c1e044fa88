//! `provisioner/ROLE.json` among the outputs of an environment: which images a role has, and what they were made of.
use super::{Image, provisioner::Provisioner};
use crate::Metadata;
use serde_json::{Map, Value, json};

/// The largest record that is read, in bytes.
pub(super) const LARGEST: u64 = 4 << 20;

/// What only says when, or is noted after an upload. Where images would go is in the file that `inputSha256` is of.
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
        let mut artifact = json!({
            "artifact": image.path.to_string_lossy(), "artifactChecksum": checksum, "size": image.size, "objectKey": image.object_key,
        });
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
            "objectKey": "",
            "uploaded": false,
        },
    });
    // One image for all hosts of the role: as consumers of the first layout expect it.
    if let [Image { host: None, object_key, .. }] = images {
        record["remoteStorage"]["objectKey"] = object_key.as_str().into();
        record["artifact"] = record["images"][0]["artifact"].clone();
        record["artifactChecksum"] = record["images"][0]["artifactChecksum"].clone();
    }
    record
}

/// Whether both records say the same, whenever each was written and whatever was uploaded since.
pub(super) fn says_the_same(one: &Value, other: &Value) -> bool {
    let facts = |record: &Value| -> Map<String, Value> {
        let all = record.as_object().into_iter().flatten();
        all.filter(|(key, _)| !APART.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    facts(one) == facts(other)
}

/// Takes over where the images were uploaded, from the record of the same images.
pub(super) fn keep_upload(record: &mut Value, before: &Value) {
    record["remoteStorage"] = before["remoteStorage"].clone();
}

/// Whether the record notes that the images are in this bucket.
pub(super) fn is_uploaded_to(record: &Value, bucket: &str) -> bool {
    let remote = &record["remoteStorage"];
    remote["uploaded"] == true && remote["bucket"] == bucket
}

/// Notes that the images are in this bucket, each by its `objectKey`.
pub(super) fn note_upload(record: &mut Value, bucket: &str, now: &str) {
    let remote = &mut record["remoteStorage"];
    (remote["bucket"], remote["uploaded"], remote["uploadedAt"]) = (bucket.into(), true.into(), now.into());
}

/// `PREFIX/NAME`, without `//`.
pub(super) fn object_key(prefix: &str, name: &str) -> String {
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
