//! Windows-1252, the encoding that programs without UTF-8 have in western Europe and America: Latin-1, with signs where that has controls.

/// The characters from 0x80 on; a control where there is none.
const SIGNS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The character of a byte.
pub(crate) fn character(byte: u8) -> char {
    match byte {
        0x80..0xa0 => SIGNS[usize::from(byte - 0x80)],
        _ => byte.into(),
    }
}

/// The byte of a character, if it has one.
pub(crate) fn byte(character: char) -> Option<u8> {
    let of_sign = || (0x80..).zip(SIGNS).find(|(_, sign)| *sign == character).map(|(byte, _)| byte);
    of_sign().or_else(|| u8::try_from(character).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_a_character_and_that_is_the_byte() {
        assert!((0..=255).all(|it| byte(character(it)) == Some(it)));
        assert_eq!(
            (byte('ä'), byte('€'), byte('к'), byte('\u{80}')),
            (Some(0xe4), Some(0x80), None, Some(0x80))
        );
    }
}
