mod beyond_ascii;
mod breaks;
mod cost;
mod cuts;
mod dumps;
mod entities;
mod marks;

use super::*;
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD},
};
use data_encoding::BASE32_NOPAD;
use data_encoding::HEXLOWER;
use proptest::prelude::*;

fn forms(secret: &str) -> EncodedForms {
    EncodedForms::of(&[secret.to_owned()])
}

#[test]
fn every_form_of_a_secret_is_known() {
    let all = forms("aB+9/x\"y=%Z~q&<k>'!");
    for form in [
        "aB+9/x\"y=%Z~q&<k>'!",
        r#"aB+9/x\"y=%Z~q&<k>'!"#,
        r#"aB+9/x\\\"y=%Z~q&<k>'!"#,
        r#"aB+9\/x\\\"y=%Z~q&<k>'!"#,
        r#"aB+9\\/x\\\"y=%Z~q&<k>'!"#,
        "aB%2B9%2Fx%22y%3D%25Z~q%26%3Ck%3E%27%21",
        "aB%2b9%2fx%22y%3d%25Z~q%26%3ck%3e%27%21",
        "aB%2B9/x%22y%3D%25Z~q%26%3Ck%3E%27%21",
        "aB%2B9%2Fx%22y%3D%25Z~q%26%3Ck%3E'!",
        "aB+9/x&quot;y=%Z~q&amp;&lt;k&gt;&#x27;!",
        "aB+9/x&#34;y=%Z~q&amp;&lt;k&gt;&#39;!",
        "aB+9/x\"y=%Z~q&amp;&lt;k&gt;'!",
        "aB+9/x&quot;y=%Z~q&amp;&lt;k&gt;&apos;!",
        r#"aB+9\/x\"y=%Z~q\u0026\u003Ck\u003E\u0027!"#,
        r"aB+9\/x\u0022y=%Z~q\u0026\u003Ck\u003E\u0027!",
        "YUIrOS94Ink9JVp+cSY8az4nIQ",
        "YUIrOS94Ink9JVp-cSY8az4nIQ",
        "aB%252B9%252Fx%2522y%253D%2525Z~q%2526%253Ck%253E%2527%2521",
        "aB%25252B9%25252Fx%252522y%25253D%252525Z~q%252526%25253Ck%25253E%252527%252521",
        "61422b392f7822793d255a7e71263c6b3e2721",
        "61422B392F7822793D255A7E71263C6B3E2721",
        "aB+9/x\"y=3D%Z~q&<k>'!",
        "&#97;&#66;&#43;&#57;&#47;&#120;&#34;&#121;&#61;&#37;&#90;&#126;&#113;&#38;&#60;&#107;&#62;&#39;&#33;",
        "&#0097;&#0066;&#0043;&#0057;&#0047;&#0120;&#0034;&#0121;&#0061;&#0037;&#0090;&#0126;&#0113;&#0038;&#0060;&#0107;&#0062;&#0039;&#0033;",
    ] {
        assert_eq!(all.concealed(form, "*"), "*", "{form}");
    }
}

#[test]
fn a_secret_is_known_in_letters_of_one_size_and_from_its_end() {
    let all = forms("Hush/0815=Ab");
    for form in [
        "hush/0815=ab",
        "HUSH/0815=AB",
        "bA=5180/hsuH",
        "bA%3D5180%2FhsuH",
        &BASE64_STANDARD.encode("hush/0815=ab"),
    ] {
        assert_eq!(all.concealed(form, "*"), "*", "{form}");
    }
    assert_eq!(forms("Pass").concealed("pass, or PASS", "*"), "pass, or PASS");
}

#[test]
fn a_secret_is_found_in_the_base64_of_a_longer_text() {
    let all = forms("hush-0815");
    for (before, after) in [("Bearer ", ""), ("kim:", "\n"), ("x", "yz"), ("", "y"), ("ab", "")] {
        let encoded = BASE64_STANDARD_NO_PAD.encode(format!("{before}hush-0815{after}"));
        assert!(all.are_in(&encoded), "{before}: {encoded}");
    }
}

#[test]
fn a_secret_is_found_in_the_base32_of_a_longer_text() {
    let all = forms("hush-0815");
    for before in ["", "x", "ab", "kim", "kim:", "token", "Bearer "] {
        let encoded = BASE32_NOPAD.encode(format!("{before}hush-0815\n").as_bytes());
        assert!(all.are_in(&encoded), "{before}: {encoded}");
    }
    assert!(all.are_in("104 117 115 104 45 48 56 49 53"));
    assert!(all.are_in("150 165 163 150 055 060 070 061 065"));
}

#[test]
fn a_secret_is_known_as_other_languages_write_it() {
    let all = forms("Zq/ab&cd=Ef~gh");
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
        assert_eq!(all.concealed(form, "*"), "*", "{form}");
    }
}

#[test]
fn a_secret_that_was_encoded_twice_is_found() {
    let secret = "hush/0815+x=\"y";
    let all = forms(secret);
    let hex = |text: &str| HEXLOWER.encode(text.as_bytes());
    let url =
        |text: &str| text.replace('=', "%3D").replace('+', "%2B").replace('/', "%2F").replace('"', "%22");
    let base64 = |text: &str| BASE64_STANDARD.encode(text);
    for text in [
        base64(&base64(secret)),
        base64(&base64(&format!("kim:{secret}"))),
        base64(&format!("{{\"Authorization\": \"Basic {}\"}}", base64(&format!("kim:{secret}")))),
        hex(&base64(secret)),
        base64(&hex(secret)),
        url(&base64(secret)),
        base64(&url(secret)),
        base64(r#"{"a": "hush\/0815+x=\"y"}"#),
        hex(&hex(secret)),
    ] {
        assert!(all.are_in(&text), "{text}");
    }
}

#[test]
fn a_form_is_found_however_its_lines_are_broken() {
    let secret = "Zq7-".repeat(40);
    let all = forms(&secret);
    for encoded in [
        BASE64_STANDARD.encode(&secret),
        BASE64_STANDARD.encode(format!("Bearer {secret}")),
        HEXLOWER.encode(secret.as_bytes()),
        secret.clone(),
    ] {
        for (columns, end) in [(64, "\n"), (76, "\n"), (76, "\r\n"), (60, "\\n"), (70, "=\r\n"), (10, "=\n")]
        {
            let lines: Vec<_> =
                encoded.as_bytes().chunks(columns).map(|line| String::from_utf8_lossy(line)).collect();
            let shown = all.concealed(&format!("before\n{}\nafter", lines.join(end)), "*");
            let longest = shown.split(|c: char| !c.is_ascii_alphanumeric()).map(str::len).max();
            assert!(longest <= Some(10), "{columns} {end:?}: {shown}");
            assert!(shown.starts_with("before\n") && shown.ends_with("\nafter"), "{shown}");
            let breaks = |text: &str| text.matches('\n').count();
            assert_eq!(breaks(&shown), breaks(&lines.join(end)) + 2, "line breaks stay");
        }
    }
}

#[test]
fn forms_that_overlap_go_as_a_whole() {
    let all = EncodedForms::of(&["abcdef".to_owned(), "defghijk".to_owned()]);
    assert_eq!(all.concealed("x abcdefghijk y", "*"), "x * y");
}

#[test]
fn what_is_short_is_hidden_only_as_it_is() {
    let all = EncodedForms::of(&["a/b".to_owned(), String::new()]);
    assert_eq!(all.iter().collect::<Vec<_>>(), ["a/b"]);
    assert_eq!(all.concealed("xa/by", "*"), "x*y");
}

#[test]
fn the_forms_of_a_long_secret_take_little_room() {
    let all = forms(&"0123456789abcdef".repeat(100));
    assert!(all.iter().map(str::len).sum::<usize>() < 3 << 20);
}

#[test]
fn a_token_that_is_escaped_in_part_goes_whole_and_its_neighbours_stay() {
    let all = forms("q7Rk+Vd2/mP9sLx4+Tw==");
    for (text, shown) in [
        (r#"{"token": "q7Rk\u002BVd2/mP9sLx4\u002BTw==", "id": 7}"#, r#"{"token": "*", "id": 7}"#),
        ("<b>q7Rk&#x2B;Vd2/mP9sLx4&#43;Tw==</b> &amp;", "<b>*</b> &amp;"),
        ("/a/q7Rk+Vd2%2FmP9sLx4+Tw==/b%2Fc", "/a/*/b%2Fc"),
        ("?t=q7Rk%2bVd2/mP9sLx4%2BTw%3D%3D&u=%2B", "?t=*&u=%2B"),
        ("> token: q7Rk+Vd2/\r\n> mP9sLx4+Tw==\r\n> end", "> token: *\r\n*\r\n> end"),
        ("q7Rk+Vd2/mP\\\n    9sLx4+Tw== end", "*\n* end"),
    ] {
        assert_eq!(all.concealed(text, "*"), shown);
        assert!(all.are_in(text));
    }
    // Also where the whole is encoded and then indented.
    assert_eq!(all.concealed("a:\n  cTdSaytWZDIv\n  bVA5c0x4NCtUdz09\nb", "*"), "a:\n  *\n*\nb");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn whatever_the_secret_nothing_of_it_is_left(secret in "\\PC{4,20}", before in "[a-z]{0,9}", after in "[a-z]{0,9}") {
        let shown = forms(&secret).concealed(&format!("{before}\n{secret}\n{after}"), "*");
        prop_assert!(!shown.contains(&secret), "{shown}");
    }
}

#[test]
fn a_secret_in_utf_16_is_concealed_in_every_form() {
    let all = forms("ExpT0ken");
    let utf16: Vec<u8> = "ExpT0ken".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = "x: ExpT0ken".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for text in [
        String::from_utf8(utf16.clone()).unwrap(),
        String::from_utf8(big.clone()).unwrap(),
        BASE64_STANDARD.encode(&utf16),
        BASE64_STANDARD.encode(&big),
        HEXLOWER.encode(&utf16),
        "E x p T 0 k e n".to_owned(),
        r"E\u0000x\u0000p\u0000T\u00000\u0000k\u0000e\u0000n".to_owned(),
    ] {
        assert!(all.are_in(&text), "{text:?}");
    }
}
