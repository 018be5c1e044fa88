//! No answer of a server breaks what reads it.
use crate::{answer_text, attempt::next_page, charset, retry_after::retry_after, server_text::server_text};
use std::time::SystemTime;

#[test]
fn answers() {
    let forms = shown_text::EncodedForms::of(&["hush".into()]);
    fuzzing::run(env!("CARGO_MANIFEST_DIR"), "answers", |bytes| {
        for content_type in
            [None, Some("application/json; charset=latin1"), Some("text/plain; charset=utf-16")]
        {
            let text = charset::decoded(bytes, content_type);
            assert!(server_text(&text, &forms).chars().count() <= 500);
            if let Ok(json) = answer_text::json(&text) {
                // What goes on to Ansible, Ansible can read.
                assert!(serde_json::from_str::<serde_json::Value>(&json.to_string()).is_ok());
            }
        }
    });
}

#[test]
fn headers() {
    fuzzing::run(env!("CARGO_MANIFEST_DIR"), "headers", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        retry_after(&text, SystemTime::UNIX_EPOCH);
        next_page(&text);
        charset::decoded(b"{}", Some(&text));
    });
}
