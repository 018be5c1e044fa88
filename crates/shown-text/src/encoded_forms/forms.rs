//! Forms in order: those that begin alike stand beside one another, so all are compared with a text at once.
use super::way::Way;
use crate::{SHORTEST, cut::is_cut};
use std::collections::HashMap;

/// The first bytes of a form.
pub(super) type Beginning = [u8; SHORTEST];

/// Forms that are not shorter than a beginning.
#[derive(Clone, Default)]
pub(super) struct Forms {
    sorted: Vec<String>,
    /// From where to where those with one beginning stand.
    by_beginning: HashMap<Beginning, (usize, usize)>,
    /// Whether capitals are as good: then all are in small letters.
    is_of_any_size: bool,
}

impl Forms {
    pub(super) fn of_any_size() -> Self {
        Self { is_of_any_size: true, ..Self::default() }
    }

    /// Adds one; nothing is found before all are sorted.
    pub(super) fn push(&mut self, form: String) {
        self.sorted.push(form);
    }

    pub(super) fn sort(&mut self) {
        // It takes little time for what was sorted before.
        self.sorted.sort();
        self.sorted.dedup();
        self.by_beginning.clear();
        let (mut start, all) = (0, &self.sorted);
        for alike in all.chunk_by(|one, other| beginning(one) == beginning(other)) {
            self.by_beginning.insert(beginning(&alike[0]), (start, start + alike.len()));
            start += alike.len();
        }
    }

    pub(super) fn all(&self) -> &[String] {
        &self.sorted
    }

    /// A byte as it is compared.
    pub(super) fn folded(&self, byte: u8) -> u8 {
        if self.is_of_any_size { byte.to_ascii_lowercase() } else { byte }
    }

    /// Where the longest form ends that is not too short and has this beginning, the rest of which stands from here on: in the text, or
    /// where that was cut.
    pub(super) fn end(
        &self,
        beginning: Beginning,
        text: &str,
        mut at: usize,
        way: Way,
        shortest: usize,
    ) -> Option<usize> {
        let (from, to) = *self.by_beginning.get(&beginning.map(|byte| self.folded(byte)))?;
        // Those with all the bytes so far.
        let mut alike = &self.sorted[from..to];
        let mut found = None;
        for length in SHORTEST.. {
            if alike.first().is_some_and(|form| form.len() == length) {
                found = if length >= shortest { Some(at) } else { found };
                alike = &alike[1..];
            }
            let (Some(first), Some(last)) = (alike.first(), alike.last()) else { break };
            let Some(here) = way.next(text, at) else { break };
            let behind = &text.as_bytes()[here..];
            let is_begun = |form: &String| form.len() >= shortest && !is_cut(&form.as_bytes()[length..]);
            if is_cut(behind) && alike.iter().any(is_begun) {
                found = Some(at);
            }
            let (byte, byte_of) = (self.folded(behind[0]), |form: &String| form.as_bytes()[length]);
            if byte_of(first) != byte || byte_of(last) != byte {
                let start = alike.partition_point(|form| byte_of(form) < byte);
                let end = alike.partition_point(|form| byte_of(form) <= byte);
                alike = &alike[start..end];
            }
            at = here + 1;
        }
        found
    }
}

fn beginning(form: &str) -> Beginning {
    *form.as_bytes().first_chunk().unwrap_or(&[0; SHORTEST])
}
