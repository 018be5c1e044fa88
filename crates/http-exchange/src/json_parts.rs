//! The parts of a JSON text, one by one, as they are written: a part costs nothing before somebody reads it.
use serde::de::IgnoredAny;
use serde_json::Deserializer;

/// A place in a text that is JSON.
pub(crate) struct Parts<'a> {
    rest: &'a str,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// Steps over this sign, if it is the next.
    pub(crate) fn skip(&mut self, sign: char) -> bool {
        let rest = self.rest.trim_start().strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Steps over a whole value, and returns its text. Empty where there is none.
    pub(crate) fn value(&mut self) -> &'a str {
        let mut values = Deserializer::from_str(self.rest).into_iter::<IgnoredAny>();
        let is_there = values.next().is_some_and(|value| value.is_ok());
        let (value, rest) = self.rest.split_at(if is_there { values.byte_offset() } else { 0 });
        self.rest = rest;
        value.trim_start()
    }

    /// The next value of the list or the object that this place is in; of an object, the names come between them.
    pub(crate) fn next(&mut self) -> Option<&'a str> {
        self.skip(',');
        Some(self.value()).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_list_and_of_an_object_are_as_they_were_written() {
        let mut list = Parts::of(r#" [ 1 ,"a,]" , {"b" : [2]},null]"#);
        assert!(list.skip('['));
        let parts: Vec<_> = std::iter::from_fn(|| list.next()).collect();
        assert_eq!(parts, ["1", r#""a,]""#, r#"{"b" : [2]}"#, "null"]);
        assert!(list.skip(']') && !list.skip(']'));
        let mut object = Parts::of(r#"{"a": -1.5e3, "b":{}}"#);
        assert!(!object.skip('[') && object.skip('{'));
        assert_eq!(object.next(), Some(r#""a""#));
        assert!(object.skip(':'));
        assert_eq!((object.value(), object.next()), ("-1.5e3", Some(r#""b""#)));
    }

    #[test]
    fn an_empty_list_has_no_parts() {
        let mut list = Parts::of("[ ]");
        assert!(list.skip('[') && list.next().is_none() && list.skip(']'));
    }
}
