//! Signs a request with AWS Signature Version 4, in its headers.
//!
//! Of the payload only its SHA-256 is signed, and the whole payload is sent as it is: no trailing checksums and no chunks of
//! `aws-chunked`, which many S3-compatible stores don't know.
use crate::checksum::{Sha256, hex};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, Tag, sign};
use http_exchange::Secret;
use jiff::Timestamp;
use std::fmt::Write as _;

/// Who signs. The names are those of S3: an access key is public, a secret key is not.
#[derive(Clone)]
pub struct Credentials {
    /// Sent with each request.
    pub access_key: String,
    /// Never sent.
    pub secret_key: Secret,
}

/// What is signed of a request.
pub(crate) struct Signed<'a> {
    pub(crate) method: &'a str,
    /// As it stands in the request line, up to the question mark: percent-encoded, with the path of the endpoint.
    pub(crate) path: &'a str,
    /// Percent-encoded names and values, in the order of the request.
    pub(crate) query: &'a [(String, String)],
    /// In lower case; with `host` and everything that is sent as `x-amz-`.
    pub(crate) headers: &'a [(String, String)],
    /// The SHA-256 of the body in hexadecimal, or `UNSIGNED-PAYLOAD`.
    pub(crate) payload: &'a str,
}

impl Credentials {
    /// The value of `Authorization`. `time` is the one that is sent as `x-amz-date`.
    pub(crate) fn authorization(&self, request: &Signed, region: &str, time: &Timestamp) -> String {
        let day = time.strftime("%Y%m%d").to_string();
        let scope = format!("{day}/{region}/s3/aws4_request");
        let (names, canonical) = request.canonical();
        let to_sign =
            format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", amz_date(time), Sha256::of(canonical.as_bytes()));
        let secret = format!("AWS4{}", self.secret_key.expose());
        let key = [day.as_str(), region, "s3", "aws4_request"]
            .into_iter()
            .fold(secret.into_bytes(), |key, part| mac(&key, part).as_ref().to_vec());
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={}",
            self.access_key,
            hex(mac(&key, &to_sign).as_ref())
        )
    }
}

impl Signed<'_> {
    /// The names of the signed headers, and the request in the form that both sides sign.
    fn canonical(&self) -> (String, String) {
        let mut query: Vec<_> = self.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        query.sort_unstable();
        let mut headers: Vec<_> = self.headers.iter().collect();
        headers.sort_unstable();
        let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(";");
        let mut text = format!("{}\n{}\n{}\n", self.method, self.path, query.join("&"));
        for (name, value) in headers {
            let words: Vec<_> = value.split(' ').filter(|word| !word.is_empty()).collect();
            // Writing to a String never fails.
            let _ = writeln!(text, "{name}:{}", words.join(" "));
        }
        let _ = write!(text, "\n{names}\n{}", self.payload);
        (names, text)
    }
}

/// A time as S3 writes it: `20130524T000000Z`.
pub(crate) fn amz_date(time: &Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn mac(key: &[u8], text: &str) -> Tag {
    sign(&Key::new(HMAC_SHA256, key), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key, time and bucket of the examples in Amazon's documentation of S3's signature.
    fn authorization(
        method: &str,
        path: &str,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
        payload: &str,
    ) -> String {
        let credentials = Credentials {
            access_key: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        };
        let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
        };
        let (query, mut headers) = (owned(query), owned(headers));
        headers.extend(owned(&[
            ("host", "examplebucket.s3.amazonaws.com"),
            ("x-amz-content-sha256", payload),
            ("x-amz-date", "20130524T000000Z"),
        ]));
        let request = Signed { method, path, query: &query, headers: &headers, payload };
        let time = "2013-05-24T00:00:00Z".parse().unwrap();
        let value = credentials.authorization(&request, "us-east-1", &time);
        value.rsplit("Signature=").next().unwrap().to_owned()
    }

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn the_examples_of_amazon_are_signed_as_amazon_signs_them() {
        let get = authorization("GET", "/test.txt", &[], &[("range", "bytes=0-9")], EMPTY);
        assert_eq!(get, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
        let put = authorization(
            "PUT",
            "/test%24file.text",
            &[],
            &[("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        );
        assert_eq!(put, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
        let lifecycle = authorization("GET", "/", &[("lifecycle", "")], &[], EMPTY);
        assert_eq!(lifecycle, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
        let list = authorization("GET", "/", &[("max-keys", "2"), ("prefix", "J")], &[], EMPTY);
        assert_eq!(list, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
    }
}
