//! Passwords that came in a URL: no option says that they are secret, and they must not leave the process all the same.
use crate::Secrets;
use serde_json::{Map, Value};

/// Adds the password of every URL in `params`; where the user info is not parted by a colon, it may be a token, and counts whole.
pub(crate) fn collect(params: &Map<String, Value>, secrets: &mut Secrets) {
    params.values().for_each(|value| collect_from(value, secrets));
}

fn collect_from(value: &Value, secrets: &mut Secrets) {
    match value {
        Value::String(text) => {
            if let Some(secret) = secret_of(text) {
                secrets.add(&secret.into());
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_from(item, secrets)),
        Value::Object(map) => map.values().for_each(|value| collect_from(value, secrets)),
        _ => {}
    }
}

fn secret_of(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user_info, _) = authority.rsplit_once('@')?;
    let secret = user_info.split_once(':').map_or(user_info, |(_, password)| password);
    Some(secret).filter(|secret| !secret.is_empty())
}

#[cfg(test)]
mod tests {
    use super::secret_of;

    #[test]
    fn only_user_info_is_secret() {
        for (text, secret) in [
            ("https://user:pa:ss@host/x", Some("pa:ss")),
            ("https://t0ken@host", Some("t0ken")),
            ("https://user:p@ss@host:1", Some("p@ss")),
            ("https://user:@host", None),
            ("https://host/a@b", None),
            ("https://host?mail=a@b", None),
            ("user:pass@host", None),
            ("", None),
        ] {
            assert_eq!(secret_of(text), secret, "{text}");
        }
    }
}
