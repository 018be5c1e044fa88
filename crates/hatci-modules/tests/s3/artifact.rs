//! `s3_artifact`
use crate::{Lab, and, kind, msg};
use bench_sim::s3::{Effect, Fault};
use hatci_modules::S3Artifact;
use serde_json::{Value, json};

fn wanted(lab: &Lab, mib: u8) -> Value {
    json!({
        "bucket": "lab-private", "key": "isos/server 1+.iso", "src": lab.file(mib), "part_size": "5M",
        "metadata": { "Version": "4.18.9", "count": 3 },
    })
}

fn published(lab: &Lab, mib: u8) -> Value {
    and(&wanted(lab, mib), &json!({ "publish": { "bucket": "lab-public", "key": "isos/4.18/agent.iso" } }))
}

#[test]
fn a_file_is_uploaded_and_published_once_and_removed_once() {
    for mib in [1, 12] {
        let lab = Lab::with_buckets();
        let options = published(&lab, mib);
        let made = lab.four_times::<S3Artifact>(&options);
        assert_eq!(made["size"], u64::from(mib) << 20);
        assert_eq!(made["url"], format!("{}/lab-private/isos/server%201%2B.iso", lab.s3.url()));
        assert_eq!(made["published_url"], format!("{}/lab-public/isos/4.18/agent.iso", lab.s3.url()));
        let copy = lab.s3.bucket("lab-public").unwrap().objects["isos/4.18/agent.iso"].clone();
        assert_eq!(copy.bytes, std::fs::read(lab.folder.path().join("agent.iso")).unwrap());
        assert!(copy.metadata.contains(&("version".into(), "4.18.9".into())), "{:?}", copy.metadata);
        lab.four_times::<S3Artifact>(&and(&options, &json!({ "state": "absent" })));
        assert!(lab.s3.bucket("lab-private").unwrap().objects.is_empty());
        assert!(lab.s3.bucket("lab-public").unwrap().objects.is_empty());
    }
}

#[test]
fn an_upload_in_parts_is_not_repeated_each_time() {
    // Report 16: with parts the ETag is no MD5, and a comparison of the two never ends.
    let lab = Lab::with_buckets();
    let options = published(&lab, 12);
    lab.run::<S3Artifact>(&options);
    let private = lab.s3.bucket("lab-private").unwrap();
    let public = lab.s3.bucket("lab-public").unwrap();
    assert_ne!(private.objects["isos/server 1+.iso"].etag, public.objects["isos/4.18/agent.iso"].etag);
    assert_eq!(lab.run::<S3Artifact>(&options)["changed"], false);
}

#[test]
fn other_content_of_the_same_size_is_uploaded_and_other_metadata_only_replaced() {
    let lab = Lab::with_buckets();
    let options = published(&lab, 6);
    lab.run::<S3Artifact>(&options);
    let other = and(&options, &json!({ "metadata": { "version": "4.18.10" } }));
    let described = lab.four_times::<S3Artifact>(&other);
    let actions = described["processing"]["actions"].as_array().unwrap();
    assert_eq!(actions[0], "replace the metadata of lab-private/isos/server 1+.iso");
    std::fs::write(lab.folder.path().join("agent.iso"), vec![9; 6 << 20]).unwrap();
    let made = lab.four_times::<S3Artifact>(&other);
    assert_eq!(made["processing"]["made"], json!({ "parts_sent": 2, "parts_kept": 0 }));
}

#[test]
fn a_published_copy_that_was_lost_is_made_again_without_an_upload() {
    let lab = Lab::with_buckets();
    let options = published(&lab, 6);
    lab.run::<S3Artifact>(&options);
    lab.s3.change("lab-public", |bucket| bucket.objects.clear());
    let made = lab.four_times::<S3Artifact>(&options);
    assert_eq!(
        made["processing"]["actions"],
        json!(["copy lab-private/isos/server 1+.iso to lab-public/isos/4.18/agent.iso"])
    );
}

#[test]
fn a_public_url_is_taken_instead_of_the_endpoint() {
    let lab = Lab::with_buckets();
    let made =
        lab.run::<S3Artifact>(&and(&published(&lab, 1), &json!({ "public_url": "https://lab.example/" })));
    assert_eq!(made["published_url"], "https://lab.example/isos/4.18/agent.iso");
}

#[test]
fn what_is_half_made_is_removed_too() {
    let lab = Lab::with_buckets();
    let options = wanted(&lab, 12);
    let refuse = Effect::Refuse(403, "AccessDenied");
    lab.s3.fail(Fault { method: "PUT", query: "partNumber", after: 1, times: 1, effect: refuse });
    let failed = lab.run::<S3Artifact>(&options);
    assert_eq!((kind(&failed), lab.s3.unfinished()), ("auth", 1));
    assert!(msg(&failed).contains("Run the task again to continue, or with state=absent"), "{failed:?}");
    assert!(msg(&failed).contains(" of 3 parts are on the server, but then: "), "{failed:?}");
    assert_eq!(failed["changed"], true);
    lab.four_times::<S3Artifact>(&and(&options, &json!({ "state": "absent" })));
    assert_eq!(lab.s3.unfinished(), 0);
}

#[test]
fn a_failure_that_left_nothing_behind_changed_nothing() {
    for (mib, method, query, effect, state) in [
        (1, "PUT", "", Effect::Refuse(403, "AccessDenied"), "present"),
        (1, "PUT", "", Effect::Refuse(412, "PreconditionFailed"), "present"),
        (1, "PUT", "", Effect::Refuse(503, "SlowDown"), "present"),
        (12, "POST", "uploads", Effect::Refuse(403, "AccessDenied"), "present"),
        (12, "PUT", "partNumber", Effect::Refuse(403, "AccessDenied"), "present"),
        (1, "DELETE", "", Effect::Refuse(403, "AccessDenied"), "absent"),
    ] {
        let lab = Lab::with_buckets();
        if state == "absent" {
            lab.run::<S3Artifact>(&wanted(&lab, mib));
        }
        lab.s3.fail(Fault { method, query, after: 0, times: 99, effect: effect.clone() });
        let options = and(&wanted(&lab, mib), &json!({ "state": state, "deadline": 3 }));
        let failed = lab.run::<S3Artifact>(&options);
        assert_eq!(failed["failed"], true, "{method} {query} {effect:?}");
        assert_eq!(failed["changed"], false, "{method} {query} {effect:?}: {failed:?}");
        assert_eq!(failed["processing"]["actions"], json!([]), "{method} {query} {effect:?}");
        assert!(!msg(&failed).contains("parts"), "{failed:?}");
        assert_eq!(lab.s3.unfinished(), 0, "{method} {query} {effect:?}");
    }
}

#[test]
fn a_failure_lists_what_was_done_before() {
    let lab = Lab::with_buckets();
    let options = published(&lab, 1);
    let refuse = || Effect::Refuse(403, "AccessDenied");
    lab.s3.fail(Fault { method: "PUT", query: "", after: 1, times: 1, effect: refuse() });
    let failed = lab.run::<S3Artifact>(&options);
    assert_eq!(failed["changed"], true, "{failed:?}");
    assert_eq!(failed["processing"]["actions"], json!(["upload lab-private/isos/server 1+.iso"]));
    lab.run::<S3Artifact>(&options);
    lab.s3.fail(Fault { method: "DELETE", query: "", after: 1, times: 1, effect: refuse() });
    let failed = lab.run::<S3Artifact>(&and(&options, &json!({ "state": "absent" })));
    assert_eq!(failed["changed"], true, "{failed:?}");
    assert_eq!(failed["processing"]["actions"], json!(["delete lab-public/isos/4.18/agent.iso"]));
}

#[test]
fn a_missing_bucket_is_told_in_check_mode_and_before_the_upload() {
    let lab = Lab::start();
    let options = published(&lab, 1);
    for missing in ["lab-private", "lab-public"] {
        for refused in [lab.check::<S3Artifact>(&options), lab.run::<S3Artifact>(&options)] {
            assert_eq!((kind(&refused), &refused["changed"]), ("not_found", &json!(false)), "{refused:?}");
            assert!(msg(&refused).contains(missing), "{refused:?}");
        }
        assert!(lab.s3.seen().iter().all(|it| matches!(it.method.as_str(), "GET" | "HEAD")));
        lab.s3.change("lab-private", |_| ());
    }
}

#[test]
fn a_failed_copy_says_that_the_object_is_there() {
    let lab = Lab::with_buckets();
    let options = published(&lab, 6);
    let hidden = Effect::HiddenError("AccessDenied");
    lab.s3.fail(Fault { method: "PUT", query: "", after: 0, times: 1, effect: hidden });
    let failed = lab.run::<S3Artifact>(&options);
    assert!(msg(&failed).contains("the next run only copies it"), "{failed:?}");
    let made = lab.run::<S3Artifact>(&options);
    assert_eq!(made["processing"]["actions"].as_array().unwrap().len(), 1);
}

#[test]
fn a_file_that_is_not_there_is_an_error_and_in_check_mode_a_prediction() {
    let lab = Lab::with_buckets();
    let options = and(&wanted(&lab, 1), &json!({ "src": lab.folder.path().join("later.iso") }));
    let predicted = lab.check::<S3Artifact>(&options);
    assert_eq!(predicted["changed"], true);
    assert!(predicted["warnings"][0].as_str().unwrap().contains("does not exist yet"), "{predicted:?}");
    let refused = lab.run::<S3Artifact>(&options);
    assert_eq!((kind(&refused), &refused["changed"]), ("invalid", &json!(false)));
    assert!(msg(&refused).contains("later.iso: No such file or directory"), "{refused:?}");
}

#[test]
fn a_bucket_that_is_not_there_is_named_with_the_module_that_makes_it() {
    let lab = Lab::start();
    let refused = lab.run::<S3Artifact>(&wanted(&lab, 6));
    assert_eq!(kind(&refused), "not_found");
    assert!(msg(&refused).contains("create it with s3_artifact_store"), "{refused:?}");
    assert_eq!(
        lab.run::<S3Artifact>(&and(&wanted(&lab, 6), &json!({ "state": "absent" })))["changed"],
        false
    );
}

#[test]
fn options_that_can_not_work_are_refused_before_anything_is_sent() {
    let lab = Lab::with_buckets();
    for (more, words) in [
        (json!({ "part_size": "1M" }), "part_size must be between 5M and 5G"),
        (json!({ "publish": { "bucket": "lab-private" } }), "publish names the object itself"),
        (json!({ "metadata": { "name": "Zoë" } }), "printable ASCII"),
        (json!({ "metadata": { "sha256": "00" } }), "leave it out"),
        (json!({ "key": "../x" }), "a segment . or .."),
        (json!({ "bucket": "Lab" }), "can't be the name of a bucket"),
    ] {
        let refused = lab.run::<S3Artifact>(&and(&wanted(&lab, 1), &more));
        assert_eq!(kind(&refused), "invalid", "{more}");
        assert!(msg(&refused).contains(words), "{refused:?}");
    }
    assert!(lab.s3.seen().is_empty());
}
