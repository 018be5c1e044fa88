//! The XML of S3: a tree of names and texts, read within bounds, since it comes from elsewhere.
//!
//! Attributes and namespaces say nothing in S3 and are left out. A document type is refused, so no entity of a sender's own is ever
//! expanded.
use quick_xml::{
    Reader,
    escape::{escape, resolve_predefined_entity},
    events::{BytesRef, Event},
};
use std::borrow::Cow;

/// More levels than any answer of S3 has.
const DEEPEST: usize = 16;
/// More elements than a page of 1000 has.
const MOST: usize = 50_000;

/// One element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// Without the prefix of its namespace.
    name: String,
    /// The text in it, but for that of the elements in it.
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// Reads a document, whatever the name of its root, which servers don't agree on; else says what is wrong, as a clause.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let found = Self::read(text)?;
        if found.name.eq_ignore_ascii_case("html") { Err("it is a web page".into()) } else { Ok(found) }
    }

    /// What the document says went wrong, if it is S3's `Error`: code, and message.
    pub(crate) fn error(text: &str) -> Option<Self> {
        Self::read(text).ok().filter(|found| found.name == "Error")
    }

    /// The trimmed text of the first child of this name; empty if there is none.
    pub(crate) fn text_of(&self, child: &str) -> &str {
        self.children_of(child).next().map_or("", |found| found.text.trim())
    }

    /// All children of this name.
    pub(crate) fn children_of(&self, name: &str) -> impl Iterator<Item = &Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(text);
        let broken = |why: &dyn std::fmt::Display| format!("it is not valid XML ({why})");
        // The elements that are open, outermost first; before them the document itself.
        let mut open = vec![Element::default()];
        let mut elements = 0;
        loop {
            let event = reader.read_event().map_err(|e| broken(&e))?;
            let is_empty = matches!(event, Event::Empty(_));
            match event {
                Event::Start(start) | Event::Empty(start) => {
                    elements += 1;
                    if open.len() > DEEPEST || elements > MOST {
                        return Err("its XML has too many elements or levels".into());
                    }
                    let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
                    open.push(Element { name, ..Element::default() });
                    if is_empty {
                        close(&mut open);
                    }
                }
                // The reader checks that it is the end of what is open.
                Event::End(_) => close(&mut open),
                Event::Text(words) => {
                    inner(&mut open).text.push_str(&words.decode().map_err(|e| broken(&e))?);
                }
                Event::CData(words) => {
                    inner(&mut open).text.push_str(&words.decode().map_err(|e| broken(&e))?);
                }
                Event::GeneralRef(name) => {
                    inner(&mut open).text.push_str(&referred(&name).ok_or("its XML has an unknown entity")?);
                }
                Event::DocType(_) => return Err("its XML has a document type".into()),
                Event::Eof => break,
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            }
        }
        let mut document = open.swap_remove(0);
        if !open.is_empty() || document.children.len() != 1 {
            return Err("it is not valid XML (it is empty or incomplete)".into());
        }
        Ok(document.children.swap_remove(0))
    }
}

/// A text as it stands in XML.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    escape(text)
}

fn inner(open: &mut [Element]) -> &mut Element {
    let last = open.len() - 1;
    &mut open[last]
}

fn close(open: &mut Vec<Element>) {
    if open.len() > 1
        && let Some(done) = open.pop()
    {
        inner(open).children.push(done);
    }
}

fn referred(name: &BytesRef) -> Option<String> {
    if let Ok(Some(character)) = name.resolve_char_ref() {
        return Some(character.into());
    }
    resolve_predefined_entity(&name.decode().ok()?).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_by_name_whatever_their_namespace() {
        let text = "<?xml version=\"1.0\"?>\n<s:List xmlns:s=\"http://s3\"><Name>a&amp;b &#x41;</Name>\n<Key><![CDATA[<x>]]></Key><Key/></s:List>";
        let list = Element::parse(text).unwrap();
        assert_eq!(list.text_of("Name"), "a&b A");
        let keys: Vec<_> = list.children_of("Key").map(|key| key.text.as_str()).collect();
        assert_eq!(keys, ["<x>", ""]);
        assert_eq!(list.text_of("Missing"), "");
    }

    #[test]
    fn what_is_no_xml_of_s3_is_refused_with_a_reason() {
        let refused = |text: &str| Element::parse(text).unwrap_err();
        assert_eq!(refused("<html></html>"), "it is a web page");
        assert!(refused("<List><Key></List>").starts_with("it is not valid XML ("));
        assert!(refused("{}").contains("empty or incomplete"));
        assert!(refused("<List>").contains("empty or incomplete"));
        assert_eq!(
            refused("<!DOCTYPE List [<!ENTITY a \"aaaa\">]><List>&a;</List>"),
            "its XML has a document type"
        );
        assert_eq!(refused("<List>&a;</List>"), "its XML has an unknown entity");
        assert_eq!(refused(&"<List>".repeat(100)), "its XML has too many elements or levels");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = "a<b>&\"'";
        let document = format!("<Key>{}</Key>", escaped(text));
        assert_eq!(Element::parse(&document).unwrap().text, text);
    }
}
