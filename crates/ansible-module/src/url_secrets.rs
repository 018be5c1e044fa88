//! Passwords that came in a URL: no option says that they are secret, and they must not leave the process all the same.
//!
//! `AnsibleModule` shows them. Only a value that is a URL as a whole is looked at, so that no other text is spoiled.
use crate::{
    Secrets,
    secrets::{is_short, warning_of_short},
};
use serde_json::{Map, Value};
use shown_text::url_secret;

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
        Value::String(text) => url_secret(text).into_iter().for_each(found),
        Value::Array(items) => items.iter().for_each(|item| visit(item, found)),
        Value::Object(map) => map.values().for_each(|value| visit(value, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_short_password_is_warned_of_once() {
        let params = json!({ "urls": ["http://u:a@h", { "b": "http://u:b@h" }], "url": "http://u:long@h" });
        let (mut secrets, mut warnings) = (Secrets::default(), vec![]);
        collect(params.as_object().unwrap(), &mut secrets, &mut warnings);
        assert_eq!((secrets.len(), warnings), (3, vec![warning_of_short("urls")]));
    }
}
