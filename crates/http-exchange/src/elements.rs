//! The elements of a list in an answer, one by one: a list of any length costs no more memory than its text and what is kept of it.
//! An element may be as large as an answer that holds a single object.
use crate::{
    answer_text::{json, sound, values},
    call::{AnswerSize, Reply},
    error::Error,
    json_parts::Parts,
};
use serde_json::Value;

/// An element of a list.
#[derive(Debug)]
pub struct Element {
    /// What it is.
    pub value: Value,
    /// How many values of JSON it holds.
    pub values: usize,
    /// Its length in the answer, in bytes.
    pub bytes: usize,
}

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
    /// How many elements there are in all, if the page says so: a field such as `total`, else the header `X-Total-Count`.
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
    /// An element larger than a single object may be is an error, and so is a list that takes longer than the call's deadline.
    /// Only for a [`Call::stream`](crate::Call::stream).
    pub fn each(&self, names: &[&str], take: &mut dyn FnMut(Element) -> bool) -> Result<Listed, Error> {
        let text = sound(&self.text).map_err(|e| self.unusable(format!("it is not a list of JSON ({e})")))?;
        let mut parts = Parts::of(&text);
        let mut listed = Listed::default();
        let mut has_list = parts.skip('[');
        if has_list {
            self.elements(&mut parts, &mut listed, take)?;
        } else if parts.skip('{') {
            while let Some(name) = parts.next() {
                parts.skip(':');
                let name = serde_json::from_str::<String>(name).unwrap_or_default();
                if !has_list && names.contains(&name.as_str()) {
                    has_list = parts.skip('[');
                    if !has_list {
                        break;
                    }
                    self.elements(&mut parts, &mut listed, take)?;
                } else if BESIDE.contains(&name.as_str()) || WRAPPERS.contains(&name.as_str()) {
                    listed.hear(&name, &self.element(parts.value(), "what it says about pages")?.value);
                } else {
                    parts.value();
                }
            }
        }
        if !has_list {
            return Err(self.unusable("it is not a list, and contains none"));
        }
        Ok(Listed {
            next: listed.next.or_else(|| self.next.clone()),
            has_more: listed.has_more || self.status == PARTIAL_CONTENT,
            total: listed.total.or(self.total),
            ..listed
        })
    }

    /// Goes through a list, to behind its end.
    fn elements(
        &self,
        parts: &mut Parts<'_>,
        listed: &mut Listed,
        take: &mut dyn FnMut(Element) -> bool,
    ) -> Result<(), Error> {
        while let Some(text) = parts.next() {
            listed.count += 1;
            if !listed.is_enough {
                if self.deadline.is_over() {
                    return Err(self.out_of_time());
                }
                listed.is_enough = !take(self.element(text, "an entry of its list")?);
            }
        }
        parts.skip(']');
        Ok(())
    }

    /// Reads a part of the answer that is no larger than a single object may be.
    fn element(&self, text: &str, what: &str) -> Result<Element, Error> {
        let (bytes, values) = (text.len(), values(text));
        let most = AnswerSize::Object;
        if bytes as u64 > most.mib() << 20 {
            return Err(self.unusable(format!("{what} is larger than {} MiB", most.mib())));
        }
        if values > most.values() {
            return Err(self.unusable(format!("{what} holds more than {} values", most.values())));
        }
        let value = json(text).map_err(|e| self.unusable(format!("{what} can't be read ({e})")))?;
        Ok(Element { value, values, bytes })
    }
}

/// The status of an answer that is a part of what there is.
const PARTIAL_CONTENT: u16 = 206;
