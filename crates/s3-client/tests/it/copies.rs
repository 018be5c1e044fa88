//! Copies within the server.
use crate::{client, fault, server};
use bench_sim::s3::Effect;
use s3_client::{Metadata, Object};
use test_servers::{ScriptedServer, with_headers};

#[test]
fn an_error_inside_of_a_good_answer_is_an_error() {
    let (server, client) = server();
    client.put("lab", "key", "text/plain", b"text").unwrap();
    let source = client.object("lab", "key").unwrap().unwrap();
    server.fail(fault("PUT", "", 0, Effect::HiddenError("AccessDenied")));
    let refused = client.copy(("lab", "key"), ("lab", "copy"), &source, None).unwrap_err();
    assert_eq!((refused.code(), refused.status()), (Some("AccessDenied"), Some(200)));
    // What may pass is tried again.
    server.fail(fault("PUT", "", 0, Effect::HiddenError("SlowDown")));
    client.copy(("lab", "key"), ("lab", "copy"), &source, None).unwrap();
    assert_eq!(client.text("lab", "copy").unwrap().as_deref(), Some("text"));
}

#[test]
fn beyond_5_gib_a_copy_is_made_of_ranges_and_keeps_the_metadata() {
    let s3 = ScriptedServer::answering(|request| {
        let xml = |text: &str| with_headers(200, &[], text);
        match request.method.as_str() {
            "GET" => xml("<R><IsTruncated>false</IsTruncated></R>"),
            "POST" if request.target.ends_with("?uploads=") => xml("<R><UploadId>U</UploadId></R>"),
            _ => xml("<R><ETag>&quot;e&quot;</ETag></R>"),
        }
    });
    let source = Object {
        size: (6 << 30) + 7,
        etag: "x-2".into(),
        last_modified: String::new(),
        metadata: Metadata::default().with_sha256("ab"),
    };
    client(&s3.url()).copy(("lab", "a b"), ("pub", "k"), &source, None).unwrap();
    let requests = s3.requests();
    let begin = requests.iter().find(|it| it.target.contains("uploads=") && it.method == "POST").unwrap();
    assert_eq!(begin.header("x-amz-meta-sha256"), "ab");
    let ranges: Vec<_> =
        requests.iter().map(|it| it.header("x-amz-copy-source-range")).filter(|it| !it.is_empty()).collect();
    assert_eq!(ranges.len(), 7);
    assert_eq!((ranges[0], ranges[6]), ("bytes=0-1073741823", "bytes=6442450944-6442450950"));
    assert_eq!(requests[2].header("x-amz-copy-source"), "/lab/a%20b");
}
