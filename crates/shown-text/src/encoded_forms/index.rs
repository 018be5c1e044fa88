//! The forms by their beginnings, and where they stand in a text.
use super::{dump, misread, way::Way};
use crate::{
    SHORTEST,
    cut::is_cut,
    encodings::{COMMON, EVERY, spellings, spellings_of_bytes},
    encodings_of_bytes::utf16,
    escaped::Escaped,
    normal_forms::{composed, decomposed},
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// A longer secret's rarer forms are not sought in other encodings: they would take megabytes.
const MOST_BYTES_OF_RARE: usize = 128;
/// What is shorter may be the words of a sentence, if its blanks are left out.
const SHORTEST_OF_PIECES: usize = 16;

#[derive(Clone, Default)]
pub(super) struct Index {
    /// Whether one begins with these two bytes: most places in a text are done with by that.
    begins: Vec<bool>,
    /// By their first bytes, the longest first.
    by_beginning: HashMap<[u8; SHORTEST], Vec<String>>,
    /// Those that are too short for that.
    short: Vec<String>,
    escaped: Escaped,
    pub(super) known: HashSet<String>,
}

impl Index {
    pub(super) fn add(&mut self, secret: &str) {
        if secret.is_ascii() || secret.len() < SHORTEST {
            return self.add_text(secret);
        }
        for same in BTreeSet::from([secret.to_owned(), composed(secret), decomposed(secret)]) {
            self.add_text(&same);
            for text in misread::texts(&same) {
                self.escaped.add(&text);
                self.add_with_common(text);
            }
            if let Some(bytes) = misread::bytes(&same) {
                for form in spellings_of_bytes(&bytes) {
                    self.add_with_common(form);
                }
            }
        }
    }

    /// A form, and what the common encodings make of it.
    fn add_with_common(&mut self, form: String) {
        if form.len() <= MOST_BYTES_OF_RARE {
            for twice in spellings(COMMON, &form) {
                self.add_form(twice);
            }
        }
        self.add_form(form);
    }

    /// A text with all its forms.
    fn add_text(&mut self, secret: &str) {
        self.add_form(secret.to_owned());
        self.escaped.add(secret);
        if secret.len() < SHORTEST {
            return;
        }
        for form in utf16(secret) {
            self.add_form(form);
        }
        let in_one_piece: String = secret.split_whitespace().collect();
        if in_one_piece.len() >= SHORTEST_OF_PIECES {
            self.add_form(in_one_piece);
        }
        let is_long = secret.len() > MOST_BYTES_OF_RARE;
        for common in spellings(COMMON, secret) {
            let twice = spellings(if is_long { COMMON } else { EVERY }, &common);
            for form in twice {
                self.add_form(form);
            }
        }
        for form in spellings(EVERY, secret) {
            if !is_long {
                for twice in spellings(COMMON, &form) {
                    self.add_form(twice);
                }
            }
            self.add_form(form);
        }
    }

    fn add_form(&mut self, form: String) {
        if form.is_empty() || !self.known.insert(form.clone()) {
            return;
        }
        let forms = match form.as_bytes().first_chunk() {
            Some(beginning) => {
                self.begins.resize(1 << 16, false);
                self.begins[first_two(*beginning)] = true;
                self.by_beginning.entry(*beginning).or_default()
            }
            None => &mut self.short,
        };
        let at = forms.partition_point(|other| other.len() > form.len());
        forms.insert(at, form);
    }

    /// Where they stand, in order: from where to where. Of one that was cut, the beginning.
    pub(super) fn places(&self, text: &str) -> Vec<(usize, usize)> {
        let dumped = |content: &str| self.places_in_text(content);
        let mut places = self.places_in_text(text);
        places.extend(dump::places_in(text, &dumped));
        places.sort_unstable();
        places.dedup_by(|next, last| {
            let is_one = next.0 <= last.1;
            last.1 = if is_one { last.1.max(next.1) } else { last.1 };
            is_one
        });
        places
    }

    /// The same without a look at dumps; in no order, and they may overlap.
    fn places_in_text(&self, text: &str) -> Vec<(usize, usize)> {
        let short = self.short.iter().flat_map(|form| text.match_indices(form));
        let mut places: Vec<_> = short.map(|(at, form)| (at, at + form.len())).collect();
        if self.by_beginning.is_empty() {
            return places;
        }
        places.extend(self.escaped.places_in(text));
        self.read(text, Way::Plain, 0, &mut places);
        for way in Way::further(text) {
            let shortest = if way.has_blanks() { 0 } else { SHORTEST_OF_PIECES };
            self.read(text, way, shortest, &mut places);
        }
        places
    }

    /// Adds the places of forms that are not too short, in a text that is read in this way.
    fn read(&self, text: &str, way: Way, shortest: usize, places: &mut Vec<(usize, usize)>) {
        // The last bytes that were read, and where.
        let (mut bytes, mut origin) = ([0; SHORTEST], [0; SHORTEST]);
        let (mut at, mut read) = (0, 0);
        while let Some(here) = way.next(text, at) {
            at = here + 1;
            read += 1;
            bytes.rotate_left(1);
            origin.rotate_left(1);
            (bytes[SHORTEST - 1], origin[SHORTEST - 1]) = (text.as_bytes()[here], here);
            if read < SHORTEST || !self.begins[first_two(bytes)] {
                continue;
            }
            let forms = self.by_beginning.get(&bytes).into_iter().flatten();
            let end = forms
                .take_while(|form| form.len() >= shortest)
                .find_map(|form| end(&form.as_bytes()[SHORTEST..], text, at, way));
            places.extend(end.map(|end| (origin[0], end)));
        }
    }
}

/// Where the rest of a form ends if it stands here: in the text, or where that was cut.
fn end(rest: &[u8], text: &str, mut at: usize, way: Way) -> Option<usize> {
    for (index, wanted) in rest.iter().enumerate() {
        let here = way.next(text, at)?;
        let behind = &text.as_bytes()[here..];
        if is_cut(behind) && !is_cut(&rest[index..]) {
            return Some(at);
        }
        if behind[0] != *wanted {
            return None;
        }
        at = here + 1;
    }
    Some(at)
}

fn first_two(beginning: [u8; SHORTEST]) -> usize {
    usize::from(beginning[0]) << 8 | usize::from(beginning[1])
}
