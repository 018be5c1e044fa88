//! The forms of one character, as whatever encoder may have written it: plain, or escaped for a URL, JSON, a language, HTML or mail.
use crate::{
    code_page,
    entity_names::{self, LONGEST_NAME},
};

/// An escape within an escaped text has its first sign escaped so often, at most.
const DEEPEST: usize = 3;
/// The bytes of an escape that was cut, at most: of longer ones some will be left.
pub(crate) const LONGEST: usize = 16;
/// So many digits of a number are read.
const MOST_DIGITS: usize = 10;
/// Whether an escape may begin with this byte.
pub(crate) fn may_begin(byte: u8) -> bool {
    matches!(byte, b'%' | b'&' | b'\\' | b'=' | b'+')
}

/// Tells which character may stand at the beginning of a text, in which form, and how long that form is.
pub(crate) fn read(text: &str, tell: &mut dyn FnMut(char, usize)) {
    let Some(plain) = text.chars().next() else { return };
    tell(plain, plain.len_utf8());
    match plain {
        '%' => {
            for depth in 0..DEEPEST {
                let Some(introduction) = text.get(..1 + 2 * depth) else { break };
                if !introduction.as_bytes()[1..].chunks(2).all(|it| it == b"25") {
                    break;
                }
                of_bytes(text, introduction, HEX, tell);
                // As `escape` of JavaScript writes it.
                if let Some((one, length)) = of_units(text, introduction) {
                    tell(one, length);
                }
            }
        }
        '=' => of_bytes(text, "=", HEX, tell),
        '+' => tell(' ', 1),
        '&' => of_html(text, tell),
        '\\' => of_backslash(text, tell),
        _ => {}
    }
}

/// How many digits a byte has, and of which base.
type Digits = (usize, u32);
const HEX: Digits = (2, 16);
const OCTAL: Digits = (3, 8);

/// A character whose bytes in UTF-8 are written in digits, with something before each; or whose byte in Windows-1252 is.
fn of_bytes(text: &str, introduction: &str, (length, radix): Digits, tell: &mut dyn FnMut(char, usize)) {
    let (mut rest, mut bytes) = (text, Vec::new());
    let next =
        |rest: &str| u8::try_from(number(rest.strip_prefix(introduction)?.get(..length)?, radix)?).ok();
    while let Some(byte) = next(rest).filter(|_| bytes.len() < 4) {
        rest = &rest[introduction.len() + length..];
        bytes.push(byte);
        if let [byte @ 0x80..=u8::MAX] = bytes[..] {
            tell(code_page::character(byte), text.len() - rest.len());
        }
        if let Some(one) = std::str::from_utf8(&bytes).ok().and_then(|text| text.chars().next()) {
            return tell(one, text.len() - rest.len());
        }
    }
}

/// A character that is written as four hexadecimal digits, or twice four, with something and a `u` before them; and how long that is.
fn of_units(text: &str, introduction: &str) -> Option<(char, usize)> {
    let length = introduction.len() + 5;
    let unit = |text: &str| number(text.strip_prefix(introduction)?.strip_prefix('u')?.get(..4)?, 16);
    let second = || text.get(length..).and_then(unit);
    let pair =
        [unit(text)?, second().unwrap_or_default()].map(|unit| u16::try_from(unit).unwrap_or_default());
    let one = char::decode_utf16(pair).next()?.ok()?;
    Some((one, length * one.len_utf16()))
}

/// `&#43;`, `&#x2B;` and `&plus;`, with any number of zeros, and without the semicolon where browsers need none; also if the `&` was
/// escaped again.
fn of_html(text: &str, tell: &mut dyn FnMut(char, usize)) {
    let mut rests = vec![&text[1..]];
    for _ in 0..DEEPEST {
        let mut deeper = Vec::new();
        for rest in rests {
            entities(rest, &mut |one, length| {
                let after = &rest[length..];
                tell(one, text.len() - after.len());
                deeper.extend((one == '&').then_some(after));
            });
        }
        rests = deeper;
    }
}

/// What may stand behind `&`, and how long that is: each reading of it, since a digit or semicolon may be the next character.
fn entities(text: &str, tell: &mut dyn FnMut(char, usize)) {
    if let Some(digits) = text.strip_prefix('#') {
        return numbered(text, digits, tell);
    }
    let name = text.bytes().take(LONGEST_NAME).take_while(u8::is_ascii_alphanumeric).count();
    if let Some(one) = entity_names::character(&text[..name]).filter(|_| text[name..].starts_with(';')) {
        tell(one, name + 1);
    }
    for length in 2..=name {
        if let Some(one) = entity_names::without_semicolon(&text[..length]) {
            tell(one, length);
        }
    }
}

/// The same where a number stands there.
fn numbered(text: &str, digits: &str, tell: &mut dyn FnMut(char, usize)) {
    let hex = digits.strip_prefix(['x', 'X']);
    let (digits, radix) = hex.map_or((digits, 10), |digits| (digits, 16));
    let significant = digits.trim_start_matches('0');
    let most = significant.chars().take(MOST_DIGITS).take_while(|digit| digit.is_digit(radix)).count();
    for length in usize::from(digits.len() == significant.len())..=most {
        let code = if length == 0 { 0 } else { number(&significant[..length], radix).unwrap_or(u32::MAX) };
        // Browsers take the numbers of controls for bytes of Windows-1252.
        let of_byte = u8::try_from(code).ok().filter(|byte| *byte >= 0x80).map(code_page::character);
        let rest = &significant[length..];
        for rest in [Some(rest), rest.strip_prefix(';')].into_iter().flatten() {
            for one in [char::from_u32(code), of_byte].into_iter().flatten() {
                tell(one, text.len() - rest.len());
            }
        }
    }
}

/// `\u002B`, `\u{2b}`, `\U0000002b`, `\x2B`, `\053`, `\n`, and a sign behind a backslash; also if the backslash was escaped again.
fn of_backslash(text: &str, tell: &mut dyn FnMut(char, usize)) {
    let run = text.bytes().take(1 << DEEPEST).take_while(|byte| *byte == b'\\').count();
    for length in [2, 4, 8].into_iter().filter(|length| *length <= run) {
        tell('\\', length);
    }
    let (slashes, rest) = text.split_at(run);
    let Some(kind) = rest.chars().next() else { return };
    let found = match kind {
        'u' if rest.starts_with("u{") => {
            let end = rest.bytes().take(2 + MOST_DIGITS).position(|byte| byte == b'}');
            end.and_then(|end| Some((char::from_u32(number(&rest[2..end], 16)?)?, end + 1)))
        }
        'u' => of_units(text, slashes).map(|(one, length)| (one, length - run)),
        'U' => rest.get(1..9).and_then(|digits| Some((char::from_u32(number(digits, 16)?)?, 9))),
        'x' => return of_bytes(text, &text[..=run], HEX, tell),
        // As git and C write it.
        '0'..='7' => return of_bytes(text, slashes, OCTAL, tell),
        'n' => Some(('\n', 1)),
        'r' => Some(('\r', 1)),
        't' => Some(('\t', 1)),
        sign => (sign.is_ascii_punctuation() || sign == ' ').then_some((sign, 1)),
    };
    if let Some((one, length)) = found {
        tell(one, run + length);
    }
}

/// A number that is written in digits only.
fn number(digits: &str, radix: u32) -> Option<u32> {
    let is_number = digits.len() <= MOST_DIGITS && digits.chars().all(|digit| digit.is_digit(radix));
    is_number.then(|| u32::from_str_radix(digits, radix).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_read_in_each_of_its_forms() {
        for (one, forms) in [
            (
                '+',
                &[
                    "+",
                    "%2B",
                    "%2b",
                    "%252B",
                    "%25252b",
                    "\\u002B",
                    "\\u002b",
                    "\\\\u002B",
                    "\\u{2b}",
                    "\\U0000002B",
                    "\\x2B",
                    "\\+",
                    "&#43;",
                    "&#043;",
                    "&#0000043;",
                    "&#x2B;",
                    "&#X002b;",
                    "&plus;",
                    "&amp;#43;",
                    "&amp;plus;",
                    "&#43",
                    "&#0043",
                    "&#x2b",
                    "&#X0002B",
                    "&#00000000000000000000000043;",
                    "&amp#43",
                    "&#38;#43;",
                    "&#38#x2b",
                    "=2B",
                ][..],
            ),
            ('/', &["/", "\\/", "\\\\\\/", "%2F", "&sol;", "&#x2F;"]),
            ('\\', &["\\", "\\\\", "\\\\\\\\", "%5C", "&bsol;", "\\u005c"]),
            ('&', &["&", "&amp;", "&amp;amp;", "&amp", "&ampamp", "&#38", "&#x26", "%26", "\\u0026"]),
            ('%', &["%", "%25", "%2525", "&percnt;"]),
            (' ', &[" ", "+", "%20", "&#32;"]),
            ('ä', &["ä", "%C3%A4", "%25c3%25a4", "=C3=A4", "\\u00e4", "&#228;", "\\xc3\\xa4"]),
            (
                'ä',
                &[
                    "%E4",
                    "%25e4",
                    "=E4",
                    "\\xe4",
                    "%u00E4",
                    "&auml;",
                    "&amp;auml;",
                    "&auml",
                    "&amp;auml",
                    "&#228",
                    "\\344",
                    "\\303\\244",
                    "\\\\344",
                ],
            ),
            ('€', &["&#128;", "&#x80", "&#8364", "%80", "\\x80", "%u20ac", "%25u20AC"]),
            (
                '😀',
                &[
                    "😀",
                    "%F0%9F%98%80",
                    "\\ud83d\\uDE00",
                    "\\\\ud83d\\\\ude00",
                    "%uD83D%ude00",
                    "&#x1F600;",
                    "\\u{1f600}",
                ],
            ),
        ] {
            for form in forms {
                let mut found = false;
                read(&format!("{form}A"), &mut |read, length| found |= read == one && length == form.len());
                assert!(found, "{form} is no {one}");
            }
        }
    }

    #[test]
    fn what_is_no_escape_is_only_itself() {
        for text in [
            "%", "%2", "%+2", "%zz", "&", "&;", "&#;x", "&#xz", "&x", "&plu;", "&plus", "\\", "\\u12",
            "\\u+123", "\\ud83d", "=", "=2", "\\q",
        ] {
            let mut all = vec![];
            read(text, &mut |one, length| all.push((one, length)));
            assert_eq!(all, [(text.chars().next().unwrap(), 1)], "{text}");
        }
    }
}
