//! The encodings in which programs write a text, as a table.
use crate::turned::turned;
use Encoding::{OfAll, OfSigns};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use data_encoding::{BASE32_NOPAD, HEXLOWER, HEXUPPER};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode_byte, utf8_percent_encode};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fmt::{self, Write},
};

/// An encoding: the spellings of a text in it.
pub(crate) enum Encoding {
    /// It leaves letters and digits of ASCII as they are.
    OfSigns(fn(&str) -> Vec<String>),
    /// It writes everything otherwise.
    OfAll(fn(&str) -> Vec<String>),
}

/// Those that occur within one another.
pub(crate) const COMMON: &[Encoding] =
    &[OfSigns(json), OfSigns(html), OfSigns(url), OfAll(base64), OfAll(hex)];

/// All of them.
pub(crate) const EVERY: &[Encoding] = &[
    OfSigns(json),
    OfSigns(json_of_php),
    OfSigns(html),
    OfSigns(html_of_mustache),
    OfSigns(url),
    OfSigns(url_thrice),
    OfSigns(url_of_languages),
    OfSigns(quoted_printable),
    OfAll(base64),
    OfAll(base32),
    OfAll(hex),
    OfAll(hex_in_pieces),
    OfAll(characters),
    OfAll(numbers),
    OfAll(turned),
];

/// The spellings of a text in all these encodings, each once, without the text itself.
pub(crate) fn spellings(encodings: &[Encoding], text: &str) -> BTreeSet<String> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let spell = |encoding: &Encoding| match encoding {
        OfSigns(_) if is_plain => Vec::new(),
        OfSigns(write) | OfAll(write) => write(text),
    };
    encodings.iter().flat_map(spell).filter(|spelling| spelling != text).collect()
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
    let notations: [fn(&mut String, u32) -> fmt::Result; 17] = [
        |all, c| write!(all, "&#{c};"),
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

/// A percent-encoded text with its hexadecimal digits in lower case.
fn lower_hex(encoded: &str) -> String {
    let mut digits = 0;
    let lower = |c: char| {
        if c == '%' {
            digits = 2;
            c
        } else if digits > 0 {
            digits -= 1;
            c.to_ascii_lowercase()
        } else {
            c
        }
    };
    encoded.chars().map(lower).collect()
}

/// Also within a longer text, wherever it begins in a group of three bytes.
fn base64(text: &str) -> Vec<String> {
    let encoders: [fn(&[u8]) -> String; 2] =
        [|text| BASE64_STANDARD_NO_PAD.encode(text), |text| BASE64_URL_SAFE_NO_PAD.encode(text)];
    let within = |encode| (0..3).filter_map(move |offset| within(text, offset, 6, encode));
    encoders.into_iter().flat_map(|encode| within(encode).chain([encode(text.as_bytes())])).collect()
}

fn base32(text: &str) -> Vec<String> {
    let encode = |text: &[u8]| BASE32_NOPAD.encode(text);
    let mut all: Vec<_> = (0..5).filter_map(|offset| within(text, offset, 5, encode)).collect();
    all.push(encode(text.as_bytes()));
    all.iter().flat_map(|one| [one.to_ascii_lowercase(), one.clone()]).collect()
}

/// The constant part of the encoded text inside a longer one, such as `Bearer SECRET`, if the text begins `offset` bytes into a
/// group. Each character encodes `bits` bits; those at both ends depend on what surrounds it.
fn within(text: &str, offset: usize, bits: usize, encode: impl Fn(&[u8]) -> String) -> Option<String> {
    let text = [&b"\0\0\0\0"[..offset.min(4)], text.as_bytes()].concat();
    let (begin, end) = ((offset * 8).div_ceil(bits), text.len() * 8 / bits);
    let inner = encode(&text).get(begin..end)?.to_owned();
    (inner.len() >= crate::SHORTEST * 8 / bits).then_some(inner)
}

/// As a text of ASCII looks in UTF-16, which Windows programs and serial consoles write: a NUL between any two characters, or what is shown for
/// it; and that in base64 and hex.
pub(crate) fn utf16(text: &str) -> Vec<String> {
    if !text.is_ascii() {
        return Vec::new();
    }
    let characters: Vec<_> = text.split("").filter(|character| !character.is_empty()).collect();
    let shown = ["\0", " ", "\u{fffd}", "\\u0000", "\\0", "\\x00"].map(|nul| characters.join(nul));
    let bytes = &shown[0];
    let either_end = [format!("{bytes}\0"), format!("\0{bytes}")];
    either_end.iter().flat_map(|bytes| base64(bytes)).chain(hex(bytes)).chain(shown.clone()).collect()
}

fn hex(text: &str) -> Vec<String> {
    let hex = HEXLOWER.encode(text.as_bytes());
    vec![hex.to_ascii_uppercase(), hex]
}

/// Byte by byte, and in groups of two as `xxd` has them.
fn hex_in_pieces(text: &str) -> Vec<String> {
    let notations =
        [("", " "), ("", ":"), ("", "-"), ("", "."), ("0x", " "), ("0x", ", "), ("0x", ","), ("\\x", "")];
    let [upper, lower] = [HEXUPPER, HEXLOWER].map(|notation| notation.encode(text.as_bytes()));
    let mut all = Vec::new();
    for (before, between) in notations {
        all.extend([&lower, &upper].map(|hex| in_groups(hex, 2, before, between)));
    }
    let second = lower.get(2..).unwrap_or_default();
    all.extend([
        in_groups(&lower, 4, "", " "),
        format!("{} {}", &lower[..lower.len() - second.len()], in_groups(second, 4, "", " ")),
    ]);
    all
}

/// A text of ASCII in groups of so many characters, with something before each and between them.
fn in_groups(text: &str, length: usize, before: &str, between: &str) -> String {
    let mut all =
        String::with_capacity(text.len() * (length + before.len() + between.len()) / length + length);
    for (at, c) in text.chars().enumerate() {
        if at % length == 0 {
            all.extend([if at > 0 { between } else { "" }, before]);
        }
        all.push(c);
    }
    all
}

/// Byte by byte: decimal, octal, and as URLs may have it.
fn numbers(text: &str) -> Vec<String> {
    let each = |write: fn(u8) -> String, between| text.bytes().map(write).collect::<Vec<_>>().join(between);
    let mut all: Vec<_> = [" ", ", ", ","]
        .into_iter()
        .flat_map(|between| {
            [each(|byte| byte.to_string(), between), each(|byte| format!("{byte:03o}"), between)]
        })
        .collect();
    let in_url = each(|byte| percent_encode_byte(byte).into(), "");
    all.extend([each(|byte| format!("\\{byte:03o}"), ""), lower_hex(&in_url), in_url]);
    all
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
