//! A secret with characters beyond ASCII, as programs with another encoding or normal form leave it.
use super::*;
use crate::normal_forms::decomposed;
use std::sync::LazyLock;

const SECRET: &str = "pässwörd-ключ-🔑";
static ALL: LazyLock<EncodedForms> =
    LazyLock::new(|| EncodedForms::of(&[SECRET, OF_LATIN_1, "Übung-Ключ", "geheim-5€"].map(str::to_owned)));
/// One that Latin-1 can hold.
const OF_LATIN_1: &str = "pässwörd-schlüssel";

fn latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap()).collect()
}

fn utf16(text: &str, write: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(write).collect()
}

/// Its bytes in UTF-8, as what takes them for Latin-1 shows them.
fn mojibake(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

/// Each form is concealed as a whole, and what stands around it stays.
fn check(secret: &str, all: &[&str]) {
    let forms = forms(secret);
    for form in all {
        assert_eq!(
            forms.concealed(&format!("login: {form}; end"), "*"),
            "login: *; end",
            "{form:?} of {secret}"
        );
    }
}

#[test]
fn in_the_other_normal_form() {
    check(
        SECRET,
        &[&decomposed(SECRET), "pa\\u0308sswo\\u0308rd-ключ-\\ud83d\\udd11", "pa%CC%88sswo%cc%88rd-ключ-🔑"],
    );
    check(&decomposed(SECRET), &[SECRET, "p\\u00e4ssw\\u00f6rd-ключ-🔑", "pa\\u0308sswo\\u0308rd-ключ-🔑"]);
    check(SECRET, &[&HEXLOWER.encode(decomposed(SECRET).as_bytes())]);
    assert!(forms(SECRET).are_in(&BASE64_STANDARD.encode(format!("kim:{}", decomposed(SECRET)))));
}

#[test]
fn as_mojibake() {
    check(OF_LATIN_1, &["pÃ¤sswÃ¶rd-schlÃ¼ssel", "p%C3%83%C2%A4ssw%c3%83%c2%b6rd-schl%C3%83%C2%BCssel"]);
    check(
        OF_LATIN_1,
        &[
            "p\\u00c3\\u00a4ssw\\u00c3\\u00b6rd-schl\\u00C3\\u00BCssel",
            "p&Atilde;&curren;ssw&Atilde;&para;rd-schl&#195;&#188;ssel",
        ],
    );
    check(SECRET, &["pÃ¤sswÃ¶rd-ÐºÐ»ÑŽÑ‡-ðŸ”‘", &mojibake(SECRET)]);
    // As it is left once it is harmless to show.
    check(SECRET, &[&crate::harmless(&mojibake(SECRET))]);
    check("geheim-5€-„ja“", &["geheim-5â‚¬-â€žjaâ€œ"]);
}

#[test]
fn in_latin_1_and_windows_1252() {
    check(
        OF_LATIN_1,
        &[
            "p%E4ssw%F6rd-schl%FCssel",
            "p%e4sswörd-schl%fcssel",
            "p=E4ssw=F6rd-schl=FCssel",
            r"p\xe4ssw\xf6rd-schl\xfcssel",
        ],
    );
    check(
        OF_LATIN_1,
        &[&String::from_utf8_lossy(&latin_1(OF_LATIN_1)), &HEXLOWER.encode(&latin_1(OF_LATIN_1))],
    );
    check(
        OF_LATIN_1,
        &["70 e4 73 73 77 f6 72 64 2d 73 63 68 6c fc 73 73 65 6c", r"p\344ssw\366rd-schl\374ssel"],
    );
    check("geheim-5€-„ja“", &["geheim-5%80-%84ja%93"]);
    for before in ["", "kim:", "Bearer ", "x"] {
        let text = [before.as_bytes(), &latin_1(OF_LATIN_1)].concat();
        assert!(forms(OF_LATIN_1).are_in(&BASE64_STANDARD.encode(&text)), "{before}");
        assert!(forms(&decomposed(OF_LATIN_1)).are_in(&BASE64_STANDARD.encode(&text)), "{before}");
    }
}

#[test]
fn as_json_html_and_javascript_escape_it() {
    check(
        SECRET,
        &[
            "p\\u00e4ssw\\u00f6rd-\\u043a\\u043b\\u044e\\u0447-\\ud83d\\udd11",
            "p\\u00E4ssw\\u00F6rd-\\u043A\\u043B\\u044E\\u0447-\\uD83D\\uDD11",
            "p\\\\u00e4ssw\\\\u00f6rd-\\\\u043a\\\\u043b\\\\u044e\\\\u0447-\\\\ud83d\\\\udd11",
            "p&#228;ssw&#246;rd-&#1082;&#1083;&#1102;&#1095;-&#128273;",
            "p&#xE4;ssw&#xf6;rd-&#x43a;&#x43B;&#x44e;&#x447;-&#x1F511;",
            "p&auml;ssw&ouml;rd-ключ-🔑",
            "p%E4ssw%F6rd-%u043A%u043b%u044E%u0447-%uD83D%uDD11",
            r"p\xe4ssw\xf6rd-\u043a\u043b\u044e\u0447-\U0001f511",
            "p%C3%A4ssw%C3%B6rd-%D0%BA%D0%BB%D1%8E%D1%87-%F0%9F%94%91",
        ],
    );
}

#[test]
fn with_what_stands_for_a_character_that_is_lacking() {
    check(
        SECRET,
        &[
            "p?ssw?rd-????-?",
            "p??ssw??rd-????????-????",
            "pässwörd-????-?",
            "p\u{fffd}ssw\u{fffd}rd-\u{fffd}\u{fffd}\u{fffd}\u{fffd}-\u{fffd}",
            "p\\ufffdssw\\ufffdrd-\\ufffd\\ufffd\\ufffd\\ufffd-\\ufffd",
        ],
    );
    // Too little is left of these.
    let short = forms("ключ-от-🔑");
    assert_eq!(short.concealed("????-??-? and ---- and --", "*"), "????-??-? and ---- and --");
}

#[test]
fn in_capitals() {
    check(SECRET, &["PÄSSWÖRD-КЛЮЧ-🔑", "P\\u00c4SSW\\u00d6RD-КЛЮЧ-🔑"]);
    check("Übung-Ключ", &["übung-ключ"]);
}

#[test]
fn in_utf_16() {
    for secret in [SECRET, OF_LATIN_1] {
        let all = forms(secret);
        for write in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes = utf16(secret, write);
            for text in [
                String::from_utf8_lossy(&bytes).into_owned(),
                BASE64_STANDARD.encode(&bytes),
                BASE64_STANDARD.encode([&utf16("kim:", write)[..], &bytes].concat()),
                HEXLOWER.encode(&bytes),
            ] {
                assert!(all.are_in(&text), "{text:?}");
            }
        }
    }
}

#[test]
fn a_secret_of_ascii_has_no_more_forms_than_before() {
    assert_eq!((forms("aB+9/x\"y=%Z~q&<k>'!").len(), forms("hush-0815").len()), (4532, 859));
}

#[test]
fn a_long_secret_takes_little_room() {
    assert!(forms(&"pässwörd-ключ-🔑".repeat(50)).iter().map(str::len).sum::<usize>() < 6 << 20);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn a_text_without_the_secret_stays(
        words in prop::collection::vec(prop_oneof!["[a-zäöüßéñ0-9 ,.;:?%&\\\\=-]{0,9}", "[ -~]{0,9}", "[а-яё🔑\u{fffd}\u{308}]{0,5}", "[pasword?%-]{1,6}"], 0..12),
    ) {
        let text = words.concat();
        prop_assert_eq!(ALL.concealed(&text, "*"), text);
    }

    #[test]
    fn a_part_of_the_secret_stays(from in 0_usize..16, length in 1_usize..14, form in 0_usize..4) {
        let part: String = SECRET.chars().skip(from).take(length).collect();
        let text = match form {
            0 => part,
            1 => decomposed(&part),
            2 => mojibake(&part),
            _ => part.replace(|c: char| !c.is_ascii(), "?"),
        };
        prop_assert_eq!(ALL.concealed(&text, "*"), text);
    }
}
