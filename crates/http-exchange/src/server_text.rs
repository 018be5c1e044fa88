//! The server's own words out of an error body: JSON, plain text, or the title of an HTML page.
use serde_json::Value;

/// The most that is shown, in characters.
const MOST: usize = 500;

/// One line of at most 500 characters without control characters. `secrets` are blacked out first, so that no cut
/// can leave a recognisable part of one.
pub(crate) fn server_text(body: &[u8], secrets: &[String]) -> String {
    let body = String::from_utf8_lossy(body);
    let body = body.trim();
    let words = match serde_json::from_str(body) {
        Ok(json) => words_of(&json),
        Err(_) if body.starts_with('<') => html_title(body),
        Err(_) => body.to_owned(),
    };
    one_line(&without(&words, secrets))
}

/// `text` with every secret replaced.
pub(crate) fn without(text: &str, secrets: &[String]) -> String {
    secrets
        .iter()
        .filter(|secret| !secret.is_empty())
        .fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
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

fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(MOST) {
        Some((cut, _)) => {
            let kept = line[..cut].char_indices().nth(MOST - 1).map_or(cut, |(last, _)| last);
            format!("{}…", &line[..kept])
        }
        None => line,
    }
}
