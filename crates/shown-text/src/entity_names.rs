//! The names that HTML has for characters, as far as programs write them: those of ASCII and of Latin-1.

/// The longest of the names.
pub(crate) const LONGEST_NAME: usize = 8;

/// For signs of ASCII.
const NAMES: [(&str, char); 43] = [
    ("amp", '&'),
    ("AMP", '&'),
    ("lt", '<'),
    ("LT", '<'),
    ("gt", '>'),
    ("GT", '>'),
    ("quot", '"'),
    ("QUOT", '"'),
    ("apos", '\''),
    ("excl", '!'),
    ("num", '#'),
    ("dollar", '$'),
    ("percnt", '%'),
    ("lpar", '('),
    ("rpar", ')'),
    ("ast", '*'),
    ("midast", '*'),
    ("plus", '+'),
    ("comma", ','),
    ("period", '.'),
    ("sol", '/'),
    ("colon", ':'),
    ("semi", ';'),
    ("equals", '='),
    ("quest", '?'),
    ("commat", '@'),
    ("lsqb", '['),
    ("lbrack", '['),
    ("bsol", '\\'),
    ("rsqb", ']'),
    ("rbrack", ']'),
    ("Hat", '^'),
    ("lowbar", '_'),
    ("UnderBar", '_'),
    ("grave", '`'),
    ("lcub", '{'),
    ("lbrace", '{'),
    ("verbar", '|'),
    ("vert", '|'),
    ("rcub", '}'),
    ("rbrace", '}'),
    ("Tab", '\t'),
    ("NewLine", '\n'),
];

/// For the characters of Latin-1 from U+00A0 on.
const OF_LATIN_1: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo",
    "not", "shy", "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot",
    "cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",
    "Atilde", "Auml", "Aring", "AElig", "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute",
    "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash",
    "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN", "szlig", "agrave", "aacute", "acirc", "atilde",
    "auml", "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc",
    "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml", "divide", "oslash", "ugrave",
    "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
];

/// So many of the first names are also read without a semicolon.
const OF_OLD: usize = 8;

/// The character that browsers also read where this name has no semicolon after it: the names of HTML 2 and of Latin-1.
pub(crate) fn without_semicolon(name: &str) -> Option<char> {
    NAMES[..OF_OLD].iter().find(|(known, _)| *known == name).map(|(_, one)| *one).or_else(|| of_latin_1(name))
}

/// The character with this name.
pub(crate) fn character(name: &str) -> Option<char> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, one)| *one).or_else(|| of_latin_1(name))
}

fn of_latin_1(name: &str) -> Option<char> {
    ('\u{a0}'..).zip(OF_LATIN_1).find(|(_, known)| *known == name).map(|(one, _)| one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found() {
        for (name, one) in
            [("auml", 'ä'), ("Auml", 'Ä'), ("nbsp", '\u{a0}'), ("yuml", 'ÿ'), ("times", '×'), ("amp", '&')]
        {
            assert_eq!(character(name), Some(one), "{name}");
        }
        assert_eq!((character("aum"), character("")), (None, None));
        assert_eq!((without_semicolon("quot"), without_semicolon("uuml")), (Some('"'), Some('ü')));
        assert_eq!((without_semicolon("apos"), without_semicolon("plus")), (None, None));
        assert!(NAMES.iter().map(|it| it.0).chain(OF_LATIN_1).all(|name| name.len() <= LONGEST_NAME));
    }
}
