//! Markdown, as doc comments have it, to Ansible's own markup.
use pulldown_cmark::{Event, LinkType, Parser, Tag, TagEnd};

/// A part of a doc comment, its text in Ansible's markup.
#[derive(Debug, PartialEq)]
pub(crate) enum Block {
    Heading(String),
    Paragraph(String),
    /// An item of a list.
    Item(Item),
}

/// An item of a list.
#[derive(Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) text: String,
    /// What the item begins with, if that is code or a link, and where it ends in `text`.
    lead: Option<(Lead, usize)>,
}

/// The code or link that an item begins with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Lead {
    Code(String),
    Link { title: String, url: String },
}

impl Item {
    /// The lead, and the text after its colon.
    pub(crate) fn lead(&self) -> Option<(Lead, &str)> {
        let (lead, end) = self.lead.as_ref()?;
        Some((lead.clone(), self.text[*end..].strip_prefix(':')?.trim()))
    }
}

/// The blocks of `markdown`; `code` says what stands for a piece of code. Fails with what can't be shown.
pub(crate) fn blocks(markdown: &str, code: &dyn Fn(&str) -> String) -> Result<Vec<Block>, String> {
    let mut reader =
        Reader { code, blocks: vec![], text: String::new(), lead: None, items: 0, marks: 0, link: None };
    for event in Parser::new(markdown) {
        reader.read(event)?;
    }
    Ok(reader.blocks)
}

/// The paragraphs of `markdown`, an item of a list being one too.
pub(crate) fn paragraphs(markdown: &str, code: &dyn Fn(&str) -> String) -> Result<Vec<String>, String> {
    let paragraph = |block| match block {
        Block::Paragraph(text) | Block::Item(Item { text, .. }) => Ok(text),
        Block::Heading(text) => Err(format!("the heading `{text}` is only known in the text of a module")),
    };
    blocks(markdown, code)?.into_iter().map(paragraph).collect()
}

struct Reader<'a> {
    code: &'a dyn Fn(&str) -> String,
    blocks: Vec<Block>,
    /// The block that is being read.
    text: String,
    lead: Option<(Lead, usize)>,
    /// How many items of lists are open.
    items: usize,
    /// How many of Ansible's marks are open. They don't nest, so code within one is text.
    marks: usize,
    /// The link that is open: its address, and where it begins in `text`.
    link: Option<(String, usize)>,
}

impl Reader<'_> {
    fn read(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Text(text) => self.text += &text,
            Event::SoftBreak | Event::HardBreak => self.text.push(' '),
            Event::Code(code) => self.code(code.into_string()),
            Event::Start(Tag::Strong) => self.open("B("),
            Event::Start(Tag::Emphasis) => self.open("I("),
            Event::Start(Tag::Link { link_type: LinkType::Autolink, .. }) => self.open("U("),
            Event::Start(Tag::Link { dest_url, .. }) => {
                self.link = Some((dest_url.into_string(), self.text.len()));
                self.open("L(");
            }
            Event::End(TagEnd::Strong | TagEnd::Emphasis) => self.close(""),
            Event::End(TagEnd::Link) => self.end_link(),
            Event::End(TagEnd::Heading(_)) => {
                let heading = std::mem::take(&mut self.text);
                self.blocks.push(Block::Heading(heading));
            }
            Event::Start(Tag::Item) => self.items += 1,
            Event::End(TagEnd::Item) => {
                self.end_block();
                self.items -= 1;
            }
            Event::Start(Tag::List(_)) | Event::End(TagEnd::Paragraph) => self.end_block(),
            Event::Start(Tag::Paragraph | Tag::Heading { .. }) | Event::End(TagEnd::List(_)) => {}
            other => return Err(format!("there is no way to show {other:?} with ansible-doc")),
        }
        Ok(())
    }

    fn code(&mut self, code: String) {
        if self.marks > 0 {
            self.text += &code;
            return;
        }
        let begins = self.text.is_empty();
        self.text += &(self.code)(&code);
        if begins {
            self.lead = Some((Lead::Code(code), self.text.len()));
        }
    }

    fn open(&mut self, mark: &str) {
        self.marks += 1;
        self.text += mark;
    }

    fn close(&mut self, last: &str) {
        self.marks -= 1;
        self.text += last;
        self.text.push(')');
    }

    fn end_link(&mut self) {
        let Some((url, start)) = self.link.take() else { return self.close("") };
        let title = self.text[start + "L(".len()..].to_owned();
        self.close(&format!(",{url}"));
        if start == 0 {
            self.lead = Some((Lead::Link { title, url }, self.text.len()));
        }
    }

    fn end_block(&mut self) {
        let (text, lead) = (std::mem::take(&mut self.text), self.lead.take());
        if text.is_empty() {
            return;
        }
        self.blocks.push(if self.items > 0 {
            Block::Item(Item { text, lead })
        } else {
            Block::Paragraph(text)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(markdown: &str) -> Vec<String> {
        paragraphs(markdown, &|code| format!("C({code})")).unwrap()
    }

    #[test]
    fn inline_marks_become_ansibles() {
        assert_eq!(
            marked(
                "Say `x`, *much*\nor **more**; see [the `y` guide](https://a.example/b) and <https://c.example>."
            ),
            [
                "Say C(x), I(much) or B(more); see L(the y guide,https://a.example/b) and U(https://c.example)."
            ]
        );
    }

    #[test]
    fn items_are_paragraphs_too() {
        assert_eq!(
            marked("Either\n\n- one,\n  in two lines\n  - or less\n- two.\n\nDone."),
            ["Either", "one, in two lines", "or less", "two.", "Done."]
        );
    }

    #[test]
    fn an_item_says_what_it_is_about() {
        let items = blocks("- `a.b`: why `so`\n- [A](https://a.example): why\n- a `b`: c", &|code| {
            format!("C({code})")
        })
        .unwrap();
        let leads: Vec<_> = items
            .iter()
            .map(|block| match block {
                Block::Item(item) => item.lead(),
                other => panic!("{other:?}"),
            })
            .collect();
        let link = Lead::Link { title: "A".into(), url: "https://a.example".into() };
        assert_eq!(leads, [Some((Lead::Code("a.b".into()), "why C(so)")), Some((link, "why")), None]);
    }

    #[test]
    fn what_ansible_doc_can_t_show_is_refused() {
        for markdown in ["```\ncode\n```", "> quote", "<b>html</b>", "![alt](image.png)", "# Heading"] {
            assert!(paragraphs(markdown, &str::to_owned).is_err(), "{markdown}");
        }
    }
}
