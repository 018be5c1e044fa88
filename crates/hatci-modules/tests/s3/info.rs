//! `s3_artifact_info`
use crate::{Lab, kind, msg};
use bench_sim::s3::Object;
use hatci_modules::S3ArtifactInfo;
use serde_json::json;

#[test]
fn artifacts_are_listed_by_prefix_and_metadata() {
    let lab = Lab::with_buckets();
    lab.s3.change("lab-private", |bucket| {
        bucket.objects.insert("isos/".into(), Object::default());
        for (key, server) in
            [("isos/1.iso", "01"), ("isos/2 ä.iso", "02"), ("binaries/x", "01"), ("others/full/", "03")]
        {
            let metadata = vec![("server_id".to_owned(), server.to_owned()), ("sha256".into(), "ab".into())];
            bucket.objects.insert(key.into(), Object { bytes: b"x".into(), metadata, ..Object::default() });
        }
    });
    let keys = |options| {
        let found = lab.run::<S3ArtifactInfo>(&options);
        let artifacts = found["artifacts"].as_array().unwrap().clone();
        artifacts.iter().map(|it| it["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        keys(json!({ "bucket": "lab-private" })),
        ["binaries/x", "isos/1.iso", "isos/2 ä.iso", "others/full/"]
    );
    assert_eq!(keys(json!({ "bucket": "lab-private", "prefix": "isos/" })), ["isos/1.iso", "isos/2 ä.iso"]);
    let by_server = json!({ "bucket": "lab-private", "metadata": { "Server_ID": "01" } });
    assert_eq!(keys(by_server), ["binaries/x", "isos/1.iso"]);
    let one = lab.run::<S3ArtifactInfo>(&json!({ "bucket": "lab-private", "prefix": "isos/1" }));
    assert_eq!(one["artifacts"][0]["metadata"], json!({ "server_id": "01" }));
    assert_eq!((&one["artifacts"][0]["sha256"], &one["artifacts"][0]["type"]), (&json!("ab"), &json!("iso")));
}

#[test]
fn a_bucket_that_is_not_there_is_an_error() {
    let lab = Lab::start();
    let refused = lab.run::<S3ArtifactInfo>(&json!({ "bucket": "lab-private" }));
    assert_eq!((kind(&refused), &refused["error"]["code"]), ("not_found", &json!("NoSuchBucket")));
    assert!(msg(&refused).contains("S3 answered 404 NoSuchBucket"), "{refused:?}");
}
