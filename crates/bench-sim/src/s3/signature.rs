//! Checks signatures of version 4, from the request as it came.
use super::http::Request;
use sha2::{Digest, Sha256};

/// What is wrong with the signature, as the code of an error; nothing if it is right.
pub(super) fn fault(
    request: &Request,
    (access_key, secret_key): (&str, &str),
    region: &str,
) -> Option<&'static str> {
    let header = request.header("authorization");
    let Some(parts) = header.strip_prefix("AWS4-HMAC-SHA256 ") else { return Some("AccessDenied") };
    let part = |name: &str| {
        let found = parts.split(',').find_map(|it| it.trim().strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_default().to_owned()
    };
    let (credential, names, signature) = (part("Credential"), part("SignedHeaders"), part("Signature"));
    let scope: Vec<_> = credential.split('/').collect();
    let [key, day, scope_region, "s3", "aws4_request"] = scope[..] else {
        return Some("AuthorizationHeaderMalformed");
    };
    if key != access_key {
        return Some("InvalidAccessKeyId");
    }
    if scope_region != region {
        return Some("AuthorizationHeaderMalformed");
    }
    // Whoever changes a header on the way must be noticed.
    let signed: Vec<_> = names.split(';').collect();
    let must = |name: &str| name == "host" || name.starts_with("x-amz-") || name == "content-md5";
    if request.headers.iter().any(|(name, _)| must(name) && !signed.contains(&name.as_str())) {
        return Some("AccessDenied");
    }
    let payload = request.header("x-amz-content-sha256");
    if payload != hex(&Sha256::digest(&request.body)) {
        return Some("XAmzContentSHA256Mismatch");
    }
    let mut query: Vec<_> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    query.sort();
    let headers: String = signed.iter().map(|name| format!("{name}:{}\n", request.header(name))).collect();
    let canonical =
        format!("{}\n{}\n{}\n{headers}\n{names}\n{payload}", request.method, request.path, query.join("&"));
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{day}/{region}/s3/aws4_request\n{}",
        request.header("x-amz-date"),
        hex(&Sha256::digest(canonical))
    );
    let mut secret = format!("AWS4{secret_key}").into_bytes();
    for part in [day, region, "s3", "aws4_request", &text] {
        secret = hmac(&secret, part.as_bytes());
    }
    (hex(&secret) != signature).then_some("SignatureDoesNotMatch")
}

/// RFC 2104.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = if key.len() > 64 { Sha256::digest(key).to_vec() } else { key.to_vec() };
    block.resize(64, 0);
    let padded = |pad: u8| block.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>();
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
