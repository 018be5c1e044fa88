//! Buckets: the rules of regions, of owners, and of public policies.
use crate::{client, server};
use bench_sim::s3::{Options, S3};
use s3_client::{BucketState, Client, Versioning, policy};

#[test]
fn a_bucket_is_created_once_and_the_second_time_is_fine() {
    let (server, client) = server();
    assert_eq!(client.bucket("new").unwrap(), BucketState::Absent);
    for _ in 0..2 {
        client.create_bucket("new").unwrap();
    }
    assert_eq!(client.bucket("new").unwrap(), BucketState::Present);
    client.delete_bucket("new").unwrap();
    client.delete_bucket("new").unwrap();
    assert!(server.bucket("new").is_none());
}

#[test]
fn a_region_other_than_the_default_is_named_when_a_bucket_is_created() {
    let server = S3::start(Options { region: "garage".into(), ..Options::default() }).unwrap();
    let settings = s3_client::Settings { region: "garage".into(), ..crate::settings(&server.url()) };
    Client::new(settings).unwrap().create_bucket("lab").unwrap();
    assert!(server.bucket("lab").is_some());
}

#[test]
fn a_bucket_in_another_region_is_signed_for_once_more() {
    let server = S3::start(Options { region: "eu-west-1".into(), ..Options::default() }).unwrap();
    server.change("lab", |_| ());
    let client = client(&server.url());
    assert_eq!(client.bucket("lab").unwrap(), BucketState::Present);
    assert_eq!(client.region_of("lab"), "eu-west-1");
    assert_eq!(server.seen().len(), 2);
    assert_eq!(client.bucket("lab").unwrap(), BucketState::Present);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_bucket_of_somebody_else_is_neither_there_nor_free() {
    let server = S3::start(Options { foreign_buckets: vec!["theirs".into()], ..Options::default() }).unwrap();
    let client = client(&server.url());
    assert_eq!(client.bucket("theirs").unwrap(), BucketState::Foreign);
    let refused = client.create_bucket("theirs").unwrap_err();
    assert_eq!(refused.code(), Some("BucketAlreadyExists"));
    assert!(refused.to_string().contains("choose another one"), "{refused}");
}

#[test]
fn a_wrong_secret_key_is_told_from_a_bucket_of_somebody_else() {
    let server = S3::start(Options { secret_key: "another".into(), ..Options::default() }).unwrap();
    let refused = client(&server.url()).bucket("lab").unwrap_err();
    assert_eq!(refused.code(), Some("SignatureDoesNotMatch"));
    assert!(refused.to_string().ends_with("Check the access key and the secret key."), "{refused}");
}

#[test]
fn versions_and_policies_are_set_and_read() {
    let (server, client) = server();
    assert_eq!(client.versioning("lab").unwrap(), Versioning::Unset);
    client.set_versioning("lab", true).unwrap();
    assert_eq!(client.versioning("lab").unwrap(), Versioning::Enabled);
    assert_eq!(client.policy("lab").unwrap(), None);
    let public = policy::with_public_read(None, "lab", "isos/");
    client.set_policy("lab", &public).unwrap();
    assert!(policy::means_the_same(&client.policy("lab").unwrap().unwrap(), &public));
    client.delete_policy("lab").unwrap();
    assert_eq!(server.bucket("lab").unwrap().policy, None);
}

#[test]
fn a_block_of_public_access_is_seen_and_lifted() {
    let (server, client) = server();
    assert!(!client.blocks_public_policies("lab").unwrap());
    let server_of_aws = S3::start(Options { blocks_public: true, ..Options::default() }).unwrap();
    let client = crate::client(&server_of_aws.url());
    client.create_bucket("lab").unwrap();
    let public = policy::with_public_read(None, "lab", "");
    assert_eq!(client.set_policy("lab", &public).unwrap_err().code(), Some("AccessDenied"));
    assert!(client.blocks_public_policies("lab").unwrap());
    client.allow_public_policies("lab").unwrap();
    assert!(!client.blocks_public_policies("lab").unwrap());
    client.set_policy("lab", &public).unwrap();
    drop(server);
}

#[test]
fn a_server_without_versions_and_policies_says_so() {
    let server = S3::start(Options { is_complete: false, ..Options::default() }).unwrap();
    server.change("lab", |_| ());
    let client = client(&server.url());
    assert_eq!(client.versioning("lab").unwrap(), Versioning::Unsupported);
    assert!(client.policy("lab").unwrap_err().is_unsupported());
    assert!(!client.blocks_public_policies("lab").unwrap());
}
