//! The elements of a list in an answer, one by one: a list of any length costs no more memory than its text and what is kept of it.
use crate::{answer_text::make_fit, call::Reply, error::Error};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// What an answer said beside its elements.
#[derive(Debug, Default)]
pub struct Listed {
    /// Where the next page is, as the server writes it: the field `next`, else the header `Link` with `rel="next"`.
    pub next: Option<String>,
    /// Whether `take` wanted no more.
    pub is_enough: bool,
}

impl Reply {
    /// Gives each element to `take` until that returns false. The answer is a list, or an object that holds one under one of `names`.
    /// Only for a [`Call::stream`](crate::Call::stream).
    pub fn each(&self, names: &[&str], take: &mut dyn FnMut(Value) -> bool) -> Result<Listed, Error> {
        let mut found = Found { listed: Listed::default(), has_list: false };
        let mut json = serde_json::Deserializer::from_str(&self.text);
        let read = Answer { names, take, found: &mut found }.deserialize(&mut json);
        match read.and_then(|()| json.end()) {
            Ok(()) if found.has_list => {}
            Ok(()) => return Err(self.unusable("it is not a list, and holds none")),
            Err(e) => return Err(self.unusable(format!("it is not a list of JSON ({e})"))),
        }
        Ok(Listed { next: found.listed.next.or_else(|| self.next.clone()), ..found.listed })
    }
}

struct Found {
    listed: Listed,
    has_list: bool,
}

/// The answer, or the list within it if `names` is empty.
struct Answer<'a> {
    names: &'a [&'a str],
    take: &'a mut dyn FnMut(Value) -> bool,
    found: &'a mut Found,
}

impl<'de> DeserializeSeed<'de> for Answer<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Answer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.found.has_list = true;
        while let Some(mut element) = list.next_element::<Value>()? {
            make_fit(&mut element);
            if !(self.take)(element) {
                self.found.listed.is_enough = true;
                break;
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(name) = object.next_key::<String>()? {
            if self.names.contains(&name.as_str()) && !self.found.has_list {
                object.next_value_seed(Answer {
                    names: &[],
                    take: &mut *self.take,
                    found: &mut *self.found,
                })?;
            } else if name == "next" {
                let next = object.next_value::<Value>()?;
                self.found.listed.next = next.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
