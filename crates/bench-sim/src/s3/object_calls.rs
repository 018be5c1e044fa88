//! What is asked of an object.
use super::{
    answers::{empty, error, tag, xml},
    http::{Answer, Request, decoded},
    signature::hex,
    state::State,
    store::Object,
};
use md5::{Digest, Md5};

pub(super) fn answer(request: &Request, state: &mut State) -> Answer {
    let (bucket, key) = request.address();
    if !state.buckets.contains_key(&bucket) {
        return error(404, "NoSuchBucket");
    }
    match request.method.as_str() {
        "PUT" if !request.header("x-amz-copy-source").is_empty() => copy(request, state),
        "PUT" => {
            let (bytes, metadata) = (request.body.clone(), request.metadata());
            let etag = hex(&Md5::digest(&bytes));
            put(state, &bucket, key, Object { bytes, etag: etag.clone(), metadata, ..Object::default() });
            Answer { status: 200, headers: vec![("etag", format!("\"{etag}\""))], ..Answer::default() }
        }
        "DELETE" => {
            state.buckets.entry(bucket).and_modify(|bucket| bucket.hide(&key));
            empty(204)
        }
        "GET" | "HEAD" => {
            let Some(object) = state.object(&bucket, &key) else { return error(404, "NoSuchKey") };
            let mut headers = vec![
                ("etag", format!("\"{}\"", object.etag)),
                ("last-modified", "Fri, 20 Nov 2026 22:00:00 GMT".to_owned()),
            ];
            // Names of headers are made here, so they live as long as the process.
            headers.extend(object.metadata.iter().map(|(name, value)| {
                let name: &'static str = Box::leak(format!("x-amz-meta-{name}").into_boxed_str());
                (name, value.clone())
            }));
            let length = Some(object.bytes.len() as u64);
            let body = if request.method == "GET" { object.bytes.clone() } else { vec![] };
            Answer { status: 200, headers, body, length }
        }
        _ => error(405, "MethodNotAllowed"),
    }
}

fn copy(request: &Request, state: &mut State) -> Answer {
    let Some(source) = source(request, state) else { return error(404, "NoSuchKey") };
    let (bucket, key) = request.address();
    let metadata = if request.header("x-amz-metadata-directive") == "REPLACE" {
        request.metadata()
    } else {
        source.metadata
    };
    // Of a copy it is a plain MD5, whatever that of the source was.
    let etag = hex(&Md5::digest(&source.bytes));
    put(
        state,
        &bucket,
        key,
        Object { bytes: source.bytes, etag: etag.clone(), metadata, ..Object::default() },
    );
    xml("CopyObjectResult", &tag("ETag", format!("\"{etag}\"")))
}

/// The object that a copy is made of.
pub(super) fn source(request: &Request, state: &State) -> Option<Object> {
    let source = decoded(request.header("x-amz-copy-source").trim_start_matches('/'));
    let (bucket, key) = source.split_once('/')?;
    state.object(bucket, key).cloned()
}

/// Puts an object where another one may be, whose version stays where versions are kept.
pub(super) fn put(state: &mut State, bucket: &str, key: String, object: Object) {
    state.versions += 1;
    let version = format!("v{}", state.versions);
    let modified = "2026-11-20T22:00:00.000Z".to_owned();
    if let Some(bucket) = state.buckets.get_mut(bucket) {
        bucket.hide(&key);
        bucket.objects.insert(key, Object { modified, version, ..object });
    }
}
