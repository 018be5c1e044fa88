//! The pull secret: with what the registries of OpenShift are read.
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

/// What a registry's login is kept by, beside a password.
const TOKENS: [&str; 3] = ["auth", "identitytoken", "registrytoken"];

/// A pull secret that is fit to be used.
#[derive(Clone, Debug)]
pub(crate) struct PullSecret {
    /// With its keys in the order given.
    pub(crate) content: Value,
    /// The login of each registry, encoded and in clear, and its password.
    pub(crate) secrets: Secrets,
}

/// What must not be shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets {
    /// Wherever it turns up.
    pub(crate) everywhere: Vec<String>,
    /// Passwords that are words. They are hidden in what the installer says, where they stand alone: anywhere else they are the user's own
    /// words, such as a part of a path.
    pub(crate) as_words: Vec<String>,
}

impl Secrets {
    /// Adds a password, which a server may show without the line end that it was stored with.
    pub(crate) fn add_password(&mut self, password: &str) {
        let kind = if is_word(password) { &mut self.as_words } else { &mut self.everywhere };
        kind.push(password.trim().to_owned());
    }
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
            _ => return Err("it is not a text".into()),
        };
        let auths = content.get("auths").and_then(Value::as_object).filter(|auths| !auths.is_empty());
        let auths = auths.ok_or("it has no registry in `auths`")?;
        let mut secrets = Secrets::default();
        for (registry, login) in auths {
            let auth = login.get("auth").and_then(Value::as_str).unwrap_or_default();
            let clear = STANDARD.decode(auth).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let clear_text = clear.unwrap_or_default();
            let Some((user, password)) = clear_text.split_once(':') else {
                return Err(format!("its `auth` for {registry} is not the base64 of user:password"));
            };
            if user.is_empty() || password.trim().is_empty() {
                return Err(format!("its `auth` for {registry} has no user or no password"));
            }
            secrets.everywhere.extend([auth.to_owned(), clear_text.trim().to_owned()]);
            secrets.add_password(password);
        }
        Ok(PullSecret { content, secrets })
    }

    /// As the installer wants it: JSON on one line.
    pub(crate) fn line(&self) -> String {
        self.content.to_string()
    }
}

/// Whether hiding this wherever it turns up would take half of all messages and paths with it. Tokens of registries are no words.
fn is_word(password: &str) -> bool {
    password.len() < 8 || password.bytes().all(|b| b.is_ascii_lowercase())
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
                Value::String(text) if TOKENS.contains(&key.as_str()) => vec![text.clone()],
                Value::String(text) if key == "password" && !is_word(text) => vec![text.clone()],
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
            assert!(found.secrets.everywhere.contains(&"hush4711".to_owned()));
            assert!(found.secrets.everywhere.contains(&auth));
            assert_eq!(serde_json::from_str::<Value>(&found.line()).unwrap(), content);
            assert!(texts_of(&given).contains(&auth));
        }
    }

    #[test]
    fn a_password_that_is_a_word_is_not_hidden_wherever_the_word_turns_up() {
        let auth = STANDARD.encode("test:test");
        let found = PullSecret::parse(&json!({ "auths": { "quay.example": { "auth": auth } } })).unwrap();
        assert_eq!(found.secrets.everywhere, [auth, "test:test".into()]);
        assert_eq!(found.secrets.as_words, ["test"]);
        for password in ["PULLSECRET", "Hush-hush", "pull4711"] {
            let auth = STANDARD.encode(format!("kim:{password}\n"));
            let found = PullSecret::parse(&json!({ "auths": { "quay.example": { "auth": auth } } })).unwrap();
            assert!(found.secrets.everywhere.contains(&password.into()), "{password}");
        }
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
            (json!(7), "not a text"),
        ] {
            let said = refused(&given);
            assert!(said.contains(why), "{said}");
            assert!(!said.contains("hush4711"), "{said}");
        }
    }
}
