//! The removal of secrets from what JSON holds. There a text is as its author wrote it; within the JSON its line breaks and signs are escaped.
use super::EncodedForms;
use serde_json::Value;

impl EncodedForms {
    /// Conceals all of them in each text and key within `value`. Recurses as deep as that does.
    pub fn conceal_json(&self, value: &mut Value, stars: &str) {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::String(text) => *text = self.concealed(text, stars),
            Value::Array(items) => items.iter_mut().for_each(|item| self.conceal_json(item, stars)),
            Value::Object(entries) => {
                let concealed = |(key, mut value): (String, Value)| {
                    self.conceal_json(&mut value, stars);
                    (self.concealed(&key, stars), value)
                };
                *entries = std::mem::take(entries).into_iter().map(concealed).collect();
            }
        }
    }
}
