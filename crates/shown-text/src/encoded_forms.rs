//! The forms in which a secret may appear: plain, or encoded as JSON, URL, HTML, base32, base64 or hex.
use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use data_encoding::BASE32_NOPAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::cmp::Reverse;

/// Shorter texts occur by chance, so only their plain form is hidden, and shorter parts of a secret reveal little.
pub const SHORTEST: usize = 4;

/// What every URL encoder encodes. Python leaves the slash, JavaScript these five.
const URL: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PYTHON: AsciiSet = URL.remove(b'/');
const JAVA: AsciiSet = URL.add(b'~').remove(b'*');
const JAVASCRIPT: AsciiSet = URL.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');

/// All encoded forms of all secrets, the longest first: none is cut in two by a shorter one within it.
pub fn encoded_forms(secrets: &[String]) -> Vec<String> {
    let mut all = secrets.to_vec();
    for secret in secrets.iter().filter(|secret| secret.len() >= SHORTEST) {
        let quoted = as_json(secret);
        // JSON within a JSON string.
        all.extend([as_json(&quoted), quoted]);
        let each = |write: fn(u32) -> String| secret.chars().map(|c| write(c.into())).collect::<String>();
        all.extend([
            each(|c| format!("&#{c};")),
            each(|c| format!("&#x{c:x};")),
            each(|c| format!("&#x{c:X};")),
        ]);
        all.extend([each(|c| format!("\\u{c:04x}")), each(|c| format!("\\u{c:04X}"))]);
        // With leading zeros, and in the notation of C and Python.
        all.extend([
            each(|c| format!("&#x{c:04x};")),
            each(|c| format!("&#x{c:04X};")),
            each(|c| format!("\\U{c:08x}")),
        ]);
        // As PHP, Go and .NET write JSON, and Mustache HTML.
        all.push(as_json(secret).replace('/', "\\/"));
        for upper in [false, true] {
            let escape = |c: char| {
                let code = u32::from(c);
                if upper { format!("\\u{code:04X}") } else { format!("\\u{code:04x}") }
            };
            for escaped in ["&<>", "&<>'+=", "&<>'+=`/"] {
                let json = as_json(secret);
                all.push(
                    json.chars().map(|c| if escaped.contains(c) { escape(c) } else { c.into() }).collect(),
                );
            }
        }
        let mustache = |c: char| match c {
            '&' => "&amp;".into(),
            '<' => "&lt;".into(),
            '>' => "&gt;".into(),
            '"' => "&quot;".into(),
            '\'' => "&#39;".into(),
            '/' | '`' | '=' => format!("&#x{:X};", u32::from(c)),
            c => c.to_string(),
        };
        let html: String = secret.chars().map(mustache).collect();
        all.extend([html.replace("&#x3D;", "="), html.replace("&#39;", "&#x27;"), html]);
        for (before, between) in
            [("", " "), ("", ":"), ("", "-"), ("", "."), ("0x", " "), ("0x", ", "), ("0x", ","), ("\\x", "")]
        {
            let hex: Vec<_> = secret.bytes().map(|byte| format!("{before}{byte:02x}")).collect();
            all.push(hex.join(between));
            all.push(hex.join(between).to_ascii_uppercase().replace("0X", "0x").replace("\\X", "\\x"));
        }
        all.push(secret.bytes().fold(String::new(), |text, byte| format!("{text}\\{byte:03o}")));
        let bytes = |before: &str| {
            secret.bytes().fold(String::new(), |text, byte| format!("{text}{before}{byte:02X}"))
        };
        let hex = bytes("").to_ascii_lowercase();
        // As xxd groups them.
        let pairs = |offset: usize| {
            let (head, rest) = hex.split_at((2 * offset).min(hex.len()));
            let groups = rest.as_bytes().chunks(4).map(String::from_utf8_lossy);
            [head.into()]
                .into_iter()
                .chain(groups)
                .filter(|group| !group.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        };
        all.extend([pairs(0), pairs(1)]);
        all.extend([hex.to_ascii_uppercase(), hex]);
        let all_encoded = bytes("%");
        all.extend([lower_hex(&all_encoded), all_encoded]);
        for set in [&URL, &PYTHON, &JAVASCRIPT, &JAVA, NON_ALPHANUMERIC] {
            let encoded = utf8_percent_encode(secret, set).to_string();
            // Encoded again on its way through a proxy.
            let twice = encoded.replace('%', "%25");
            all.extend([lower_hex(&twice), twice, lower_hex(&encoded), encoded]);
        }
        // As Python, Go and JavaScript write the quotes.
        for (double, single) in [("&quot;", "&#x27;"), ("&#34;", "&#39;"), ("&quot;", "&#39;")] {
            let escaped = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            all.push(escaped.replace('"', double).replace('\'', single));
        }
        all.extend([BASE64_STANDARD_NO_PAD.encode(secret), BASE64_URL_SAFE_NO_PAD.encode(secret)]);
        all.extend((0..3).flat_map(|offset| within_base64(secret, offset)));
        all.push(BASE32_NOPAD.encode(secret.as_bytes()));
        all.extend((0..5).filter_map(|offset| within(secret, offset, 5, |text| BASE32_NOPAD.encode(text))));
        for between in [" ", ", ", ","] {
            all.push(secret.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(between));
            all.push(secret.bytes().map(|byte| format!("{byte:03o}")).collect::<Vec<_>>().join(between));
        }
    }
    all.retain(|spelling| !spelling.is_empty());
    all.sort_by(|a, b| (Reverse(a.len()), a).cmp(&(Reverse(b.len()), b)));
    all.dedup();
    all
}

fn within_base64(secret: &str, offset: usize) -> impl Iterator<Item = String> {
    let encoders: [fn(&[u8]) -> String; 2] =
        [|text| BASE64_STANDARD_NO_PAD.encode(text), |text| BASE64_URL_SAFE_NO_PAD.encode(text)];
    encoders.into_iter().filter_map(move |encode| within(secret, offset, 6, encode))
}

/// The constant part of the encoded secret inside a longer text, such as `Bearer SECRET`, if the secret begins `offset` bytes into a
/// group. Each character encodes `bits` bits; those at both ends depend on the surrounding text.
fn within(secret: &str, offset: usize, bits: usize, encode: impl Fn(&[u8]) -> String) -> Option<String> {
    let text = [&b"\0\0\0\0"[..offset.min(4)], secret.as_bytes()].concat();
    let (begin, end) = ((offset * 8).div_ceil(bits), text.len() * 8 / bits);
    let inner = encode(&text).get(begin..end)?.to_owned();
    (inner.len() >= SHORTEST * 8 / bits).then_some(inner)
}

/// As JSON, without the surrounding quotes.
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
        let all = encoded_forms(&["aB+9/x\"y=%Z~q&<k>'!".to_owned()]);
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
            "aB%252B9%252Fx%2522y%253D%2525Z~q%2526%253Ck%253E%2527%2521",
            "61422b392f7822793d255a7e71263c6b3e2721",
            "61422B392F7822793D255A7E71263C6B3E2721",
            "&#97;&#66;&#43;&#57;&#47;&#120;&#34;&#121;&#61;&#37;&#90;&#126;&#113;&#38;&#60;&#107;&#62;&#39;&#33;",
        ] {
            assert!(all.iter().any(|known| known == form), "{form} {all:?}");
        }
    }

    #[test]
    fn a_secret_is_found_in_the_base64_of_a_longer_text() {
        let all = encoded_forms(&["hush-0815".to_owned()]);
        for (before, after) in [("Bearer ", ""), ("kim:", "\n"), ("x", "yz"), ("", "y"), ("ab", "")] {
            let encoded = BASE64_STANDARD_NO_PAD.encode(format!("{before}hush-0815{after}"));
            let masked =
                all.iter().fold(encoded.clone(), |text, secret| text.replace(secret.as_str(), "***"));
            assert!(masked.contains("***"), "{before}: {encoded}");
        }
    }

    #[test]
    fn a_secret_is_found_in_the_base32_of_a_longer_text() {
        let all = encoded_forms(&["hush-0815".to_owned()]);
        for before in ["", "x", "ab", "kim", "kim:", "token", "Bearer "] {
            let encoded = BASE32_NOPAD.encode(format!("{before}hush-0815\n").as_bytes());
            assert!(all.iter().any(|form| encoded.contains(form)), "{before}: {encoded}");
        }
        assert!(all.contains(&"104 117 115 104 45 48 56 49 53".to_owned()));
        assert!(all.contains(&"150 165 163 150 055 060 070 061 065".to_owned()));
    }

    #[test]
    fn a_secret_is_known_as_other_languages_write_it() {
        let all = encoded_forms(&["Zq/ab&cd=Ef~gh".to_owned()]);
        for form in [
            r"Zq\/ab&cd=Ef~gh",
            r"Zq/ab\u0026cd=Ef~gh",
            r"Zq/ab\u0026cd\u003dEf~gh",
            "Zq&#x2F;ab&amp;cd&#x3D;Ef~gh",
            "Zq%2Fab%26cd%3DEf%7Egh",
            "5a-71-2f-61-62-26-63-64-3d-45-66-7e-67-68",
            "5a71 2f61 6226 6364 3d45 667e 6768",
            "0x5a,0x71,0x2f,0x61,0x62,0x26,0x63,0x64,0x3d,0x45,0x66,0x7e,0x67,0x68",
            "90,113,47,97,98,38,99,100,61,69,102,126,103,104",
        ] {
            assert!(all.iter().any(|known| known == form), "{form} {all:?}");
        }
    }

    #[test]
    fn what_is_short_is_not_spelled() {
        assert_eq!(encoded_forms(&["a/b".to_owned(), String::new()]), ["a/b"]);
    }

    proptest! {
        #[test]
        fn whatever_the_secret_it_is_among_its_spellings(secret in "\\PC{1,20}") {
            prop_assert!(encoded_forms(std::slice::from_ref(&secret)).contains(&secret));
        }
    }
}
