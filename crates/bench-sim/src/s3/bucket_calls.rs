//! What is asked of a bucket.
use super::{
    answers::{empty, encoded, error, tag, texts, xml},
    http::{Answer, Request},
    options::Options,
    state::State,
    store::Bucket,
};

/// How many keys a page has: few, so that tests see more than one.
const PAGE: usize = 3;

pub(super) fn answer(request: &Request, state: &mut State, options: &Options) -> Answer {
    let (name, _) = request.address();
    if request.method == "PUT" && request.query.is_empty() {
        return create(request, name, state, options);
    }
    let Some(bucket) = state.buckets.get_mut(&name) else { return error(404, "NoSuchBucket") };
    match (request.method.as_str(), first_of(request)) {
        ("HEAD", _) => empty(200),
        ("DELETE", "") if !bucket.objects.is_empty() || !bucket.old_versions.is_empty() => {
            error(409, "BucketNotEmpty")
        }
        ("DELETE", "") => {
            state.buckets.remove(&name);
            empty(204)
        }
        (_, "versioning" | "policy" | "publicAccessBlock" | "versions") if !options.is_complete => {
            error(501, "NotImplemented")
        }
        ("GET", "versioning") if bucket.versioning.is_empty() => xml("VersioningConfiguration", ""),
        ("GET", "versioning") => xml("VersioningConfiguration", &tag("Status", &bucket.versioning)),
        ("PUT", "versioning") => {
            bucket.versioning = texts(&text(request), "Status").concat();
            empty(200)
        }
        (_, "policy") => policy(request, bucket),
        (_, "publicAccessBlock") => public_access_block(request, bucket, options),
        ("GET", "list-type") => list(request, bucket),
        ("GET", "versions") => versions(bucket, options),
        ("POST", "delete") => delete_all(request, bucket),
        _ => error(405, "MethodNotAllowed"),
    }
}

fn create(request: &Request, name: String, state: &mut State, options: &Options) -> Answer {
    let asked = texts(&text(request), "LocationConstraint").concat();
    let fits = if options.region == "us-east-1" { asked.is_empty() } else { asked == options.region };
    if !fits {
        return error(400, "IllegalLocationConstraintException");
    }
    if options.foreign_buckets.contains(&name) {
        return error(409, "BucketAlreadyExists");
    }
    if state.buckets.contains_key(&name) {
        return error(409, "BucketAlreadyOwnedByYou");
    }
    state.buckets.insert(name, Bucket { blocks_public: options.blocks_public, ..Bucket::default() });
    empty(200)
}

fn policy(request: &Request, bucket: &mut Bucket) -> Answer {
    match (request.method.as_str(), &bucket.policy) {
        ("GET", None) => error(404, "NoSuchBucketPolicy"),
        ("GET", Some(policy)) => Answer { status: 200, body: policy.clone().into(), ..Answer::default() },
        ("PUT", _) if bucket.blocks_public => error(403, "AccessDenied"),
        ("PUT", _) if request.header("content-md5").is_empty() => error(400, "InvalidRequest"),
        ("PUT", _) => {
            bucket.policy = Some(text(request));
            empty(204)
        }
        _ => {
            bucket.policy = None;
            empty(204)
        }
    }
}

fn public_access_block(request: &Request, bucket: &mut Bucket, options: &Options) -> Answer {
    match request.method.as_str() {
        "GET" if !options.blocks_public => error(404, "NoSuchPublicAccessBlockConfiguration"),
        "GET" => {
            let flags = tag("BlockPublicPolicy", bucket.blocks_public)
                + &tag("RestrictPublicBuckets", bucket.blocks_public);
            xml("PublicAccessBlockConfiguration", &flags)
        }
        _ => {
            bucket.blocks_public = texts(&text(request), "BlockPublicPolicy").concat() == "true";
            empty(200)
        }
    }
}

fn list(request: &Request, bucket: &Bucket) -> Answer {
    let (prefix, after) = (request.value("prefix"), request.value("continuation-token"));
    let matching = bucket.objects.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after);
    let all: Vec<_> = matching.collect();
    let mut inner = tag("EncodingType", "url") + &tag("IsTruncated", all.len() > PAGE);
    for (key, object) in all.iter().take(PAGE) {
        inner += &format!(
            "<Contents>{}{}{}{}</Contents>",
            tag("Key", encoded(key)),
            tag("Size", object.bytes.len()),
            tag("LastModified", &object.modified),
            tag("ETag", format!("\"{}\"", object.etag))
        );
    }
    if let (true, Some((last, _))) = (all.len() > PAGE, all.get(PAGE - 1)) {
        inner += &tag("NextContinuationToken", last);
    }
    xml("ListBucketResult", &inner)
}

fn versions(bucket: &Bucket, options: &Options) -> Answer {
    let mut inner = tag("IsTruncated", false) + &tag("EncodingType", "url");
    let current = bucket.objects.iter().map(|(key, object)| (key, object, !options.calls_all_old));
    let old = bucket.old_versions.iter().map(|(key, object)| (key, object, false));
    for (key, object, is_latest) in current.chain(old) {
        inner += &format!(
            "<Version>{}{}{}{}</Version>",
            tag("Key", encoded(key)),
            tag("VersionId", &object.version),
            tag("IsLatest", is_latest),
            tag("Size", object.bytes.len())
        );
    }
    xml("ListVersionsResult", &inner)
}

fn delete_all(request: &Request, bucket: &mut Bucket) -> Answer {
    if request.header("content-md5").is_empty() {
        return error(400, "InvalidRequest");
    }
    for object in texts(&text(request), "Object") {
        let (key, version) = (texts(&object, "Key").concat(), texts(&object, "VersionId").concat());
        if version.is_empty() {
            bucket.hide(&key);
        } else {
            bucket.old_versions.retain(|(of, object)| (of, &object.version) != (&key, &version));
            if bucket.objects.get(&key).is_some_and(|object| object.version == version) {
                bucket.objects.remove(&key);
            }
        }
    }
    xml("DeleteResult", "")
}

/// The first name in the query that says what is asked.
fn first_of(request: &Request) -> &str {
    let known = ["versioning", "policy", "publicAccessBlock", "list-type", "versions", "delete"];
    known.into_iter().find(|name| request.asks(name)).unwrap_or_default()
}

fn text(request: &Request) -> String {
    String::from_utf8_lossy(&request.body).into_owned()
}
