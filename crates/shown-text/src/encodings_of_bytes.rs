//! The encodings in which programs write bytes: base64, base32, hex, and their numbers.
use crate::SHORTEST;
use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use data_encoding::{BASE32_NOPAD, HEXLOWER, HEXUPPER};
use percent_encoding::percent_encode_byte;

/// Also within a longer text, wherever it begins in a group of three bytes.
pub(crate) fn base64(bytes: &[u8]) -> Vec<String> {
    let encoders: [fn(&[u8]) -> String; 2] =
        [|bytes| BASE64_STANDARD_NO_PAD.encode(bytes), |bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes)];
    let within = |encode| (0..3).filter_map(move |offset| within(bytes, offset, 6, encode));
    encoders.into_iter().flat_map(|encode| within(encode).chain([encode(bytes)])).collect()
}

pub(crate) fn base32(bytes: &[u8]) -> Vec<String> {
    let encode = |bytes: &[u8]| BASE32_NOPAD.encode(bytes);
    let mut all: Vec<_> = (0..5).filter_map(|offset| within(bytes, offset, 5, encode)).collect();
    all.push(encode(bytes));
    all.iter().flat_map(|one| [one.to_ascii_lowercase(), one.clone()]).collect()
}

/// The constant part of the encoded text inside a longer one, such as `Bearer SECRET`, if the text begins `offset` bytes into a
/// group. Each character encodes `bits` bits; those at both ends depend on what surrounds it.
fn within(bytes: &[u8], offset: usize, bits: usize, encode: impl Fn(&[u8]) -> String) -> Option<String> {
    let bytes = [&b"\0\0\0\0"[..offset.min(4)], bytes].concat();
    let (begin, end) = ((offset * 8).div_ceil(bits), bytes.len() * 8 / bits);
    let inner = encode(&bytes).get(begin..end)?.to_owned();
    (inner.len() >= SHORTEST * 8 / bits).then_some(inner)
}

/// As a text looks in UTF-16, which Windows programs and serial consoles write, to what takes it for UTF-8: in ASCII with a NUL between any
/// two characters, or what is shown for it; and that in base64 and hex.
pub(crate) fn utf16(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for write in [u16::to_le_bytes, u16::to_be_bytes] {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(write).collect();
        all.extend(base64(&bytes));
        let shown = String::from_utf8_lossy(&bytes);
        let shown = shown.trim_matches('\0');
        // Of letters with accents alone only the signs for what can't be read are left.
        let is_telling = |c: &char| !c.is_control() && *c != char::REPLACEMENT_CHARACTER;
        if text.is_ascii() || shown.chars().filter(is_telling).count() >= SHORTEST {
            all.extend(
                ["\0", " ", "\u{fffd}", "\\u0000", "\\0", "\\x00"].map(|nul| shown.replace('\0', nul)),
            );
        }
        // What is at its end is the half of another character.
        let bytes = bytes.strip_prefix(b"\0").unwrap_or(&bytes);
        all.extend(hex(bytes.strip_suffix(b"\0").unwrap_or(bytes)));
    }
    all
}

pub(crate) fn hex(bytes: &[u8]) -> Vec<String> {
    let hex = HEXLOWER.encode(bytes);
    vec![hex.to_ascii_uppercase(), hex]
}

/// Byte by byte, and in groups of two as `xxd` has them.
pub(crate) fn hex_in_pieces(bytes: &[u8]) -> Vec<String> {
    let notations =
        [("", " "), ("", ":"), ("", "-"), ("", "."), ("0x", " "), ("0x", ", "), ("0x", ","), ("\\x", "")];
    let [upper, lower] = [HEXUPPER, HEXLOWER].map(|notation| notation.encode(bytes));
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
pub(crate) fn numbers(bytes: &[u8]) -> Vec<String> {
    let each =
        |write: fn(u8) -> String, between| bytes.iter().copied().map(write).collect::<Vec<_>>().join(between);
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

/// A percent-encoded text with its hexadecimal digits in lower case.
pub(crate) fn lower_hex(encoded: &str) -> String {
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
