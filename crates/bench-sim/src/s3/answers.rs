//! The answers of S3 in XML.
use super::http::Answer;

pub(super) fn empty(status: u16) -> Answer {
    Answer { status, ..Answer::default() }
}

/// `inner` in an element of this name.
pub(super) fn xml(root: &str, inner: &str) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{inner}</{root}>"
    );
    Answer {
        status: 200,
        headers: vec![("content-type", "application/xml".into())],
        body: body.into_bytes(),
        length: None,
    }
}

pub(super) fn error(status: u16, code: &str) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>Said by the stand-in.</Message></Error>"
    );
    Answer {
        status,
        headers: vec![("content-type", "application/xml".into())],
        body: body.into_bytes(),
        length: None,
    }
}

/// An element with a text in it, which is escaped.
#[allow(clippy::needless_pass_by_value)] // numbers and texts alike
pub(super) fn tag(name: &str, text: impl ToString) -> String {
    let text = text.to_string().replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    format!("<{name}>{text}</{name}>")
}

/// As `encoding-type=url` has it.
pub(super) fn encoded(key: &str) -> String {
    let mut text = String::new();
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(byte.into());
        } else {
            text += &format!("%{byte:02X}");
        }
    }
    text
}

/// The texts in elements of this name, unescaped, wherever they are in what a client sent.
pub(super) fn texts<'a>(body: &'a str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let inner = |rest: &'a str| rest.split_once(&close).map(|(text, _)| text);
    let unescaped = |text: &str| {
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    };
    body.split(&open).skip(1).filter_map(inner).map(unescaped).collect()
}
