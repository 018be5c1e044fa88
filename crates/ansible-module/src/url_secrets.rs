//! Passwords that came in a URL: no option says that they are secret, and they must not leave the process all the same.
//!
//! `AnsibleModule` shows them. Only a value that is a URL as a whole is looked at, so that no other text is spoiled.
use crate::{
    Secrets,
    secrets::{SAFE_LENGTH, is_short, warning_of_short},
};
use serde_json::{Map, Value};

/// Adds the password of every URL in `params`; a short one is warned of.
pub(crate) fn collect(params: &Map<String, Value>, secrets: &mut Secrets, warnings: &mut Vec<String>) {
    for (name, value) in params {
        visit(value, &mut |secret| {
            let secret = Value::from(secret);
            let warning = warning_of_short(name);
            if is_short(&secret) && !warnings.contains(&warning) {
                warnings.push(warning);
            }
            secrets.add(&secret);
        });
    }
}

fn visit(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => secret_of(text).into_iter().for_each(found),
        Value::Array(items) => items.iter().for_each(|item| visit(item, found)),
        Value::Object(map) => map.values().for_each(|value| visit(value, found)),
        _ => {}
    }
}

/// Where the user info is not parted by a colon it may be a token, but only for http: elsewhere it is a user such as `git`.
fn secret_of(text: &str) -> Option<&str> {
    let (scheme, rest) = text.trim().split_once("://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c));
    if !is_scheme || rest.contains(char::is_whitespace) {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user_info, _) = authority.rsplit_once('@')?;
    if let Some((_, password)) = user_info.split_once(':') {
        return Some(password).filter(|password| !password.is_empty());
    }
    let is_http = ["http", "https"].iter().any(|http| scheme.eq_ignore_ascii_case(http));
    Some(user_info).filter(|user_info| is_http && user_info.chars().count() >= SAFE_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_user_info_is_secret() {
        for (text, secret) in [
            ("https://user:pa:ss@host/x", Some("pa:ss")),
            ("redis://:pass@host", Some("pass")),
            ("HTTPS://t0ken@host", Some("t0ken")),
            ("https://user:p@ss@host:1\n", Some("p@ss")),
            ("https://user:@host", None),
            ("https://host/a@b", None),
            ("https://host?mail=a@b", None),
            ("user:pass@host", None),
            ("", None),
        ] {
            assert_eq!(secret_of(text), secret, "{text}");
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
            assert_eq!(secret_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_short_password_is_warned_of_once() {
        let params = json!({ "urls": ["http://u:a@h", { "b": "http://u:b@h" }], "url": "http://u:long@h" });
        let (mut secrets, mut warnings) = (Secrets::default(), vec![]);
        collect(params.as_object().unwrap(), &mut secrets, &mut warnings);
        assert_eq!((secrets.len(), warnings), (3, vec![warning_of_short("urls")]));
    }
}
