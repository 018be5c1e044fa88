//! What is left of a secret where a text was cut.
use super::*;
use crate::{cut, marked, one_line};

#[test]
fn no_beginning_of_a_form_is_left_at_a_cut() {
    let all = forms("q7Rk+Vd2/mP9sLx4+Tw==");
    for (text, shown) in [
        ("token q7Rk+Vd2/mP9sL…", "token *…"),
        ("\"q7Rk…\", and q7Rk", "\"*…\", and q7Rk"),
        ("token q7R…", "token q7R…"),
        ("?t=q7Rk%2BVd2%2…", "?t=*…"),
        ("?t=q7Rk%2BVd2/mP9…", "?t=*…"),
        (r#"{"t": "q7Rk\u002BVd2/mP9\u00…"#, r#"{"t": "*…"#),
        ("basic cTdSaytWZDIvbVA5c…", "basic *…"),
        ("hex 713752 and 7137526b2b566432…", "hex 713752 and *…"),
        ("q7Rk+\n  Vd2/mP\n…", "*\n*\n…"),
        ("q7Rk+Vd2/mP9sLx4+Tw==…", "*…"),
    ] {
        assert_eq!(all.concealed(text, "*"), shown);
    }
}

#[test]
fn a_secret_goes_on_with_a_sign_that_is_like_the_mark() {
    assert_eq!(forms("12345678€–").concealed("costs 12345678…", "*"), "costs *…");
    assert_eq!(forms("more…and more").concealed("and more…and more", "*"), "and *");
}

#[test]
fn the_end_of_a_text_that_may_have_been_cut_holds_no_beginning() {
    let all = forms("hush-0815\"now");
    for (text, shown) in [
        ("unknown token hush-0815\"no", "unknown token *"),
        ("unknown token hush\u{fffd}", "unknown token *"),
        ("unknown token hus", "unknown token hus"),
        ("hush-0815 is unknown", "hush-0815 is unknown"),
        ("", ""),
    ] {
        assert_eq!(all.without_tail(text, "*"), shown);
    }
}

#[test]
fn the_signature_of_a_token_is_hidden_by_itself() {
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJraW0ifQ.c2lnbmF0-XJl_w";
    let all = forms(token);
    for (text, shown) in [
        (
            r#"header={"alg":"HS256"} payload={"sub":"kim"} signature=c2lnbmF0-XJl_w"#,
            r#"header={"alg":"HS256"} payload={"sub":"kim"} signature=*"#,
        ),
        ("signature=c2lnbmF0+XJl/w==", "signature=*=="),
        ("signature=c2lnbm…", "signature=*…"),
        (token, "*"),
    ] {
        assert_eq!(all.concealed(text, "*"), shown);
    }
    assert_eq!(forms("www.example.com").concealed("of example.com", "*"), "of example.com");
}

/// Whether the text holds six characters of the secret that follow one another.
fn holds_part(text: &str, secret: &str) -> bool {
    let parts: Vec<_> = secret.as_bytes().windows(6).map(|part| String::from_utf8_lossy(part)).collect();
    parts.iter().any(|part| text.contains(&**part))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]
    #[test]
    fn wherever_a_text_is_cut_no_part_of_a_secret_is_left(
        secret in "[A-Za-z0-9+/=_.%&\"!-]{12,40}", padding in "[ x\n]{0,60}", limit in 1_usize..90,
    ) {
        let all = forms(&secret);
        let base64 = BASE64_STANDARD.encode(&secret);
        let hex = HEXLOWER.encode(secret.as_bytes());
        for form in [&secret, &base64, &hex] {
            let text = format!("{padding}{form}{padding}");
            let shown = all.concealed(&cut(&text, limit), "*");
            prop_assert!(!holds_part(&shown, form), "{shown}");
            let late = format!("{}{}{text}", "y".repeat(480), " ".repeat(limit));
            prop_assert!(!holds_part(&all.concealed(&one_line(&late), "*"), form));
            let far = format!("{}{text}", " ".repeat(10_000 - limit));
            prop_assert!(!holds_part(&all.concealed(&one_line(&far), "*"), form));
            let end = text.len().min(padding.len() + limit);
            prop_assert!(!holds_part(&all.concealed(&marked(&text[..end]), "*"), form));
            let body = all.without_tail(&text[..end], "*").into_owned();
            prop_assert!(!holds_part(&all.concealed(&body, "*"), form), "{body}");
        }
    }
}
