//! `s3_artifact_store`
use crate::{Lab, and, kind, msg};
use bench_sim::s3::{Effect, Fault, Object, Options};
use hatci_modules::S3ArtifactStore;
use serde_json::{Value, json};

fn both() -> Value {
    json!({ "private_bucket": "lab-private", "public_bucket": "lab-public", "index": true })
}

fn gone() -> Value {
    and(&both(), &json!({ "state": "absent" }))
}

fn object(modified: &str) -> Object {
    Object { modified: modified.into(), ..Object::default() }
}

#[test]
fn a_store_is_made_once_and_removed_once() {
    let lab = Lab::start();
    let made = lab.four_times::<S3ArtifactStore>(&both());
    assert_eq!(made["buckets"]["private"]["versioning"], true);
    assert_eq!(made["buckets"]["private"]["folders"], json!(["isos/", "binaries/", "artifacts/"]));
    assert_eq!(made["policy"]["Statement"][0]["Resource"], json!(["arn:aws:s3:::lab-public/isos/*"]));
    let private = lab.s3.bucket("lab-private").unwrap();
    let keys: Vec<_> = private.objects.keys().map(String::as_str).collect();
    assert_eq!(keys, ["artifacts/", "binaries/", "isos/", "metadata/index.json"]);
    lab.four_times::<S3ArtifactStore>(&gone());
    assert!(lab.s3.bucket("lab-private").is_none() && lab.s3.bucket("lab-public").is_none());
}

#[test]
fn new_buckets_that_block_public_policies_are_opened_for_this_one() {
    let lab = Lab::with(Options { blocks_public: true, ..Options::default() });
    lab.four_times::<S3ArtifactStore>(&both());
    let public = lab.s3.bucket("lab-public").unwrap();
    assert!(!public.blocks_public && public.policy.is_some());
    assert!(lab.s3.bucket("lab-private").unwrap().blocks_public);
}

#[test]
fn a_policy_keeps_what_others_have_put_into_it() {
    let lab = Lab::with_buckets();
    let theirs = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Tls","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}"#;
    lab.s3.change("lab-public", |bucket| bucket.policy = Some(theirs.into()));
    let made = lab.four_times::<S3ArtifactStore>(&both());
    assert_eq!(made["policy"]["Statement"][0]["Sid"], "Tls");
    assert_eq!(made["policy"]["Statement"].as_array().unwrap().len(), 2);
}

#[test]
fn a_server_without_versions_and_policies_is_used_with_a_warning() {
    let lab = Lab::with(Options { is_complete: false, ..Options::default() });
    let without_index = and(&both(), &json!({ "index": false }));
    let made = lab.run::<S3ArtifactStore>(&without_index);
    let warnings = Value::from(made.clone())["warnings"].to_string();
    assert!(warnings.contains("keeps no versions") && warnings.contains("public_url"), "{warnings}");
    // What it can't do was not done.
    assert_eq!((&made["changed"], &made["housekeeping"]["verified"]), (&json!(true), &json!(false)));
    let done = made["processing"]["made"]["done"].to_string();
    assert!(
        done.contains("create bucket") && !done.contains("versioning") && !done.contains("policy"),
        "{done}"
    );
    assert_eq!(made["processing"]["actions"], made["processing"]["made"]["done"]);
    assert_eq!(lab.run::<S3ArtifactStore>(&without_index)["changed"], false);
    lab.four_times::<S3ArtifactStore>(&gone());
}

#[test]
fn a_store_with_something_in_it_is_not_removed() {
    let lab = Lab::start();
    lab.run::<S3ArtifactStore>(&both());
    lab.s3.change("lab-public", |bucket| drop(bucket.objects.insert("isos/4.18/a.iso".into(), object(""))));
    let refused = lab.run::<S3ArtifactStore>(&gone());
    assert_eq!((kind(&refused), &refused["changed"]), ("conflict", &json!(false)));
    assert!(msg(&refused).contains("still holds 1 object, such as isos/4.18/a.iso"), "{refused:?}");
    assert!(lab.s3.bucket("lab-private").is_some());
}

#[test]
fn what_can_be_read_is_no_old_version_whatever_the_list_of_versions_says() {
    let lab = Lab::with(Options { calls_all_old: true, ..Options::default() });
    lab.run::<S3ArtifactStore>(&both());
    lab.s3.change("lab-public", |bucket| drop(bucket.objects.insert("isos/4.18/a.iso".into(), object(""))));
    let refused = lab.run::<S3ArtifactStore>(&gone());
    assert_eq!(kind(&refused), "conflict");
    assert!(lab.s3.bucket("lab-public").unwrap().objects.contains_key("isos/4.18/a.iso"));
}

#[test]
fn old_objects_are_deleted_only_in_the_own_folders_and_never_isos_unless_named() {
    let lab = Lab::with_buckets();
    let fill = || {
        lab.s3.change("lab-private", |bucket| {
            for key in ["artifacts/log/1", "isos/a.iso", "others/1", "metadata/x", "artifacts/"] {
                bucket.objects.insert(key.into(), object("2020-01-01T00:00:00.000Z"));
            }
            bucket.objects.insert("artifacts/log/2".into(), object("2999-01-01T00:00:00.000Z"));
        });
    };
    fill();
    let kept = json!({ "private_bucket": "lab-private", "keep_days": 30, "versioning": false });
    let made = lab.four_times::<S3ArtifactStore>(&kept);
    assert_eq!(made["deleted"], json!(["artifacts/log/1"]));
    let made = lab.four_times::<S3ArtifactStore>(&and(&kept, &json!({ "cleanup_folders": ["isos"] })));
    assert_eq!(made["deleted"], json!(["isos/a.iso"]));
    let refused = lab.run::<S3ArtifactStore>(&and(&kept, &json!({ "keep_days": 0 })));
    assert_eq!(kind(&refused), "invalid");
}

#[test]
fn the_index_lists_objects_with_their_metadata_and_not_itself() {
    let lab = Lab::start();
    lab.run::<S3ArtifactStore>(&both());
    lab.s3.change("lab-private", |bucket| {
        let metadata = vec![("version".to_owned(), "4.18.9".to_owned())];
        let object = Object { bytes: b"iso".into(), metadata, ..object("2026-11-20T22:00:00.000Z") };
        bucket.objects.insert("isos/a.iso".into(), object);
    });
    let made = lab.four_times::<S3ArtifactStore>(&both());
    assert_eq!(made["index_entries"], 1);
    let text = lab.s3.bucket("lab-private").unwrap().objects["metadata/index.json"].bytes.clone();
    let index: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!((&index["total_objects"], &index["bucket"]), (&json!(1), &json!("lab-private")));
    assert_eq!(index["objects"][0]["metadata"], json!({ "version": "4.18.9" }));
    assert_eq!((&index["objects"][0]["type"], &index["objects"][0]["size"]), (&json!("iso"), &json!(3)));
}

#[test]
fn a_bucket_of_somebody_else_is_refused_before_anything_is_made() {
    let lab = Lab::with(Options { foreign_buckets: vec!["lab-public".into()], ..Options::default() });
    let refused = lab.run::<S3ArtifactStore>(&both());
    assert_eq!((kind(&refused), &refused["changed"]), ("auth", &json!(false)));
    assert!(
        msg(&refused).contains("lab-public exists, but this access key has no access to it"),
        "{refused:?}"
    );
    assert!(lab.s3.bucket("lab-private").is_none());
}

#[test]
fn a_failure_half_way_says_what_stays_and_the_next_run_goes_on() {
    let lab = Lab::start();
    let refuse = Effect::Refuse(403, "AccessDenied");
    lab.s3.fail(Fault { method: "PUT", query: "versioning", after: 0, times: 1, effect: refuse });
    let failed = lab.run::<S3ArtifactStore>(&both());
    assert_eq!(failed["changed"], true);
    let words = msg(&failed);
    assert!(words.starts_with("Could not enable versioning of lab-private. "), "{words}");
    assert!(words.contains("What was done so far stays (create bucket lab-private)"), "{words}");
    lab.four_times::<S3ArtifactStore>(&both());
}

#[test]
fn an_object_with_bytes_is_no_folder_though_its_key_ends_in_a_slash() {
    for key in ["images/disk1/", "isos/", "metadata/index.json"] {
        let lab = Lab::start();
        lab.run::<S3ArtifactStore>(&and(&both(), &json!({ "versioning": false, "index": false })));
        let full = Object { bytes: vec![7; 12_000], ..object("2026-11-20T22:00:00.000Z") };
        lab.s3.change("lab-private", |bucket| drop(bucket.objects.insert(key.into(), full)));
        for refused in [lab.check::<S3ArtifactStore>(&gone()), lab.run::<S3ArtifactStore>(&gone())] {
            assert_eq!((kind(&refused), &refused["changed"]), ("conflict", &json!(false)), "{key}");
            assert!(msg(&refused).contains(key), "{refused:?}");
        }
        assert_eq!(lab.s3.bucket("lab-private").unwrap().objects[key].bytes.len(), 12_000);
        assert!(lab.s3.bucket("lab-public").is_some());
    }
}

#[test]
fn something_else_in_the_place_of_the_index_is_not_replaced() {
    for text in ["notes of somebody", "{}", "[1]", "{\"objects\": 3}"] {
        let lab = Lab::start();
        lab.run::<S3ArtifactStore>(&and(&both(), &json!({ "index": false })));
        let theirs = Object { bytes: text.into(), ..object("2026-11-20T22:00:00.000Z") };
        lab.s3.change("lab-private", |bucket| {
            drop(bucket.objects.insert("metadata/index.json".into(), theirs));
        });
        let refused = lab.run::<S3ArtifactStore>(&both());
        assert_eq!((kind(&refused), &refused["changed"]), ("conflict", &json!(false)));
        assert_eq!(
            lab.s3.bucket("lab-private").unwrap().objects["metadata/index.json"].bytes,
            text.as_bytes()
        );
    }
}

#[test]
fn the_number_of_old_versions_that_go_with_a_bucket_is_told_before() {
    let lab = Lab::start();
    lab.run::<S3ArtifactStore>(&both());
    for bytes in [&b"one"[..], b"two"] {
        std::fs::write(lab.folder.path().join("a"), bytes).unwrap();
        let upload = json!({ "bucket": "lab-private", "key": "isos/a", "src": lab.folder.path().join("a") });
        assert_eq!(lab.run::<hatci_modules::S3Artifact>(&upload)["changed"], true);
    }
    lab.run::<hatci_modules::S3Artifact>(
        &json!({ "bucket": "lab-private", "key": "isos/a", "state": "absent" }),
    );
    let removed = lab.four_times::<S3ArtifactStore>(&gone());
    let line = "delete the markers of folders (3), the index, old versions (2) in lab-private";
    assert_eq!(removed["processing"]["actions"][0], line);
}

#[test]
fn what_was_deleted_before_a_bucket_could_not_be_is_told() {
    let lab = Lab::start();
    lab.run::<S3ArtifactStore>(&both());
    let effect = Effect::Refuse(409, "BucketNotEmpty");
    lab.s3.fail(Fault { method: "DELETE", query: "", after: 0, times: 1, effect });
    let failed = lab.run::<S3ArtifactStore>(&gone());
    assert_eq!((kind(&failed), &failed["changed"]), ("conflict", &json!(true)));
    let done = json!(["delete the markers of folders (3), the index in lab-private"]);
    assert_eq!((&failed["processing"]["actions"], &failed["processing"]["made"]["done"]), (&done, &done));
    assert!(msg(&failed).contains(done[0].as_str().unwrap()), "{failed:?}");
}

#[test]
fn a_failure_lists_only_the_steps_that_were_done() {
    let lab = Lab::start();
    let effect = Effect::Refuse(403, "AccessDenied");
    lab.s3.fail(Fault { method: "PUT", query: "versioning", after: 0, times: 1, effect: effect.clone() });
    assert_eq!(
        lab.run::<S3ArtifactStore>(&both())["processing"]["actions"],
        json!(["create bucket lab-private"])
    );
    lab.s3.fail(Fault { method: "PUT", query: "versioning", after: 0, times: 1, effect });
    let failed = lab.run::<S3ArtifactStore>(&both());
    assert_eq!((&failed["changed"], &failed["processing"]["actions"]), (&json!(false), &json!([])));
}

#[test]
fn the_difference_shows_buckets_policy_and_index_before_and_after() {
    let lab = Lab::with_buckets();
    let diff = lab.check::<S3ArtifactStore>(&both())["diff"].clone();
    let (before, after) = (&diff["before"], &diff["after"]);
    assert_eq!(before["buckets"]["private"]["versioning"], false, "{diff}");
    assert_eq!(after["buckets"]["private"]["versioning"], true);
    assert_eq!((&before["policy"], &before["index"]["entries"]), (&Value::Null, &Value::Null));
    assert_eq!(after["policy"]["Statement"][0]["Resource"], json!(["arn:aws:s3:::lab-public/isos/*"]));
    assert_eq!(after["index"]["entries"], 0);
}

#[test]
fn options_that_would_do_something_else_are_refused() {
    let lab = Lab::start();
    for prefix in ["is*os/", "iso?/", "${aws:username}/"] {
        let refused = lab.run::<S3ArtifactStore>(&and(&both(), &json!({ "public_prefix": prefix })));
        assert_eq!(kind(&refused), "invalid", "{prefix}");
    }
    let twice = lab.check::<S3ArtifactStore>(&and(&both(), &json!({ "private_folders": ["a", "a/", "b"] })));
    let actions = twice["processing"]["actions"].to_string();
    assert_eq!(actions.matches("create folder lab-private/a/").count(), 1, "{actions}");
    let upload =
        json!({ "bucket": "lab-private", "key": "x", "src": lab.file(1), "metadata": { "version": null } });
    let refused = lab.run::<hatci_modules::S3Artifact>(&upload);
    assert_eq!(kind(&refused), "invalid", "{refused:?}");
}
