//! The signature of a JSON Web Token. The rest of one is its header and its claims, which servers and tools show decoded: with the signature
//! beside them, anybody can put the token together again.
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// A shorter text is no signature.
const SHORTEST: usize = 8;

/// The signature of a text that is a token or ends in one, such as `Bearer TOKEN`; in both alphabets of base64, if these differ.
pub(crate) fn signature(text: &str) -> Vec<String> {
    let parts: Vec<_> = text.split_whitespace().last().unwrap_or_default().split('.').collect();
    let [header, .., signature] = parts[..] else { return Vec::new() };
    let is_object = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).is_ok_and(|json| json.starts_with(b"{"));
    let is_of_base64 = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if parts.len() < 3
        || !is_object(header)
        || signature.len() < SHORTEST
        || !signature.chars().all(is_of_base64)
    {
        return Vec::new();
    }
    let standard = signature.replace('-', "+").replace('_', "/");
    let mut both = vec![signature.to_owned(), standard];
    both.dedup();
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_has_a_signature() {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJraW0ifQ.c2lnbmF0-XJl_w";
        assert_eq!(signature(token), ["c2lnbmF0-XJl_w", "c2lnbmF0+XJl/w"]);
        assert_eq!(signature(&format!("Bearer {token}\n")).len(), 2);
        for other in [
            "",
            "a.b.c",
            "10.20.30.40",
            "www.example.com",
            "eyJhbGciOiJIUzI1NiJ9.e30.",
            "eyJhbGciOiJIUzI1NiJ9.c2lnbmF0",
        ] {
            assert!(signature(other).is_empty(), "{other}");
        }
    }
}
