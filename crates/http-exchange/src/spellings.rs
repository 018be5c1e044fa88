//! The forms in which a secret comes back: as it is, or as JSON, a URL, HTML or base64 write it.
use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::cmp::Reverse;

/// What is shorter turns up by chance, so it has one spelling, and a part of a secret that is shorter tells little.
pub(crate) const SHORTEST: usize = 4;

/// What every encoder of URLs encodes. Python leaves the slash, JavaScript these five.
const URL: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PYTHON: AsciiSet = URL.remove(b'/');
const JAVASCRIPT: AsciiSet = URL.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');

/// All spellings of all secrets, the longest first: none is cut in two by a shorter one within it.
pub(crate) fn spellings(secrets: &[String]) -> Vec<String> {
    let mut all = secrets.to_vec();
    for secret in secrets.iter().filter(|secret| secret.len() >= SHORTEST) {
        let quoted = as_json(secret);
        // JSON within a string of JSON.
        all.extend([as_json(&quoted), quoted]);
        for set in [&URL, &PYTHON, &JAVASCRIPT] {
            let encoded = utf8_percent_encode(secret, set).to_string();
            all.extend([lower_hex(&encoded), encoded]);
        }
        // As Python, Go and JavaScript write the quotes.
        for (double, single) in [("&quot;", "&#x27;"), ("&#34;", "&#39;"), ("&quot;", "&#39;")] {
            let escaped = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            all.push(escaped.replace('"', double).replace('\'', single));
        }
        all.extend([BASE64_STANDARD_NO_PAD.encode(secret), BASE64_URL_SAFE_NO_PAD.encode(secret)]);
    }
    all.retain(|spelling| !spelling.is_empty());
    all.sort_by(|a, b| (Reverse(a.len()), a).cmp(&(Reverse(b.len()), b)));
    all.dedup();
    all
}

/// Without the quotes around it.
fn as_json(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// A percent-encoded text with its hexadecimal digits in lower case.
fn lower_hex(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (hex, rest) = part.split_at(2);
        format!("{text}%{}{rest}", hex.to_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_of_a_secret_is_known() {
        let all = spellings(&["aB+9/x\"y=%Z~q&<k>'!".to_owned()]);
        for form in [
            "aB+9/x\"y=%Z~q&<k>'!",
            r#"aB+9/x\"y=%Z~q&<k>'!"#,
            r#"aB+9/x\\\"y=%Z~q&<k>'!"#,
            "aB%2B9%2Fx%22y%3D%25Z~q%26%3Ck%3E%27%21",
            "aB%2b9%2fx%22y%3d%25Z~q%26%3ck%3e%27%21",
            "aB%2B9/x%22y%3D%25Z~q%26%3Ck%3E%27%21",
            "aB%2B9%2Fx%22y%3D%25Z~q%26%3Ck%3E'!",
            "aB+9/x&quot;y=%Z~q&amp;&lt;k&gt;&#x27;!",
            "aB+9/x&#34;y=%Z~q&amp;&lt;k&gt;&#39;!",
            "YUIrOS94Ink9JVp+cSY8az4nIQ",
            "YUIrOS94Ink9JVp-cSY8az4nIQ",
        ] {
            assert!(all.iter().any(|known| known == form), "{form} {all:?}");
        }
    }

    #[test]
    fn what_is_short_is_not_spelled() {
        assert_eq!(spellings(&["a/b".to_owned(), String::new()]), ["a/b"]);
    }

    proptest! {
        #[test]
        fn whatever_the_secret_it_is_among_its_spellings(secret in "\\PC{1,20}") {
            prop_assert!(spellings(std::slice::from_ref(&secret)).contains(&secret));
        }
    }
}
