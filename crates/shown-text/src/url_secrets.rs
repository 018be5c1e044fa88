//! Passwords and tokens that stand before the host of a URL: nothing else says that they are secret, and they are not to be shown all the same.
use serde_json::Value;
use std::ops::Range;

/// What stands for a secret.
const STARS: &str = "********";
/// A user info of one part may be a token if it is at least so long; shorter it is a user.
const SHORTEST_TOKEN: usize = 4;

/// The secret of a text that is a URL as a whole.
///
/// Where the user info is not parted by a colon it may be a token, but only for http: elsewhere it is a user such as `git`.
pub fn url_secret(text: &str) -> Option<&str> {
    let text = text.trim();
    if text.contains(char::is_whitespace) {
        return None;
    }
    place(text).map(|place| &text[place])
}

/// The text with eight stars for the secret of each URL in it.
pub fn without_url_secrets(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '`')) {
        // Behind the last `@` is no secret, and to search there for each `://` would take long.
        let (mut rest, host) = word.split_at(word.rfind('@').map_or(0, |last| last + 1));
        while let Some(at) = rest.find("://") {
            let behind = at + "://".len();
            let scheme = rest[..at].rfind(|c| !is_of_scheme(c)).map_or(0, |before| next(rest, before));
            let start = at - rest[scheme..at].trim_start_matches(|c: char| !c.is_ascii_alphabetic()).len();
            let read = if let Some(secret) = place(&rest[start..]) {
                shown += &rest[..start + secret.start];
                shown += STARS;
                start + secret.end
            } else {
                shown += &rest[..behind];
                behind
            };
            rest = &rest[read..];
        }
        shown += rest;
        shown += host;
    }
    shown
}

/// The same for each text within a value.
pub fn hide_url_secrets(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("://") => *text = without_url_secrets(text),
        Value::Array(items) => items.iter_mut().for_each(hide_url_secrets),
        Value::Object(entries) => entries.values_mut().for_each(hide_url_secrets),
        _ => {}
    }
}

/// Where the secret is in a URL.
fn place(url: &str) -> Option<Range<usize>> {
    let (scheme, rest) = url.split_once("://")?;
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(is_of_scheme) {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next()?;
    // What is no port may be the beginning of a password that has a slash in it.
    let is_password = |(host, port): (&str, &str)| {
        !host.starts_with('[') && !host.is_empty() && !port.chars().all(|c| c.is_ascii_digit())
    };
    let is_cut = !authority.contains('@') && authority.split_once(':').is_some_and(is_password);
    let (user_info, _) = if is_cut { rest } else { authority }.rsplit_once('@')?;
    let start = scheme.len() + "://".len();
    let end = start + user_info.len();
    if let Some((user, password)) = user_info.split_once(':') {
        return (!password.is_empty()).then(|| start + user.len() + 1..end);
    }
    let is_http = ["http", "https"].iter().any(|http| scheme.eq_ignore_ascii_case(http));
    (is_http && user_info.chars().count() >= SHORTEST_TOKEN).then_some(start..end)
}

fn is_of_scheme(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+.-".contains(c)
}

/// Behind the character at this place.
fn next(text: &str, at: usize) -> usize {
    at + text[at..].chars().next().map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_user_info_is_secret() {
        for (text, secret) in [
            ("https://user:pa:ss@host/x", Some("pa:ss")),
            ("redis://:pass@host", Some("pass")),
            ("HTTPS://t0ken@host", Some("t0ken")),
            ("https://user:p@ss@host:1\n", Some("p@ss")),
            ("https://user:p/ss@host/x", Some("p/ss")),
            ("https://user:@host", None),
            ("https://host/a@b", None),
            ("https://host:1/a@b", None),
            ("https://[::1]:1/a@b", None),
            ("https://host?mail=a@b", None),
            ("user:pass@host", None),
            ("", None),
        ] {
            assert_eq!(url_secret(text), secret, "{text}");
        }
    }

    #[test]
    fn the_git_of_ssh_git_at_github_and_the_words_of_a_sentence_are_no_secrets() {
        for text in [
            "ssh://git@github.com/org/repo.git",
            "https://kim@host",
            "see http://jira or mail bob@x.org",
            "mail bob:bob@x.org, see http://jira",
            "1://user:pass@host",
        ] {
            assert_eq!(url_secret(text), None, "{text}");
        }
    }

    #[test]
    fn the_secret_of_each_url_of_a_sentence_is_hidden_and_nothing_else() {
        for (text, shown) in [
            (
                "see <https://bob:S3cret@h/x> and (ftp://a:b@h)",
                "see <https://bob:********@h/x> and (ftp://a:********@h)",
            ),
            (
                "ü://bob:pw@h https://h/?u=https://bob:pw@h",
                "ü://bob:pw@h https://h/?u=https://bob:********@h",
            ),
            (
                "at -https://t0ken@h: \"https://h\" ask bob:me@h",
                "at -https://********@h: \"https://h\" ask bob:me@h",
            ),
            ("see http://jira or mail bob@x.org", "see http://jira or mail bob@x.org"),
            ("://", "://"),
        ] {
            assert_eq!(without_url_secrets(text), shown);
        }
        let mut value = serde_json::json!({ "urls": ["https://bob:S3cret@h"], "n": 1 });
        hide_url_secrets(&mut value);
        assert_eq!(value, serde_json::json!({ "urls": ["https://bob:********@h"], "n": 1 }));
    }

    proptest! {
        #[test]
        fn nothing_panics_and_no_text_without_an_at_is_changed(text in "(https?://|[a-zü@:/? ]|é){0,30}") {
            let shown = without_url_secrets(&text);
            prop_assert!(text.contains('@') || shown == text);
            prop_assert_eq!(without_url_secrets(&shown), shown);
        }
    }
}
