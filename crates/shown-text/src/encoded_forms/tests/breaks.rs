//! Secrets in pieces, where what stands between them was escaped, or can't be seen.
use super::*;

const TOKEN: &str = "Zx9-planted/Sec+ret=42Qq&<w\"k";
const LINE_BREAKS: [&str; 13] = [
    "\n",
    "\r\n",
    "\n ",
    "\n\t",
    "\r\n ",
    "\r\n\t",
    "\n> ",
    "\n# ",
    "\n+",
    "\n    12: ",
    "\n\n",
    "\n    ",
    "\n\t\t> ",
];

fn wrapped(text: &str, length: usize, between: &str) -> String {
    let pieces: Vec<_> = text.as_bytes().chunks(length).map(String::from_utf8_lossy).collect();
    pieces.join(between)
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn each(text: &str, is_escaped: fn(char) -> bool, write: fn(u32) -> String) -> String {
    text.chars().map(|c| if is_escaped(c) { write(c.into()) } else { c.into() }).collect()
}

/// How a text may be escaped as a whole.
fn escaped(text: &str) -> Vec<String> {
    let is_of_url = |c: char| !c.is_ascii_alphanumeric() && !"-._~".contains(c);
    let url = each(text, is_of_url, |c| format!("%{c:02X}"));
    let page = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    vec![
        json(text),
        json(&json(text)),
        json(&json(&json(text))),
        url.replace("%20", "+"),
        url.replace('%', "%25"),
        url.to_lowercase().replace("%0a", "%0A"),
        url,
        each(&page, |c| c < ' ', |c| format!("&#{c};")),
        each(&page, |c| c < ' ', |c| format!("&#x{c:02x};")),
        each(&page, |c| c < ' ', |c| format!("&#x{c:X};")).replace('&', "&amp;"),
        each(text, |c| c < ' ', |c| format!("\\u{c:04x}")),
        each(text, |c| c < ' ', |c| format!("\\x{c:02x}")),
        each(text, |c| c < ' ', |c| format!("\\{c:03o}")),
    ]
}

#[test]
fn a_secret_whose_line_breaks_and_indentation_are_escaped_is_concealed() {
    let all = forms(TOKEN);
    let base64 = BASE64_STANDARD.encode(format!("user:{TOKEN}"));
    for line_break in LINE_BREAKS {
        for (form, length) in [(TOKEN, 9), (&*base64, 20), (&*HEXLOWER.encode(TOKEN.as_bytes()), 16)] {
            let text = wrapped(form, length, line_break);
            for written in escaped(&text) {
                // Of base64 the first characters may be those of the user.
                let first = if form == base64 { 8 } else { 0 };
                let parts = form.as_bytes()[first..].chunks(length).map(String::from_utf8_lossy);
                let shown = all.concealed(&format!("it is {written}, they say"), "*");
                let left = parts.filter(|part| part.len() >= 8).find(|part| shown.contains(&part[..8]));
                assert_eq!(left, None, "{line_break:?} {written}: {shown}");
            }
        }
    }
}

#[test]
fn a_secret_between_whose_letters_is_what_nobody_sees_is_concealed() {
    for secret in [TOKEN, "hush-0815"] {
        let all = forms(secret);
        for sign in [
            "\u{1b}[32m",
            "\u{1b}[0;1;38;5;12m",
            "\u{9b}31m",
            "\u{1b}]0;x\u{7}",
            "\u{fe0f}",
            "\u{fe00}",
            "\u{e0100}",
            "\u{200b}",
            "\u{200b}\u{1b}[0m",
            "\u{1b}",
            "\u{1b}[0m\n\u{1b}[32m",
            "\0",
        ] {
            let text = wrapped(secret, 3, sign);
            for written in [text.clone(), json(&text), each(&text, |c| c < ' ', |c| format!("&#{c};"))] {
                let shown = all.concealed(&format!("it is {written}"), "*");
                assert!(
                    !shown.contains(&secret[..3]) && !shown.contains(&secret[3..6]),
                    "{sign:?}: {shown:?}"
                );
            }
        }
    }
}

#[test]
fn hexadecimal_with_capitals_and_small_letters_is_concealed() {
    let all = forms(TOKEN);
    let mixed = |length: usize, before: &str, between: &str| {
        let bytes = TOKEN.bytes().enumerate().map(|(at, byte)| match at % 3 {
            0 => format!("{before}{byte:02X}"),
            _ => format!("{before}{byte:02x}"),
        });
        bytes.collect::<Vec<_>>().chunks(length).map(<[_]>::concat).collect::<Vec<_>>().join(between)
    };
    for text in
        [mixed(1, "", ""), mixed(1, "", ":"), mixed(1, "0x", ", "), mixed(1, "\\x", ""), mixed(7, "", "\n# ")]
    {
        let shown = all.concealed(&text, "*");
        assert!(shown.chars().all(|c| "*\n".contains(c)), "{text}: {shown}");
    }
    assert_eq!(all.concealed("Zx9-PLANTED/Sec+ret=42Qq&<w\"k", "*"), "Zx9-PLANTED/Sec+ret=42Qq&<w\"k");
}

#[test]
fn the_texts_and_keys_of_json_are_concealed_as_their_author_wrote_them() {
    let mut value = serde_json::json!({ "a": [wrapped(TOKEN, 9, "\n\t"), 7, null], TOKEN: { "b": TOKEN } });
    forms(TOKEN).conceal_json(&mut value, "*");
    assert_eq!(value, serde_json::json!({ "a": ["*\n*\n*\n*", 7, null], "*": { "b": "*" } }));
}
