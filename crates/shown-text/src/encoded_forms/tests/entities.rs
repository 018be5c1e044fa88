//! Secrets in the entities of HTML, with and without the semicolon that no browser needs.
use super::*;

const TOKEN: &str = "jmpTOK-7f3a9Q+zX/8";

fn each(write: fn(u32) -> String) -> String {
    TOKEN.chars().map(|one| write(one.into())).collect()
}

#[test]
fn a_token_in_entities_without_semicolons_is_concealed() {
    let all = forms(TOKEN);
    for form in [
        each(|code| format!("&#{code}")),
        each(|code| format!("&#0{code}")),
        each(|code| format!("&#{code:020}")),
        each(|code| format!("&#x{code:x}")),
        each(|code| format!("&#x{code:X}")),
        each(|code| format!("&#X{code:06x}")),
        each(|code| format!("&amp;#{code}")),
        each(|code| format!("&amp#{code}")),
        each(|code| format!("&#38;#{code};")),
        // Some without, some plain.
        each(|code| if code % 2 == 0 { format!("&#{code}") } else { format!("&#x{code:x};") }),
        each(|code| if code % 3 == 0 { format!("&#{code}") } else { char::from_u32(code).unwrap().into() }),
    ] {
        assert_eq!(
            all.concealed(&format!("<b>{form}</b> &copy &#169"), "*"),
            "<b>*</b> &copy &#169",
            "{form}"
        );
    }
}

#[test]
fn a_token_in_entities_without_semicolons_is_concealed_if_it_was_encoded_again() {
    let all = forms(TOKEN);
    let form = each(|code| format!("&#{code}"));
    for text in [
        form.replace('&', "%26").replace('#', "%23"),
        HEXLOWER.encode(form.as_bytes()),
        BASE64_STANDARD.encode(&form),
    ] {
        assert!(all.are_in(&text), "{text}");
    }
}

#[test]
fn a_letter_with_an_accent_needs_no_semicolon_either() {
    let all = forms("pässwörd&€1");
    for form in ["p&aumlssw&oumlrd&amp&#128;1", "p&#228ssw&#xf6rd&amp;&#x80;1"] {
        assert_eq!(all.concealed(form, "*"), "*", "{form}");
    }
}
