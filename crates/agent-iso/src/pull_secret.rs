//! The pull secret: with what the registries of OpenShift are read.
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

/// A pull secret that is fit to be used.
#[derive(Clone, Debug)]
pub(crate) struct PullSecret {
    /// With its keys in the order given.
    pub(crate) content: Value,
    /// All that must not be shown: the login of each registry, encoded and in clear, and its password.
    pub(crate) secrets: Vec<String>,
}

impl PullSecret {
    /// Of `{"auths": {REGISTRY: {"auth": base64 of user:password}}}`. The error is a clause that shows nothing of it.
    pub(crate) fn parse(given: &Value) -> Result<Self, String> {
        let content = match given {
            Value::String(text) => {
                serde_json::from_str(text.trim()).map_err(|_| "it is not JSON".to_owned())?
            }
            // Ansible makes a mapping of a template that yields JSON.
            Value::Object(_) => given.clone(),
            _ => return Err("it is no text".into()),
        };
        let auths = content.get("auths").and_then(Value::as_object).filter(|auths| !auths.is_empty());
        let auths = auths.ok_or("it has no registry in `auths`")?;
        let mut secrets = vec![];
        for (registry, login) in auths {
            let auth = login.get("auth").and_then(Value::as_str).unwrap_or_default();
            let clear = STANDARD.decode(auth).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let clear_text = clear.unwrap_or_default();
            let Some((user, password)) = clear_text.split_once(':') else {
                return Err(format!("its `auth` for {registry} is not the base64 of user:password"));
            };
            if user.is_empty() || password.is_empty() {
                return Err(format!("its `auth` for {registry} has no user or no password"));
            }
            secrets.extend([auth.to_owned(), clear_text.clone()]);
            secrets.extend(is_no_word(password).then(|| password.to_owned()));
        }
        Ok(PullSecret { content, secrets })
    }

    /// As the installer wants it: JSON on one line.
    pub(crate) fn line(&self) -> String {
        self.content.to_string()
    }
}

/// Whether this can be hidden wherever it turns up: a word would take half of all messages with it. Tokens of registries are no words.
pub(crate) fn is_no_word(password: &str) -> bool {
    password.len() >= 8 && !password.bytes().all(|b| b.is_ascii_alphabetic())
}

/// All texts of something that should have been a pull secret: whatever is in it must not be shown either.
pub(crate) fn texts_of(given: &Value) -> Vec<String> {
    match given {
        Value::String(text) => match serde_json::from_str::<Map<String, Value>>(text) {
            Ok(content) => {
                let mut all = texts_of(&Value::Object(content));
                all.push(text.trim().to_owned());
                all
            }
            Err(_) => vec![text.trim().to_owned()],
        },
        Value::Object(content) => content
            .iter()
            .flat_map(|(key, value)| match value {
                Value::String(text) if key == "auth" || (key == "password" && is_no_word(text)) => {
                    vec![text.clone()]
                }
                Value::String(_) => vec![],
                other => texts_of(other),
            })
            .collect(),
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(given: &Value) -> String {
        PullSecret::parse(given).unwrap_err()
    }

    #[test]
    fn a_pull_secret_is_taken_as_text_and_as_the_mapping_that_a_template_makes_of_it() {
        let auth = STANDARD.encode("kim:hush4711");
        let content = json!({ "auths": { "quay.example": { "auth": auth, "email": "kim@example.com" } } });
        for given in [content.clone(), Value::from(content.to_string())] {
            let found = PullSecret::parse(&given).unwrap();
            assert!(found.secrets.contains(&"hush4711".to_owned()));
            assert!(found.secrets.contains(&auth));
            assert_eq!(serde_json::from_str::<Value>(&found.line()).unwrap(), content);
            assert!(texts_of(&given).contains(&auth));
        }
    }

    #[test]
    fn a_password_that_is_a_word_is_not_hidden_wherever_the_word_turns_up() {
        let auth = STANDARD.encode("test:test");
        let found = PullSecret::parse(&json!({ "auths": { "quay.example": { "auth": auth } } })).unwrap();
        assert_eq!(found.secrets, [auth, "test:test".into()]);
    }

    #[test]
    fn what_is_wrong_with_a_pull_secret_is_said_without_showing_it() {
        for (given, why) in [
            (json!("hush4711"), "not JSON"),
            (json!("{\"auths\": {}}"), "no registry"),
            (
                json!("{\"auths\": {\"quay.example\": {\"auth\": \"hush4711\"}}}"),
                "quay.example is not the base64",
            ),
            (json!({ "auths": { "quay.example": {} } }), "quay.example is not the base64"),
            (json!({ "auths": { "quay.example": { "auth": STANDARD.encode("kim:") } } }), "no password"),
            (json!(7), "no text"),
        ] {
            let said = refused(&given);
            assert!(said.contains(why), "{said}");
            assert!(!said.contains("hush4711"), "{said}");
        }
    }
}
