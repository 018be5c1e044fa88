//! The server's own words out of an error body: JSON, plain text, or the title of an HTML page.
use crate::answer_text::json_without;
use serde_json::Value;
use shown_text::{EncodedForms, one_line};

/// One line of at most 500 characters without control characters. `secrets` are blacked out
/// first, so that no cut can leave a recognisable part of one. The body itself may have been cut.
pub(crate) fn server_text(body: &str, secrets: &EncodedForms) -> String {
    let body = secrets.without_tail(body, "***");
    let body = body.trim();
    let words = match json_without(body, secrets) {
        Ok(mut json) => {
            // Before its texts are quoted: then the line breaks of a dump are none any more.
            secrets.conceal_json(&mut json, "***");
            words_of(&json)
        }
        Err(_) if body.starts_with('<') => html_title(body),
        Err(_) => body.to_owned(),
    };
    shown_line(&words, secrets)
}

/// A text from outside as it may be shown: in one line, not too long, without secrets.
pub(crate) fn shown_line(text: &str, secrets: &EncodedForms) -> String {
    one_line(&secrets.concealed(text, "***"))
}

/// `error`, else `message`, else `detail` (Django REST framework); the whole JSON where none of them is there.
fn words_of(json: &Value) -> String {
    let named = ["error", "message", "detail"].iter().find_map(|name| match json.get(name)? {
        Value::Null => None,
        Value::Object(inner) => inner.get("message").cloned().or(Some(Value::Object(inner.clone()))),
        value => Some(value.clone()),
    });
    match named.as_ref().unwrap_or(json) {
        Value::String(text) => text.clone(),
        Value::Object(empty) if empty.is_empty() => String::new(),
        other => other.to_string(),
    }
}

/// What stands in the `title` of an HTML page, or that there is none.
fn html_title(html: &str) -> String {
    // ASCII lower case keeps every byte where it was.
    let lower = html.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|open| {
        let start = open + lower[open..].find('>')? + 1;
        let end = start + lower[start..].find("</title").unwrap_or(lower.len() - start);
        Some(unescaped(html[start..end].trim()))
    });
    title.filter(|title| !title.is_empty()).unwrap_or_else(|| "an HTML page without a title".into())
}

/// The five entities that titles of error pages use.
fn unescaped(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(body: &str) -> String {
        server_text(body, &EncodedForms::default())
    }

    #[test]
    fn the_words_are_found() {
        for (body, words) in [
            (r#"{"error": "no such VIN", "message": "x"}"#, "no such VIN"),
            (r#"{"error": null, "message": "busy"}"#, "busy"),
            (r#"{"error": {"message": "busy", "code": 7}}"#, "busy"),
            (r#"{"error": {"code": 7}}"#, r#"{"code":7}"#),
            (r#"{"error": ["a", "b"]}"#, r#"["a","b"]"#),
            (r#"{"detail": "Not found."}"#, "Not found."),
            (r#"{"vin": ["too short"]}"#, r#"{"vin":["too short"]}"#),
            (r#""quoted""#, "quoted"),
            ("{}", ""),
            ("", ""),
            ("plain\r\n words\u{7}\u{1b}[31m", "plain words"),
            ("<html><head><TITLE lang=en>\n 502 Bad\tGateway </TITLE></head>…", "502 Bad Gateway"),
            ("<!doctype html><title>a &amp;lt; b &lt;3</title>", "a &lt; b <3"),
            ("<title>never ends", "never ends"),
            ("<html><title></title>", "an HTML page without a title"),
            ("<html>", "an HTML page without a title"),
            ("<title", "an HTML page without a title"),
        ] {
            assert_eq!(shown(body), words, "{body}");
        }
    }

    #[test]
    fn long_words_are_cut_at_500_characters() {
        assert_eq!(shown(&"ä".repeat(500)), "ä".repeat(500));
        assert_eq!(shown(&"ä".repeat(501)), "ä".repeat(499) + "…");
    }

    #[test]
    fn secrets_are_blacked_out_before_the_cut_and_in_every_spelling() {
        let secrets = EncodedForms::of(&["hush\"now".to_owned()]);
        let late = "x".repeat(497) + "hush\"now";
        assert_eq!(server_text(&late, &secrets), "x".repeat(497) + "***");
        let nested = r#"{"error": {"token": "hush\"now"}}"#;
        assert_eq!(server_text(nested, &secrets), r#"{"token":"***"}"#);
        let nested = r#"{"error": "not {\"token\": \"hush\\\"now\"}, hush%22now, hush&quot;now"}"#;
        assert_eq!(server_text(nested, &secrets), r#"not {"token": "***"}, ***, ***"#);
    }

    #[test]
    fn what_a_body_of_another_form_quotes_holds_no_secret_in_a_dump_or_in_pieces() {
        let secrets = EncodedForms::of(&["hush-0815-and-more".to_owned()]);
        let dump = "00000000  68 75 73 68 2d 30 38 31  35 2d 61 6e 64 2d 6d 6f  |hush-0815-and-mo|\n00000010  72 65  |re|";
        for text in [
            dump,
            &format!("got:\n{dump}"),
            "hush-0815\n\t-and-more",
            "hush-\u{1b}[32m0815-and-\u{1b}[0mmore",
        ] {
            for body in [
                serde_json::json!({ "vin": [text] }).to_string(),
                serde_json::json!({ "errors": [{ "input": { "k": text } }] }).to_string(),
                serde_json::json!({ text: 1 }).to_string(),
                serde_json::json!({ "detail": text }).to_string(),
                text.to_owned(),
            ] {
                let shown = server_text(&body, &secrets);
                let left = ["68 75", "72 65", "hush", "0815", "more"].iter().find(|it| shown.contains(**it));
                assert_eq!(left, None, "{body}: {shown}");
            }
        }
    }

    #[test]
    fn a_body_that_is_cut_within_a_secret_shows_no_part_of_it() {
        let secrets = EncodedForms::of(&["hush-0815\"now".to_owned()]);
        for (body, words) in [
            ("unknown token hush-0815\"no", "unknown token ***"),
            ("unknown token hush", "unknown token ***"),
            ("{\"error\": \"unknown token hush-0815\\", "{\"error\": \"unknown token ***"),
            ("unknown token hus", "unknown token hus"),
            ("<title>unknown token hush-0815", "unknown token ***"),
        ] {
            assert_eq!(server_text(body, &secrets), words);
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_becomes_one_short_clean_line(body in prop::collection::vec(any::<u8>(), 0..2000)) {
            let line = server_text(&String::from_utf8_lossy(&body), &EncodedForms::default());
            prop_assert!(line.chars().count() <= 500);
            prop_assert!(!line.chars().any(char::is_control));
        }

        #[test]
        fn titles(before in "<[a-z]{0,5}\\PC{0,20}", title in "\\PC{0,20}", after in "\\PC{0,20}") {
            html_title(&format!("{before}<title>{title}</title>{after}"));
        }
    }
}
