//! Ansible's markup to Markdown, for the reference pages.
use crate::Collection;

/// Marks whose content may hold a `)` after a backslash.
const WITH_ESCAPES: [&str; 5] = ["E", "O", "P", "RV", "V"];
const WITHOUT_ESCAPES: [&str; 7] = ["B", "C", "I", "L", "M", "R", "U"];

/// `text` in Markdown; modules of the collection become links to their pages.
pub(crate) fn to_markdown(text: &str, collection: &Collection) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('(') {
        let (before, inside) = (&rest[..at], &rest[at + 1..]);
        let mark = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        if let Some((content, length)) = content(mark, inside) {
            out += before.strip_suffix(mark).unwrap_or(before);
            out += &shown(mark, &content, collection);
            rest = &inside[length..];
        } else {
            out += &rest[..=at];
            rest = inside;
        }
    }
    out + rest
}

/// The content of a mark, and how long it is with its escapes and the closing `)`. `None` if this is no mark.
fn content(mark: &str, inside: &str) -> Option<(String, usize)> {
    if WITHOUT_ESCAPES.contains(&mark) {
        return inside.find(')').map(|end| (inside[..end].to_owned(), end + 1));
    }
    if !WITH_ESCAPES.contains(&mark) {
        return None;
    }
    let mut content = String::new();
    let mut chars = inside.char_indices();
    loop {
        match chars.next()? {
            (_, '\\') => content.push(chars.next()?.1),
            (end, ')') => return Some((content, end + 1)),
            (_, c) => content.push(c),
        }
    }
}

fn shown(mark: &str, content: &str, collection: &Collection) -> String {
    let (text, target) = content.rsplit_once(',').unwrap_or((content, content));
    match mark {
        "B" => format!("**{content}**"),
        "I" => format!("*{content}*"),
        "U" => format!("<{content}>"),
        "L" => format!("[{text}]({})", target.trim()),
        "R" => text.to_owned(),
        "M" if collection.module(content).is_some() => {
            format!("[`{content}`]({}.md)", content.rsplit('.').next().unwrap_or(content))
        }
        _ => format!("`{content}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_has_its_markdown() {
        let collection = Collection { name: "ns.coll".into(), authors: vec![], modules: vec!["fix".into()] };
        let cases = [
            ("B(a) I(b) C(c) U(https://d.example)", "**a** *b* `c` <https://d.example>"),
            ("L(the guide, see below,https://a.example)", "[the guide, see below](https://a.example)"),
            ("O(wait=true), RV(event.id) and E(TOKEN)", "`wait=true`, `event.id` and `TOKEN`"),
            (r"V(f\(x\)) then V(\\)", r"`f(x)` then `\`"),
            ("M(ns.coll.fix) or M(other.coll.fix)", "[`ns.coll.fix`](fix.md) or `other.coll.fix`"),
            ("a call(x), PROC(y), an open C(end", "a call(x), PROC(y), an open C(end"),
        ];
        for (markup, markdown) in cases {
            assert_eq!(to_markdown(markup, &collection), markdown);
        }
    }
}
