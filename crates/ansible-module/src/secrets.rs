//! Texts that must not leave the process, and their removal from what does.
use crate::python as py;
use serde_json::Value;
use shown_text::{CUT, EncodedForms, without_beginnings};
use std::{cmp::Reverse, collections::BTreeSet, fmt, ops::RangeInclusive};

/// What stands for a text or number that is, or a number that contains, a secret.
pub const HIDDEN: &str = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER";
/// What has so many characters stands nowhere by chance.
const LONG: usize = 8;
/// What stands for a secret within a longer text.
const STARS: &str = "********";
/// Shorter ones are likely to turn up by chance in what has nothing to do with them. In characters.
pub(crate) const SAFE_LENGTH: usize = 4;

/// The lengths of secrets that are hidden in their other forms, too: a shorter one's turn up by chance, and a longer one is a whole file.
const SPELLED: RangeInclusive<usize> = 8..=16 << 10;
/// So many secrets are hidden in their other forms; more are no task's own.
const MOST_SPELLED: usize = 200;

/// A collection of secrets; can be copied and asked to mask, never shown.
#[derive(Default, Clone)]
pub struct Secrets {
    /// The longest first: no secret is cut in two by a shorter one within it.
    texts: BTreeSet<(Reverse<usize>, String)>,
    /// The forms in which these come back.
    encoded_forms: EncodedForms,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} secrets", self.len())
    }
}

impl Secrets {
    /// Adds each text and number within `value`. Bools, null, empty text and the keys of dicts are no secrets.
    pub fn add(&mut self, value: &Value) {
        leaves(value, &mut |text| {
            if SPELLED.contains(&text.len()) && self.texts.len() < MOST_SPELLED {
                self.encoded_forms.add(&text);
            }
            self.texts.insert((Reverse(text.len()), text));
        });
    }

    /// How many different secrets there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// True if nothing needs masking.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// `text` with eight stars for each secret in it, and for the beginning of one where the text was cut; [`HIDDEN`] if it is one.
    pub fn mask_text(&self, text: &str) -> String {
        if self.texts.contains(&(Reverse(text.len()), text.to_owned())) {
            return HIDDEN.into();
        }
        let mut masked = text.to_owned();
        for (_, secret) in &self.texts {
            if masked.contains(secret) {
                masked = masked.replace(secret, STARS);
            }
        }
        if masked.contains(CUT) {
            for (_, secret) in &self.texts {
                masked = without_beginnings(&masked, secret, STARS).into_owned();
            }
        }
        self.encoded_forms.concealed(&masked, STARS)
    }

    /// Masks each text and number within `value`, as `remove_values` of `AnsibleModule` does: bools and null stay, and so do keys,
    /// unless a secret of eight characters or more stands in one. A server may put it there; the name of an option is no such thing.
    ///
    /// A number that contains a secret is replaced as a whole. Recurses as deep as `value` does.
    pub fn mask(&self, value: &mut Value) {
        if self.is_empty() {
            return;
        }
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::String(text) => *text = self.mask_text(text),
            Value::Number(_) => {
                let digits = py::str_of(value);
                if self.texts.iter().any(|(_, secret)| digits.contains(secret)) {
                    *value = HIDDEN.into();
                }
            }
            Value::Array(items) => {
                for item in items.iter_mut() {
                    self.mask(item);
                }
                self.mask_across(items);
            }
            Value::Object(entries) => {
                entries.values_mut().for_each(|value| self.mask(value));
                if entries.keys().any(|key| self.is_within(key)) {
                    let masked = |key: String| if self.is_within(&key) { self.mask_text(&key) } else { key };
                    *entries = std::mem::take(entries)
                        .into_iter()
                        .map(|(key, value)| (masked(key), value))
                        .collect();
                }
            }
        }
    }

    /// Whether a secret that can't be there by chance stands in a key.
    fn is_within(&self, key: &str) -> bool {
        self.texts.iter().any(|(_, secret)| secret.len() >= LONG && key.contains(secret))
            || self.encoded_forms.are_in(key)
    }

    /// Masks what goes on from one line to the next, where a list holds the lines of a text.
    fn mask_across(&self, items: &mut [Value]) {
        let lines: Vec<_> = items.iter().filter_map(Value::as_str).collect();
        if items.len() < 2 || lines.len() < items.len() || lines.iter().any(|line| line.contains('\n')) {
            return;
        }
        let text = lines.join("\n");
        let masked = self.encoded_forms.concealed(&text, STARS);
        if masked != text {
            items.iter_mut().zip(masked.split('\n')).for_each(|(item, line)| *item = line.into());
        }
    }
}

/// Whether masking `value` is likely to spoil what has nothing to do with it.
pub(crate) fn is_short(value: &Value) -> bool {
    let mut short = false;
    leaves(value, &mut |text| short |= text.chars().count() < SAFE_LENGTH);
    short
}

/// What the user is told of one.
pub(crate) fn warning_of_short(option: &str) -> String {
    format!(
        "The secret in option '{option}' has fewer than {SAFE_LENGTH} characters, so masking it may also hide other text in \
         this result. Use a longer one."
    )
}

/// Each text and number within `value` that is no empty text, numbers as Python prints them.
fn leaves(value: &Value, visit: &mut dyn FnMut(String)) {
    match value {
        Value::String(text) if text.is_empty() => {}
        Value::String(_) | Value::Number(_) => visit(py::str_of(value)),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, visit)),
        Value::Object(entries) => entries.values().for_each(|value| leaves(value, visit)),
        Value::Null | Value::Bool(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secrets(value: &Value) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add(value);
        secrets
    }

    fn masked(secrets: &Value, mut value: Value) -> Value {
        self::secrets(secrets).mask(&mut value);
        value
    }

    #[test]
    fn every_leaf_is_a_secret_but_not_the_keys() {
        let out = masked(
            &json!({"key": ["aaaa", {"k": 12345}], "b": true, "n": null, "e": ""}),
            json!("key aaaa 12345 True"),
        );
        assert_eq!(out, "key ******** ******** True");
    }

    #[test]
    fn the_longest_secret_goes_first() {
        assert_eq!(masked(&json!(["abc", "abcdef"]), json!("abcdef abc")), "******** ********");
    }

    #[test]
    fn a_secret_is_hidden_in_every_form() {
        let all = secrets(&json!("s3cr\"t/token"));
        for text in ["?token=s3cr%22t%2Ftoken", "a: s3cr\\\"t/token.", "Basic a2ltOnMzY3IidC90b2tlbg=="] {
            let masked = all.mask_text(text);
            assert!(masked.contains(STARS), "{text}: {masked}");
        }
    }

    #[test]
    fn a_secret_is_hidden_that_was_encoded_in_several_lines() {
        let secret = "s3cr3t-0815/".repeat(12);
        let hex: Vec<char> =
            secret.bytes().flat_map(|byte| format!("{byte:02x}").chars().collect::<Vec<_>>()).collect();
        let lines: Vec<String> = hex.chunks(64).map(|line| line.iter().collect()).collect();
        let value = json!({ "stdout": lines.join("\n"), "stdout_lines": lines.clone() });
        let out = masked(&json!(secret), value);
        let stars = vec![STARS; lines.len()];
        assert_eq!(out, json!({ "stdout": stars.join("\n"), "stdout_lines": stars }));
    }

    #[test]
    fn a_secret_that_a_server_uses_as_a_key_is_masked_and_an_option_of_its_name_is_not() {
        let mut secrets = Secrets::default();
        for secret in ["S3cretTok+en/12", "name"] {
            secrets.add(&secret.into());
        }
        let mut value = json!({ "S3cretTok+en/12": 1, "UzNjcmV0VG9rK2VuLzEy": 2, "name": 3 });
        secrets.mask(&mut value);
        let text = value.to_string();
        assert!(!text.contains("S3cret") && !text.contains("UzNj") && text.contains("\"name\":3"), "{text}");
    }

    #[test]
    fn the_beginning_of_a_secret_is_hidden_where_a_text_was_cut_however_long_the_secret_is() {
        let file = "line of a key\n".repeat(2_000);
        let all = secrets(&json!(["s3cr3t-0815", "abcde", file]));
        for (text, shown) in [
            ("unknown token s3cr3t-08…", "unknown token ********…"),
            ("it is about \"s3cr…\" instead", "it is about \"********…\" instead"),
            ("basic czNjcjN0LTA4…", "basic ********…"),
            ("abcd…", "********…"),
            ("abc…", "abc…"),
            (&format!("file: {}…", &file[..500]), "file: ********…"),
        ] {
            assert_eq!(all.mask_text(text), shown);
        }
        let mut lines = json!(["s3cr3t-", "08", "…"]);
        all.mask(&mut lines);
        assert_eq!(lines, json!([STARS, STARS, "…"]));
    }

    #[test]
    fn numbers_are_replaced_whole() {
        let out = masked(&json!(12345), json!({"a": [12345, 9_123_456, 12345.5, 1234], "12345": true}));
        assert_eq!(out, json!({"a": [HIDDEN, HIDDEN, HIDDEN, 1234], "12345": true}));
    }

    #[test]
    fn a_hundred_thousand_secrets_are_collected_in_good_time() {
        let many: Value = (0..100_000).map(|n| format!("secret {n}")).collect();
        assert_eq!(secrets(&many).len(), 100_000);
    }

    #[test]
    fn secrets_cannot_be_shown() {
        assert_eq!(format!("{:?}", secrets(&json!(["s3cret", "other"]))), "2 secrets");
    }

    #[test]
    fn short_means_under_four_characters() {
        assert!(is_short(&json!(["long enough", "äöü"])) && is_short(&json!(7)));
        assert!(!is_short(&json!(["äöüß", "", null, true, 1234])));
    }
}
