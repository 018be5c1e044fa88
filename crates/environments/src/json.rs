//! Strict JSON: a key that appears twice in an object is an error.
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor},
};
use std::{collections::HashSet, fmt};

/// Why a text is not the JSON that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// From 1; none if the line is unknown.
    pub line: Option<usize>,
    /// A clause.
    pub message: String,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{} in line {line}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// Parses JSON in which no object has the same key twice. A byte order mark at the beginning is ignored.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice::<NoKeyTwice>(bytes).map_err(|e| error(&e))?;
    serde_json::from_slice(bytes).map_err(|e| error(&e))
}

fn error(e: &serde_json::Error) -> JsonError {
    let text = e.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_owned();
    JsonError { line: (e.line() > 0).then_some(e.line()), message }
}

/// Any JSON; only its keys are looked at.
struct NoKeyTwice;

impl<'de> Deserialize<'de> for NoKeyTwice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NoKeyTwice)
    }
}

impl<'de> Visitor<'de> for NoKeyTwice {
    type Value = NoKeyTwice;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<NoKeyTwice>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            if seen.contains(&key) {
                return Err(A::Error::custom(format!("the key {key:?} appears twice")));
            }
            entries.next_value::<NoKeyTwice>()?;
            seen.insert(key);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn refused(text: &str) -> String {
        read_json::<Value>(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_key_that_appears_twice_is_named_with_its_line() {
        assert_eq!(refused("{\"a\": 1,\n\"a\": 2}"), "the key \"a\" appears twice in line 2");
        assert_eq!(
            refused("[{\"x\": {\n\"terraform\": \"a\",\n\"\\u0074erraform\": \"b\"}}]"),
            "the key \"terraform\" appears twice in line 3"
        );
    }

    #[test]
    fn the_same_key_in_two_objects_and_numbers_of_any_size_are_fine() {
        let text = r#"{"a": {"a": [1, -2, 3.5, 1e999, 99999999999999999999999, null, true, "x"]}}"#;
        let value: Value = read_json(text.as_bytes()).unwrap();
        assert_eq!(value["a"]["a"][4].to_string(), "99999999999999999999999");
    }

    #[test]
    fn a_byte_order_mark_is_ignored() {
        assert_eq!(read_json::<Value>(b"\xef\xbb\xbf{}").unwrap(), serde_json::json!({}));
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_line() {
        for (text, expected) in [
            ("", "EOF while parsing a value in line 1"),
            ("{\n\"a\": 1,\n}", "trailing comma in line 3"),
            ("{} {}", "trailing characters in line 1"),
        ] {
            assert_eq!(refused(text), expected, "{text}");
        }
        assert!(refused(&"[".repeat(3000)).contains("recursion limit"));
        assert!(read_json::<Value>(b"\"\xff\"").is_err());
    }
}
