//! Uploads in parts: what is sent, what is sent again, and what is left behind.
use crate::{fault, server};
use bench_sim::s3::{Effect, S3, Seen};
use s3_client::{Client, Error, LocalFile, Metadata, NewObject, Uploaded, is_same};
use std::path::PathBuf;
use tempfile::TempDir;

const MIB: usize = 1 << 20;
const PART: u64 = 5 << 20;

/// A file of so many MiB, no two of which are the same.
pub(crate) fn file(folder: &TempDir, mib: usize) -> PathBuf {
    let path = folder.path().join(format!("{mib}.iso"));
    let bytes: Vec<u8> = (0..mib).flat_map(|number| vec![u8::try_from(number + 1).unwrap(); MIB]).collect();
    std::fs::write(&path, bytes).unwrap();
    path
}

pub(crate) fn upload(client: &Client, path: &std::path::Path, resume: bool) -> Result<Uploaded, Error> {
    upload_with(client, path, resume, "1")
}

fn upload_with(
    client: &Client,
    path: &std::path::Path,
    resume: bool,
    version: &str,
) -> Result<Uploaded, Error> {
    let file = LocalFile::open(path, &mut |_, _| ())?;
    let metadata = Metadata::new([("version".into(), version.into())])?;
    let new =
        NewObject { bucket: "lab", key: "isos/agent.iso", file: &file, metadata, part_size: PART, resume };
    client.upload(&new, &|_| ())
}

/// The numbers of the parts that were sent since the last time, sorted: several are under way at once.
fn parts(server: &S3) -> Vec<u32> {
    let number = |seen: &Seen| {
        let (_, rest) = seen.target.split_once("partNumber=")?;
        rest.split('&').next()?.parse().ok().filter(|_| seen.method == "PUT")
    };
    let mut numbers: Vec<u32> = server.seen().iter().filter_map(number).collect();
    numbers.sort_unstable();
    numbers
}

fn content(server: &S3) -> Vec<u8> {
    server.bucket("lab").unwrap().objects["isos/agent.iso"].bytes.clone()
}

#[test]
fn a_large_file_goes_in_parts_and_keeps_its_checksum() {
    // Report 16: the ETag of parts is no MD5, so the checksum in the metadata decides.
    let (server, client) = server();
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, 12);
    assert_eq!(upload(&client, &path, true).unwrap(), Uploaded { sent: 3, kept: 0, unfinished: 0 });
    assert_eq!(parts(&server), [1, 2, 3]);
    assert_eq!(content(&server), std::fs::read(&path).unwrap());
    let object = client.object("lab", "isos/agent.iso").unwrap().unwrap();
    let file = LocalFile::open(&path, &mut |_, _| ()).unwrap();
    assert!(object.etag.ends_with("-3"), "{object:?}");
    assert!(is_same(&object, &file));
    // A copy has another ETag, and is the same all the same.
    client.copy(("lab", "isos/agent.iso"), ("lab", "copy"), &object, None).unwrap();
    let copy = client.object("lab", "copy").unwrap().unwrap();
    assert_ne!(copy.etag, object.etag);
    assert!(is_same(&copy, &file));
}

#[test]
fn an_object_without_a_checksum_is_known_by_its_md5() {
    let (_server, client) = server();
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, 1);
    client.put("lab", "by-others", "text/plain", &std::fs::read(&path).unwrap()).unwrap();
    let object = client.object("lab", "by-others").unwrap().unwrap();
    assert!(is_same(&object, &LocalFile::open(&path, &mut |_, _| ()).unwrap()));
    std::fs::write(&path, vec![9; MIB]).unwrap();
    assert!(!is_same(&object, &LocalFile::open(&path, &mut |_, _| ()).unwrap()));
}

#[test]
fn after_an_interruption_only_the_missing_parts_are_sent() {
    let (server, client) = server();
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, 22);
    server.fail(fault("PUT", "partNumber", 3, Effect::Refuse(403, "AccessDenied")));
    upload(&client, &path, true).unwrap_err();
    parts(&server);
    let stored = server.stored_parts();
    assert!((3..5).contains(&stored.len()) && server.unfinished() == 1, "{stored:?}");
    let uploaded = upload(&client, &path, true).unwrap();
    assert_eq!((uploaded.kept, uploaded.unfinished), (stored.len() as u64, 0));
    let missing: Vec<u32> = (1..=5).filter(|number| !stored.contains(number)).collect();
    assert_eq!((parts(&server), server.unfinished()), (missing, 0));
    assert_eq!(content(&server), std::fs::read(&path).unwrap());
}

#[test]
fn without_resume_a_failed_upload_leaves_nothing_behind() {
    let (server, client) = server();
    let folder = tempfile::tempdir().unwrap();
    server.fail(fault("PUT", "partNumber", 1, Effect::Refuse(403, "AccessDenied")));
    upload(&client, &file(&folder, 12), false).unwrap_err();
    assert_eq!(server.unfinished(), 0);
}

#[test]
fn parts_of_another_file_are_not_mixed_in() {
    let (server, client) = server();
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, 12);
    server.fail(fault("PUT", "partNumber", 1, Effect::Refuse(403, "AccessDenied")));
    upload(&client, &path, true).unwrap_err();
    std::fs::write(&path, vec![7; 12 * MIB]).unwrap();
    let uploaded = upload(&client, &path, true).unwrap();
    assert_eq!((uploaded.sent, uploaded.kept, uploaded.unfinished), (3, 0, 1));
    assert_eq!(content(&server), vec![7; 12 * MIB]);
}

#[test]
fn an_upload_that_was_begun_with_other_metadata_is_begun_anew() {
    let (server, client) = server();
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, 12);
    server.fail(fault("PUT", "partNumber", 2, Effect::Refuse(403, "AccessDenied")));
    upload_with(&client, &path, true, "old").unwrap_err();
    upload_with(&client, &path, true, "new").unwrap();
    let object = client.object("lab", "isos/agent.iso").unwrap().unwrap();
    assert!(object.metadata.entries().eq([("version", "new")]));
}

#[test]
fn lost_answers_and_busy_servers_make_no_second_upload() {
    for (method, query) in
        [("POST", "uploads"), ("PUT", "partNumber"), ("POST", "uploadId"), ("GET", "uploads")]
    {
        for effect in
            [Effect::LoseAnswer, Effect::Refuse(503, "SlowDown"), Effect::HiddenError("InternalError")]
        {
            let (server, client) = server();
            let folder = tempfile::tempdir().unwrap();
            let path = file(&folder, 6);
            server.fail(fault(method, query, 0, effect.clone()));
            upload(&client, &path, true).unwrap_or_else(|e| panic!("{method} {query} {effect:?}: {e}"));
            assert_eq!(content(&server), std::fs::read(&path).unwrap(), "{method} {query} {effect:?}");
            assert_eq!(server.unfinished(), 0, "{method} {query} {effect:?}");
        }
    }
}

#[test]
fn a_file_that_changes_while_it_is_sent_makes_no_object() {
    let (server, client) = server();
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, 12);
    let opened = LocalFile::open(&path, &mut |_, _| ()).unwrap();
    std::fs::write(&path, vec![7; 12 * MIB]).unwrap();
    let metadata = Metadata::default();
    let new = NewObject { bucket: "lab", key: "k", file: &opened, metadata, part_size: PART, resume: true };
    let refused = client.upload(&new, &|_| ()).unwrap_err();
    assert!(matches!(refused, Error::FileChanged { .. }), "{refused}");
    assert!(server.bucket("lab").unwrap().objects.is_empty());
    assert_eq!(server.unfinished(), 0);
}
