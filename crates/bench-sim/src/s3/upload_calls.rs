//! What is asked of an upload in parts.
use super::{
    answers::{empty, encoded, error, tag, texts, xml},
    http::{Answer, Request},
    object_calls::{put, source},
    signature::hex,
    state::State,
    store::{Object, Upload},
};
use md5::{Digest, Md5};

/// The smallest part but the last.
const SMALLEST: usize = 5 << 20;
/// How many parts a page has.
const PAGE: usize = 2;

pub(super) fn answer(request: &Request, state: &mut State) -> Answer {
    let (bucket, key) = request.address();
    let id = request.value("uploadId");
    if !state.buckets.contains_key(&bucket) {
        return error(404, "NoSuchBucket");
    }
    match request.method.as_str() {
        "POST" if request.asks("uploads") => begin(request, state),
        "GET" if request.asks("uploads") => list(request, state),
        _ if state.upload(&bucket, &id).is_none() => error(404, "NoSuchUpload"),
        "GET" => parts(request, state),
        "PUT" => part(request, state),
        "POST" => complete(request, state),
        "DELETE" => {
            state.buckets.entry(bucket).and_modify(|bucket| drop(bucket.uploads.remove(&id)));
            empty(204)
        }
        _ => error(405, &key),
    }
}

fn begin(request: &Request, state: &mut State) -> Answer {
    let (bucket, key) = request.address();
    state.versions += 1;
    let id = format!("upload-{:04}", state.versions);
    let upload = Upload { key, metadata: request.metadata(), ..Upload::default() };
    state.buckets.entry(bucket).and_modify(|bucket| drop(bucket.uploads.insert(id.clone(), upload)));
    xml("InitiateMultipartUploadResult", &tag("UploadId", id))
}

fn list(request: &Request, state: &State) -> Answer {
    let (bucket, _) = request.address();
    let prefix = request.value("prefix");
    let mut inner = tag("IsTruncated", false) + &tag("EncodingType", "url");
    for (id, upload) in &state.buckets[&bucket].uploads {
        if upload.key.starts_with(&prefix) {
            // The ids count up, as the times of real uploads do.
            let initiated = format!("2026-11-20T22:00:00.{}Z", &id[id.len() - 3..]);
            inner += &format!(
                "<Upload>{}{}{}</Upload>",
                tag("Key", encoded(&upload.key)),
                tag("UploadId", id),
                tag("Initiated", initiated)
            );
        }
    }
    xml("ListMultipartUploadsResult", &inner)
}

fn part(request: &Request, state: &mut State) -> Answer {
    let number: u32 = request.value("partNumber").parse().unwrap_or_default();
    let is_copy = !request.header("x-amz-copy-source").is_empty();
    let bytes = if is_copy {
        let Some(source) = source(request, state) else { return error(404, "NoSuchKey") };
        let range = request.header("x-amz-copy-source-range").trim_start_matches("bytes=");
        let (first, last) = range.split_once('-').unwrap_or_default();
        let (Ok(first), Ok(last)) = (first.parse::<usize>(), last.parse::<usize>()) else {
            return error(400, "InvalidArgument");
        };
        source.bytes.get(first..=last).unwrap_or_default().to_vec()
    } else {
        request.body.clone()
    };
    let etag = hex(&Md5::digest(&bytes));
    let (bucket, _) = request.address();
    if let Some(upload) = state.upload_mut(&bucket, &request.value("uploadId")) {
        upload.parts.insert(number, (bytes, etag.clone()));
    }
    let quoted = format!("\"{etag}\"");
    if is_copy {
        return xml("CopyPartResult", &tag("ETag", quoted));
    }
    Answer { status: 200, headers: vec![("etag", quoted)], ..Answer::default() }
}

fn parts(request: &Request, state: &State) -> Answer {
    let (bucket, _) = request.address();
    let after: u32 = request.value("part-number-marker").parse().unwrap_or_default();
    let Some(upload) = state.upload(&bucket, &request.value("uploadId")) else {
        return error(404, "NoSuchUpload");
    };
    let all: Vec<_> = upload.parts.iter().filter(|(number, _)| **number > after).collect();
    let mut inner = tag("IsTruncated", all.len() > PAGE);
    for (number, (bytes, etag)) in all.iter().take(PAGE) {
        let etag = tag("ETag", format!("\"{etag}\""));
        inner += &format!("<Part>{}{}{etag}</Part>", tag("PartNumber", number), tag("Size", bytes.len()));
        inner += &tag("NextPartNumberMarker", number);
    }
    // Of the markers of each part only the last is meant.
    let markers = texts(&inner, "NextPartNumberMarker");
    for marker in markers.iter().rev().skip(1) {
        inner = inner.replacen(&tag("NextPartNumberMarker", marker), "", 1);
    }
    xml("ListPartsResult", &inner)
}

fn complete(request: &Request, state: &mut State) -> Answer {
    let (bucket, key) = request.address();
    let id = request.value("uploadId");
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let Some(upload) = state.upload(&bucket, &id).cloned() else { return error(404, "NoSuchUpload") };
    let wanted = texts(&body, "PartNumber").into_iter().zip(texts(&body, "ETag"));
    let (mut bytes, mut digests, mut count) = (Vec::new(), Vec::new(), 0);
    let last = texts(&body, "PartNumber").len();
    for (number, etag) in wanted {
        let part = number.parse().ok().and_then(|number: u32| upload.parts.get(&number));
        let Some((part, _)) = part.filter(|(_, known)| etag.trim_matches('"') == known) else {
            return error(400, "InvalidPart");
        };
        count += 1;
        if part.len() < SMALLEST && count < last {
            return error(400, "EntityTooSmall");
        }
        bytes.extend_from_slice(part);
        digests.extend_from_slice(&Md5::digest(part));
    }
    let etag = format!("{}-{count}", hex(&Md5::digest(&digests)));
    put(
        state,
        &bucket,
        key,
        Object { bytes, etag: etag.clone(), metadata: upload.metadata, ..Object::default() },
    );
    state.buckets.entry(bucket).and_modify(|bucket| drop(bucket.uploads.remove(&id)));
    xml("CompleteMultipartUploadResult", &tag("ETag", format!("\"{etag}\"")))
}
