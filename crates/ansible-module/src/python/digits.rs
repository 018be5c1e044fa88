//! Which characters Python takes for blanks and digits when it reads a number.

/// The zero of each set of decimal digits in Unicode 15.1, which Python 3.13 knows; the other nine digits follow it.
const ZEROS: [char; 68] = [
    '\u{0030}',  // ASCII
    '\u{0660}',  // Arabic-Indic
    '\u{06F0}',  // Extended Arabic-Indic
    '\u{07C0}',  // NKo
    '\u{0966}',  // Devanagari
    '\u{09E6}',  // Bengali
    '\u{0A66}',  // Gurmukhi
    '\u{0AE6}',  // Gujarati
    '\u{0B66}',  // Oriya
    '\u{0BE6}',  // Tamil
    '\u{0C66}',  // Telugu
    '\u{0CE6}',  // Kannada
    '\u{0D66}',  // Malayalam
    '\u{0DE6}',  // Sinhala
    '\u{0E50}',  // Thai
    '\u{0ED0}',  // Lao
    '\u{0F20}',  // Tibetan
    '\u{1040}',  // Myanmar
    '\u{1090}',  // Myanmar Shan
    '\u{17E0}',  // Khmer
    '\u{1810}',  // Mongolian
    '\u{1946}',  // Limbu
    '\u{19D0}',  // New Tai Lue
    '\u{1A80}',  // Tai Tham Hora
    '\u{1A90}',  // Tai Tham Tham
    '\u{1B50}',  // Balinese
    '\u{1BB0}',  // Sundanese
    '\u{1C40}',  // Lepcha
    '\u{1C50}',  // Ol Chiki
    '\u{A620}',  // Vai
    '\u{A8D0}',  // Saurashtra
    '\u{A900}',  // Kayah Li
    '\u{A9D0}',  // Javanese
    '\u{A9F0}',  // Myanmar Tai Laing
    '\u{AA50}',  // Cham
    '\u{ABF0}',  // Meetei Mayek
    '\u{FF10}',  // Fullwidth
    '\u{104A0}', // Osmanya
    '\u{10D30}', // Hanifi Rohingya
    '\u{11066}', // Brahmi
    '\u{110F0}', // Sora Sompeng
    '\u{11136}', // Chakma
    '\u{111D0}', // Sharada
    '\u{112F0}', // Khudawadi
    '\u{11450}', // Newa
    '\u{114D0}', // Tirhuta
    '\u{11650}', // Modi
    '\u{116C0}', // Takri
    '\u{11730}', // Ahom
    '\u{118E0}', // Warang Citi
    '\u{11950}', // Dives Akuru
    '\u{11C50}', // Bhaiksuki
    '\u{11D50}', // Masaram Gondi
    '\u{11DA0}', // Gunjala Gondi
    '\u{11F50}', // Kawi
    '\u{16A60}', // Mro
    '\u{16AC0}', // Tangsa
    '\u{16B50}', // Pahawh Hmong
    '\u{1D7CE}', // Mathematical Bold
    '\u{1D7D8}', // Mathematical Double-Struck
    '\u{1D7E2}', // Mathematical Sans-Serif
    '\u{1D7EC}', // Mathematical Sans-Serif Bold
    '\u{1D7F6}', // Mathematical Monospace
    '\u{1E140}', // Nyiakeng Puachue Hmong
    '\u{1E2F0}', // Wancho
    '\u{1E4F0}', // Nag Mundari
    '\u{1E950}', // Adlam
    '\u{1FBF0}', // Segmented
];

/// `text.strip()`
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `c.isspace()`: beyond the blanks of Unicode, the four separators that ASCII has.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// `text` with each decimal digit of any script as its ASCII twin.
pub(super) fn ascii_digits(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() { c } else { digit(c).unwrap_or(c) }).collect()
}

fn digit(c: char) -> Option<char> {
    let zero = match ZEROS.binary_search(&c) {
        Ok(exact) => exact,
        Err(next) => next.checked_sub(1)?,
    };
    char::from_digit(u32::from(c) - u32::from(ZEROS[zero]), 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_any_script_become_ascii() {
        assert_eq!(ascii_digits("٣४９\u{1d7d9}\u{1d7ff}\u{1fbf9}"), "349199");
    }

    #[test]
    fn anything_else_stays() {
        // The characters before the first set and right behind one.
        assert_eq!(ascii_digits("½é\u{66a}\u{1fbfa}"), "½é\u{66a}\u{1fbfa}");
    }

    #[test]
    fn zeros_are_sorted_for_the_search() {
        assert!(ZEROS.is_sorted());
    }

    #[test]
    fn strip_takes_what_python_calls_a_space() {
        assert_eq!(strip("\x1f\u{a0} \n5 5\u{3000}\x1c"), "5 5");
        assert_eq!(strip("\u{200b}5"), "\u{200b}5");
    }
}
