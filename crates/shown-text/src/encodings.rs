//! The encodings in which programs write a text, as a table.
use crate::{
    encodings_of_bytes::{base32, base64, hex, hex_in_pieces, lower_hex, numbers},
    turned::turned,
};
use Encoding::{Bytes, Everything, Signs};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fmt::{self, Write},
};

/// An encoding: the spellings of a text in it.
pub(crate) enum Encoding {
    /// It leaves letters and digits of ASCII as they are.
    Signs(fn(&str) -> Vec<String>),
    /// It writes everything otherwise.
    Everything(fn(&str) -> Vec<String>),
    /// It writes bytes, whatever text they are.
    Bytes(fn(&[u8]) -> Vec<String>),
}

/// Those that occur within one another.
pub(crate) const COMMON: &[Encoding] = &[Signs(json), Signs(html), Signs(url), Bytes(base64), Bytes(hex)];

/// All of them.
pub(crate) const EVERY: &[Encoding] = &[
    Signs(json),
    Signs(json_of_php),
    Signs(html),
    Signs(html_of_mustache),
    Signs(url),
    Signs(url_thrice),
    Signs(url_of_languages),
    Signs(quoted_printable),
    Bytes(base64),
    Bytes(base32),
    Bytes(hex),
    Bytes(hex_in_pieces),
    Everything(characters),
    Bytes(numbers),
    Everything(turned),
];

/// The spellings of a text in all these encodings, each once, without the text itself.
pub(crate) fn spellings(encodings: &[Encoding], text: &str) -> BTreeSet<String> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let spell = |encoding: &Encoding| match encoding {
        Signs(_) if is_plain => Vec::new(),
        Signs(write) | Everything(write) => write(text),
        Bytes(write) => write(text.as_bytes()),
    };
    encodings.iter().flat_map(spell).filter(|spelling| spelling != text).collect()
}

/// The spellings of bytes that are no UTF-8 in all encodings that write bytes, also those that leave letters and digits as they are.
pub(crate) fn spellings_of_bytes(bytes: &[u8]) -> BTreeSet<String> {
    let in_url = percent_encode(bytes, &URL).to_string();
    let spell = |encoding: &Encoding| match encoding {
        Bytes(write) => write(bytes),
        Signs(_) | Everything(_) => Vec::new(),
    };
    EVERY.iter().flat_map(spell).chain([lower_hex(&in_url), in_url]).collect()
}

/// A string of JSON without its quotes, and such a string within another; PHP escapes the slash.
fn json(text: &str) -> Vec<String> {
    let once = quoted(text);
    let slashes = once.replace('/', "\\/");
    vec![quoted(&once), quoted(&slashes), quoted(&once).replace('/', "\\/"), slashes, once]
}

fn quoted(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// JSON that may stand in a page of HTML: as Go, Rails, .NET and PHP write it.
fn json_of_php(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for escaped in ["<>", "&", "<>&", "<>&'", "<>&'+=", "<>&'+=`/"] {
        for write in [|c: u32| format!("\\u{c:04x}"), |c: u32| format!("\\u{c:04X}")] {
            let written: String = quoted(text)
                .chars()
                .map(|c| if escaped.contains(c) { write(c.into()) } else { c.into() })
                .collect();
            // PHP's JSON_HEX_QUOT and .NET.
            let quotes = written.replace("\\\"", "\\u0022");
            all.extend([written.replace('/', "\\/"), quotes.replace('/', "\\/"), written, quotes]);
        }
    }
    all
}

/// With entities for what has a meaning in HTML and XML, and perhaps for quotes.
fn html(text: &str) -> Vec<String> {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    [
        ("\"", "'"),
        ("&quot;", "'"),
        ("&#34;", "'"),
        ("&quot;", "&#x27;"),
        ("&#34;", "&#39;"),
        ("&quot;", "&#39;"),
        ("&quot;", "&#039;"),
        ("&quot;", "&apos;"),
    ]
    .map(|(double, single)| escaped.replace('"', double).replace('\'', single))
    .to_vec()
}

fn html_of_mustache(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for escaped in ["/`=", "/`", "/", "`="] {
        for html in html(text) {
            // Not the signs of the entities themselves.
            all.push(
                html.chars()
                    .map(|c| if escaped.contains(c) { format!("&#x{:X};", u32::from(c)) } else { c.into() })
                    .collect(),
            );
        }
    }
    all
}

/// Each character by its number, in the notation of HTML and of languages.
fn characters(text: &str) -> Vec<String> {
    let notations: [fn(&mut String, u32) -> fmt::Result; 19] = [
        |all, c| write!(all, "&#{c};"),
        |all, c| write!(all, "&#{c}"),
        |all, c| write!(all, "&#x{c:x}"),
        |all, c| write!(all, "&#{c:03};"),
        |all, c| write!(all, "&#{c:04};"),
        |all, c| write!(all, "&#{c:05};"),
        |all, c| write!(all, "&#{c:07};"),
        |all, c| write!(all, "&#x{c:x};"),
        |all, c| write!(all, "&#x{c:X};"),
        |all, c| write!(all, "&#X{c:X};"),
        |all, c| write!(all, "&#x{c:04x};"),
        |all, c| write!(all, "&#x{c:04X};"),
        |all, c| write!(all, "&#x{c:06x};"),
        |all, c| write!(all, "&#x{c:06X};"),
        |all, c| write!(all, "\\u{c:04x}"),
        |all, c| write!(all, "\\u{c:04X}"),
        |all, c| write!(all, "\\u{{{c:x}}}"),
        |all, c| write!(all, "\\U{c:08x}"),
        |all, c| write!(all, "\\U{c:08X}"),
    ];
    let written = |write: &fn(&mut String, u32) -> fmt::Result| {
        let mut all = String::with_capacity(8 * text.len());
        // A `String` takes everything.
        text.chars().for_each(|c| write(&mut all, c.into()).unwrap_or_default());
        all
    };
    notations.iter().map(written).collect()
}

/// What every URL encoder encodes. Python leaves the slash, JavaScript these five, Java the star.
const URL: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PYTHON: AsciiSet = URL.remove(b'/');
const JAVA: AsciiSet = URL.add(b'~').remove(b'*');
const JAVASCRIPT: AsciiSet = URL.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');

fn url(text: &str) -> Vec<String> {
    let encoded = utf8_percent_encode(text, &URL).to_string();
    vec![lower_hex(&encoded), encoded]
}

/// Encoded again on its way through proxies.
fn url_thrice(text: &str) -> Vec<String> {
    let sets = [&URL, &PYTHON, &JAVASCRIPT, &JAVA, NON_ALPHANUMERIC];
    let again = |set| {
        let once = utf8_percent_encode(text, set).to_string();
        let (lower, twice) = (lower_hex(&once), once.replace('%', "%25"));
        [lower.replace('%', "%25"), lower.replace('%', "%2525"), twice.replace('%', "%25"), twice]
    };
    sets.into_iter().flat_map(again).collect()
}

fn url_of_languages(text: &str) -> Vec<String> {
    let sets = [&PYTHON, &JAVASCRIPT, &JAVA, NON_ALPHANUMERIC];
    sets.map(|set| utf8_percent_encode(text, set).to_string())
        .iter()
        .flat_map(|encoded| [lower_hex(encoded), encoded.clone()])
        .collect()
}

/// As in mail; soft line breaks are left to who looks for it.
fn quoted_printable(text: &str) -> Vec<String> {
    let write = |byte: u8| match byte {
        b'!'..=b'<' | b'>'..=b'~' | b' ' => char::from(byte).to_string(),
        byte => format!("={byte:02X}"),
    };
    let all: String = text.bytes().map(write).collect();
    // Some encode each sign that is not a letter or digit.
    let signs = text.bytes().map(|byte| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("={byte:02X}"),
    });
    vec![signs.collect(), all]
}
