//! What kind of JSON a text is and which fields it has, found without keeping what is in them: an answer may be long.
use super::words::harmless;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt::{self, Display, Formatter};

/// So many fields are named.
const MOST_NAMES: usize = 12;
/// How `serde_json` presents a number that must stay exact: as an object with this name.
const NUMBER: &str = "$serde_json::private::Number";

pub(super) enum Shape {
    Object { names: Vec<String>, more: usize },
    List { length: usize, first: Option<Box<Shape>> },
    Other(&'static str),
}

impl Display for Shape {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        match self {
            Shape::Object { names, .. } if names.is_empty() => f.write_str("an empty object"),
            Shape::Object { names, more: 0 } => write!(f, "an object with {}", names.join(", ")),
            Shape::Object { names, more } => write!(f, "an object with {} and {more} more", names.join(", ")),
            Shape::List { length, first: Some(first) } => write!(f, "a list of {length}, the first {first}"),
            Shape::List { .. } => f.write_str("an empty list"),
            Shape::Other(kind) => f.write_str(kind),
        }
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Seen)
    }
}

struct Seen;

impl<'de> Visitor<'de> for Seen {
    type Value = Shape;

    fn expecting(&self, f: &mut Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let (mut names, mut more) = (Vec::new(), 0);
        while let Some((name, IgnoredAny)) = map.next_entry::<String, _>()? {
            if name == NUMBER {
                return Ok(Shape::Other("a number"));
            }
            if names.len() < MOST_NAMES {
                names.push(harmless(&name));
            } else {
                more += 1;
            }
        }
        Ok(Shape::Object { names, more })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
        let first = list.next_element()?.map(Box::new);
        let mut length = usize::from(first.is_some());
        while list.next_element::<IgnoredAny>()?.is_some() {
            length += 1;
        }
        Ok(Shape::List { length, first })
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Other("a text"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Other("a number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Other("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Other("a number"))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Other("true or false"))
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Other("null"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_json_has_its_words() {
        let many =
            format!("{{{}}}", (0..14).map(|n| format!("\"n{n:02}\": [{n}]")).collect::<Vec<_>>().join(","));
        let many_words =
            "an object with n00, n01, n02, n03, n04, n05, n06, n07, n08, n09, n10, n11 and 2 more";
        for (text, words) in [
            ("[]", "an empty list"),
            ("[[1, 2], 3]", "a list of 2, the first a list of 2, the first a number"),
            ("[true]", "a list of 1, the first true or false"),
            ("-1", "a number"),
            ("1.5", "a number"),
            ("null", "null"),
            ("\"x\"", "a text"),
            (&many, many_words),
        ] {
            assert_eq!(serde_json::from_str::<Shape>(text).unwrap().to_string(), words);
        }
    }
}
