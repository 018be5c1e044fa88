//! Lenient parsing of values in a client configuration, as `jmp` does with pydantic.
use serde::{Deserialize, Deserializer, de::Error};

#[derive(Deserialize)]
#[serde(untagged, expecting = "a text, a number, true or false was expected")]
enum Scalar {
    Bool(bool),
    Number(f64),
    Text(String),
}

/// A boolean: as YAML has it, as a number, or as a word.
pub(crate) fn yes_or_no<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let word = match Option::<Scalar>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Scalar::Bool(value)) => return Ok(Some(value)),
        Some(Scalar::Number(number)) => number.to_string(),
        Some(Scalar::Text(text)) => text.to_ascii_lowercase(),
    };
    match word.as_str() {
        "1" | "on" | "t" | "true" | "y" | "yes" => Ok(Some(true)),
        "0" | "off" | "f" | "false" | "n" | "no" => Ok(Some(false)),
        _ => Err(D::Error::custom("it is neither yes nor no")),
    }
}

/// A text, or a number in its place.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<Scalar>::deserialize(deserializer)?.map(|scalar| match scalar {
        Scalar::Bool(value) => value.to_string(),
        Scalar::Number(number) => number.to_string(),
        Scalar::Text(text) => text,
    }))
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::yaml;

    #[derive(serde::Deserialize)]
    struct Name(#[serde(deserialize_with = "text")] Option<String>);

    #[test]
    fn what_is_no_text_is_said_in_plain_words() {
        assert_eq!(yaml::read::<Name>("7").unwrap().0.as_deref(), Some("7"));
        let why = yaml::read::<Name>("[a]").err().unwrap();
        assert!(
            why.contains("a text, a number, true or false was expected") && !why.contains("variant"),
            "{why}"
        );
    }
}
