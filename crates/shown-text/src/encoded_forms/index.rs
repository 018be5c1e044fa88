//! The forms by their beginnings, and where they stand in a text.
use super::{
    dump,
    forms::{Beginning, Forms},
    misread,
    way::Way,
};
use crate::{
    SHORTEST,
    encodings::{COMMON, EVERY, spellings, spellings_of_bytes},
    encodings_of_bytes::utf16,
    escaped::Escaped,
    normal_forms::{composed, decomposed},
    unescaped::{origins, unescaped},
};
use std::collections::BTreeSet;

/// A longer secret's rarer forms are not sought in other encodings: they would take megabytes.
const MOST_BYTES_OF_RARE: usize = 128;
/// What is shorter may be the words of a sentence, if its blanks are left out.
const SHORTEST_OF_PIECES: usize = 16;

/// A shorter text in hexadecimal is not known by its digits alone.
const SHORTEST_OF_HEX: usize = 16;
/// A secret that is shorter before it was escaped may be any word.
const SHORTEST_OF_UNESCAPED: usize = 8;
/// Whether forms as they are, or those of any size, begin with two bytes.
const AS_IT_IS: u8 = 1;
const OF_ANY_SIZE: u8 = 2;

#[derive(Clone)]
pub(super) struct Index {
    /// Which forms begin with these two bytes: most places in a text are done with by that.
    begins: Vec<u8>,
    as_they_are: Forms,
    /// Those in hexadecimal: what prints that may mix capitals and small letters.
    of_any_size: Forms,
    /// Those that are too short for that.
    short: BTreeSet<String>,
    escaped: Escaped,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            begins: vec![0; 1 << 16],
            as_they_are: Forms::default(),
            of_any_size: Forms::of_any_size(),
            short: BTreeSet::new(),
            escaped: Escaped::default(),
        }
    }
}

impl Index {
    pub(super) fn len(&self) -> usize {
        self.short.len() + self.as_they_are.all().len()
    }

    /// All forms, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.short.iter().chain(self.as_they_are.all()).map(String::as_str)
    }

    /// Makes ready what was added since the last time.
    pub(super) fn sort(&mut self) {
        self.as_they_are.sort();
        self.of_any_size.sort();
    }

    pub(super) fn add(&mut self, secret: &str) {
        // In a text without its escapes it stands without its own.
        if let Some(text) = unescaped(secret).filter(|text| text.len() >= SHORTEST_OF_UNESCAPED) {
            self.escaped.add(&text);
            self.add_with_common(text);
        }
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
        let Some([one, other, ..]) = form.as_bytes().first_chunk::<SHORTEST>().copied() else {
            self.short.extend((!form.is_empty()).then_some(form));
            return;
        };
        self.begins[two(one, other)] |= AS_IT_IS;
        if is_hex(&form) {
            let both = |byte: u8| [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()];
            for one in both(one) {
                for other in both(other) {
                    self.begins[two(one, other)] |= OF_ANY_SIZE;
                }
            }
            self.of_any_size.push(form.to_ascii_lowercase());
        }
        self.as_they_are.push(form);
    }

    /// Where they stand, in order: from where to where. Of one that was cut, the beginning.
    pub(super) fn places(&self, text: &str) -> Vec<(usize, usize)> {
        let mut places = self.places_with_dumps(text);
        // Whatever stands between its pieces may have been escaped.
        if let Some(meant) = unescaped(text).filter(|_| !self.as_they_are.all().is_empty()) {
            let mut found = in_order(self.places_with_dumps(&meant));
            origins(text, &mut found);
            places.extend(found);
        }
        in_order(places)
    }

    fn places_with_dumps(&self, text: &str) -> Vec<(usize, usize)> {
        let mut places = self.places_in_text(text);
        places.extend(dump::places_in(text, &|content| self.places_in_text(content)));
        places
    }

    /// The same without a look at dumps; in no order, and they may overlap.
    fn places_in_text(&self, text: &str) -> Vec<(usize, usize)> {
        let short = self.short.iter().flat_map(|form| text.match_indices(form));
        let mut places: Vec<_> = short.map(|(at, form)| (at, at + form.len())).collect();
        if self.as_they_are.all().is_empty() {
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
        let (mut bytes, mut origin): (Beginning, _) = ([0; SHORTEST], [0; SHORTEST]);
        let (mut at, mut read) = (0, 0);
        while let Some(here) = way.next(text, at) {
            at = here + 1;
            read += 1;
            bytes.rotate_left(1);
            origin.rotate_left(1);
            (bytes[SHORTEST - 1], origin[SHORTEST - 1]) = (text.as_bytes()[here], here);
            let begins = self.begins[two(bytes[0], bytes[1])];
            if read < SHORTEST || begins == 0 {
                continue;
            }
            for (flag, forms) in [(AS_IT_IS, &self.as_they_are), (OF_ANY_SIZE, &self.of_any_size)] {
                if begins & flag != 0 {
                    let end = forms.end(bytes, text, at, way, shortest);
                    places.extend(end.map(|end| (origin[0], end)));
                }
            }
        }
    }
}

/// Those that overlap or touch as one, in order.
fn in_order(mut places: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    places.sort_unstable();
    places.dedup_by(|next, last| {
        let is_one = next.0 <= last.1;
        last.1 = if is_one { last.1.max(next.1) } else { last.1 };
        is_one
    });
    places
}

fn two(one: u8, other: u8) -> usize {
    usize::from(one) << 8 | usize::from(other)
}

/// Whether a form is bytes in hexadecimal, with whatever stands between them.
fn is_hex(form: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || b" :-.,\\xX".contains(&byte);
    form.len() >= SHORTEST_OF_HEX
        && form.bytes().all(is_part)
        && form.bytes().any(|byte| byte.is_ascii_alphabetic())
}
