//! What an exporter configuration holds that is not to be shown, found by the names of the keys.
use crate::{Token, yaml};
use serde_json::Value;
use std::cmp::Reverse;

/// The name of a key that speaks of a secret has one of these in it.
const WORDS: [&str; 6] = ["password", "passwd", "passphrase", "secret", "token", "credential"];

/// The values of all such keys, the longest first; the whole text if it can't be read.
pub(crate) fn of(text: &str) -> Vec<Token> {
    let mut found = vec![];
    match yaml::read(text) {
        Ok(value) => collect(&value, false, &mut found),
        Err(_) => found.push(text.to_owned()),
    }
    found.sort_by_key(|secret| Reverse(secret.len()));
    found.into_iter().map(Token::from).collect()
}

fn collect(value: &Value, is_secret: bool, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.to_ascii_lowercase();
                collect(value, is_secret || WORDS.iter().any(|word| key.contains(word)), found);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, is_secret, found)),
        Value::String(text) if is_secret && !text.is_empty() => found.push(text.clone()),
        Value::Number(number) if is_secret => found.push(number.to_string()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_by_the_names_of_their_keys() {
        let text = "a: {1: {Wifi_Password: wi}, secrets: [s, 1234, ''], pin: .inf, 2: x}\ntoken: planted\n";
        let found = of(text);
        let found: Vec<&str> = found.iter().map(Token::expose).collect();
        assert_eq!(found, ["planted", "1234", "wi", "s"]);
        assert_eq!(of("a: [").len(), 1);
    }
}
