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
    /// How many elements this page has.
    pub count: u64,
    /// Whether the page says that there are more, without saying where.
    pub has_more: bool,
    /// How many elements there are in all, if the page says so.
    pub total: Option<u64>,
}

/// Fields beside the list that say something about pages.
const BESIDE: [&str; 17] = [
    "next",
    "has_more",
    "hasMore",
    "has_next",
    "hasNext",
    "next_cursor",
    "nextCursor",
    "next_page_token",
    "nextPageToken",
    "next_page",
    "total",
    "total_count",
    "totalCount",
    "count",
    "pages",
    "total_pages",
    "totalPages",
];

/// Objects in which servers wrap what they say about pages.
const WRAPPERS: [&str; 6] = ["links", "_links", "meta", "pagination", "paging", "page_info"];

impl Listed {
    /// Takes in what a field beside the list says about pages.
    fn hear(&mut self, name: &str, value: &Value) {
        let is_something = !matches!(value, Value::Null | Value::Bool(false)) && *value != "";
        match name {
            "next" => {
                let link = value.as_str().or_else(|| value.get("href")?.as_str());
                self.next = link.filter(|link| !link.is_empty()).map(str::to_owned).or(self.next.take());
            }
            "has_more" | "hasMore" | "has_next" | "hasNext" => self.has_more |= *value == true,
            "next_cursor" | "nextCursor" | "next_page_token" | "nextPageToken" | "next_page" => {
                self.has_more |= is_something;
            }
            "total" | "total_count" | "totalCount" | "count" => self.total = value.as_u64().or(self.total),
            "pages" | "total_pages" | "totalPages" => {
                self.has_more |= value.as_u64().is_some_and(|pages| pages > 1) && self.total.is_none();
            }
            wrapper if WRAPPERS.contains(&wrapper) => {
                value.as_object().into_iter().flatten().for_each(|(name, value)| self.hear(name, value));
            }
            _ => {}
        }
    }
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
            Ok(()) => return Err(self.unusable("it is not a list, and contains none")),
            Err(e) => return Err(self.unusable(format!("it is not a list of JSON ({e})"))),
        }
        let listed = found.listed;
        Ok(Listed {
            next: listed.next.or_else(|| self.next.clone()),
            has_more: listed.has_more || self.status == PARTIAL_CONTENT,
            ..listed
        })
    }
}

/// The status of an answer that is a part of what there is.
const PARTIAL_CONTENT: u16 = 206;

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
            self.found.listed.count += 1;
            make_fit(&mut element);
            if !(self.take)(element) {
                self.found.listed.is_enough = true;
                break;
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            self.found.listed.count += 1;
        }
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
            } else if BESIDE.contains(&name.as_str()) || WRAPPERS.contains(&name.as_str()) {
                self.found.listed.hear(&name, &object.next_value::<Value>()?);
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
