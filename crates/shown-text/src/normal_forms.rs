//! The normal forms of Unicode for the letters of Europe: `ä` is one character in NFC, and two in NFD. macOS and some keyboards and
//! databases change one into the other.
//!
//! The table holds Latin-1, Latin Extended-A, the letters of Romanian, and Cyrillic. All of Unicode takes 120 KB in the program.

/// The marks that stand behind a letter in NFD, each with pairs of a letter without it and with it.
const MARKS: [(char, &str); 14] = [
    ('\u{300}', "AÀEÈIÌOÒUÙaàeèiìoòuùЕЀИЍеѐиѝ"),
    ('\u{301}', "AÁEÉIÍOÓUÚYÝaáeéiíoóuúyýCĆcćLĹlĺNŃnńRŔrŕSŚsśZŹzźГЃКЌгѓкќ"),
    ('\u{302}', "AÂEÊIÎOÔUÛaâeêiîoôuûCĈcĉGĜgĝHĤhĥJĴjĵSŜsŝWŴwŵYŶyŷ"),
    ('\u{303}', "AÃNÑOÕaãnñoõIĨiĩUŨuũ"),
    ('\u{304}', "AĀaāEĒeēIĪiīOŌoōUŪuū"),
    ('\u{306}', "AĂaăEĔeĕGĞgğIĬiĭOŎoŏUŬuŭУЎИЙийуў"),
    ('\u{307}', "CĊcċEĖeėGĠgġIİZŻzż"),
    ('\u{308}', "AÄEËIÏOÖUÜaäeëiïoöuüyÿYŸЕЁІЇеёії"),
    ('\u{30a}', "AÅaåUŮuů"),
    ('\u{30b}', "OŐoőUŰuű"),
    ('\u{30c}', "CČcčDĎdďEĚeěLĽlľNŇnňRŘrřSŠsšTŤtťZŽzž"),
    ('\u{326}', "SȘsșTȚtț"),
    ('\u{327}', "CÇcçGĢgģKĶkķLĻlļNŅnņRŖrŗSŞsşTŢtţ"),
    ('\u{328}', "AĄaąEĘeęIĮiįUŲuų"),
];

/// In NFD.
pub(crate) fn decomposed(text: &str) -> String {
    let mut all = String::with_capacity(2 * text.len());
    for one in text.chars() {
        match pairs().find(|(_, _, whole)| *whole == one) {
            Some((letter, mark, _)) => all.extend([letter, mark]),
            None => all.push(one),
        }
    }
    all
}

/// In NFC.
pub(crate) fn composed(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(one) = rest.next() {
        let whole = rest.peek().and_then(|next| pairs().find(|it| (it.0, it.1) == (one, *next)));
        rest.next_if(|_| whole.is_some());
        all.push(whole.map_or(one, |it| it.2));
    }
    all
}

/// Letters, their marks, and both as one character.
fn pairs() -> impl Iterator<Item = (char, char, char)> {
    MARKS.iter().flat_map(|(mark, letters)| {
        let (without, with) = (letters.chars().step_by(2), letters.chars().skip(1).step_by(2));
        without.zip(with).map(|(letter, whole)| (letter, *mark, whole))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_becomes_the_other_and_nothing_else_changes() {
        for (whole, parts) in [
            ("pässwörd-ключ-🔑", "pa\u{308}sswo\u{308}rd-ключ-🔑"),
            ("Žluťoučký kůň", "Z\u{30c}lut\u{30c}ouc\u{30c}ky\u{301} ku\u{30a}n\u{30c}"),
            ("ёжий, țara, Łódź, ß", "е\u{308}жии\u{306}, t\u{326}ara, Ło\u{301}dz\u{301}, ß"),
            ("", ""),
            ("plain", "plain"),
        ] {
            assert_eq!((decomposed(whole), composed(parts)), (parts.to_owned(), whole.to_owned()));
            assert_eq!((decomposed(parts), composed(whole)), (parts.to_owned(), whole.to_owned()));
        }
    }

    #[test]
    fn the_table_holds_pairs_and_each_letter_once() {
        let whole: std::collections::BTreeSet<_> = pairs().map(|it| it.2).collect();
        assert_eq!((whole.len(), pairs().count()), (181, 181));
        assert!(pairs().all(|(letter, _, whole)| letter.is_alphabetic() && !whole.is_ascii()));
    }
}
