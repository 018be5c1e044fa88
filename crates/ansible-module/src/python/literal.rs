//! `ast.literal_eval(text)`, as far as JSON can carry what it yields.
use super::numbers::{float_number, parse_float, parse_whole, without_underscores};
use super::quoted::quoted;
use super::repr::str_of;
use serde_json::{Map, Number, Value};

/// As many brackets may be open at once in Python's own reader.
const MOST_BRACKETS: usize = 200;

/// The value of a Python literal: dicts, lists, tuples (as lists), texts, numbers, `True`, `False`, `None`.
///
/// Keys that are no text become one, as Python's JSON writer does it. Sets, bytes and complex numbers are no JSON: `None`.
pub(crate) fn literal_eval(text: &str) -> Option<Value> {
    if text.contains('\0') {
        return None;
    }
    let mut reader = Reader { rest: text, brackets: 0 };
    let value = reader.value()?;
    reader.skip_blanks();
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
    brackets: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self) -> Option<Value> {
        self.skip_blanks();
        if self.text_prefix().is_some() {
            return self.texts();
        }
        match self.rest.chars().next()? {
            '{' => self.bracketed(Self::dict),
            '[' => self.bracketed(|reader| Some(reader.items(']')?.0.into())),
            '(' => self.bracketed(Self::tuple),
            '+' | '-' | '.' | '0'..='9' => self.number(),
            _ => self.word(),
        }
    }

    /// Blanks, comments and continued lines, which mean nothing between brackets.
    fn skip_blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\x0c', '\r', '\n']);
            if let Some(continued) = self.rest.strip_prefix("\\\n").or(self.rest.strip_prefix("\\\r\n")) {
                self.rest = continued;
            } else if self.rest.starts_with('#') {
                self.rest = &self.rest[self.rest.find('\n').unwrap_or(self.rest.len())..];
            } else {
                return;
            }
        }
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip_blanks();
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// As much as `belongs`, from the start of the rest.
    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let (taken, rest) = self.rest.split_at(self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn bracketed(&mut self, read: fn(&mut Self) -> Option<Value>) -> Option<Value> {
        self.rest = &self.rest[1..];
        self.brackets += 1;
        if self.brackets > MOST_BRACKETS {
            return None;
        }
        let value = read(self);
        self.brackets -= 1;
        value
    }

    fn dict(&mut self) -> Option<Value> {
        let mut entries = Map::new();
        while !self.take("}") {
            let key = key_text(&self.value()?)?;
            if !self.take(":") {
                return None;
            }
            entries.insert(key, self.value()?);
            if !self.take(",") {
                return self.take("}").then_some(entries.into());
            }
        }
        Some(entries.into())
    }

    fn tuple(&mut self) -> Option<Value> {
        let (mut items, ends_in_comma) = self.items(')')?;
        // One value in parentheses is just that; `()` is an empty tuple.
        if items.len() == 1 && !ends_in_comma { items.pop() } else { Some(items.into()) }
    }

    /// Items up to the closing bracket, and whether a comma stood before it.
    fn items(&mut self, end: char) -> Option<(Vec<Value>, bool)> {
        let end = end.to_string();
        let mut items = vec![];
        while !self.take(&end) {
            items.push(self.value()?);
            if !self.take(",") {
                return self.take(&end).then_some((items, false));
            }
        }
        Some((items, true))
    }

    fn word(&mut self) -> Option<Value> {
        match self.take_while(|c| c.is_alphanumeric() || c == '_') {
            "True" => Some(true.into()),
            "False" => Some(false.into()),
            "None" => Some(Value::Null),
            _ => None,
        }
    }

    /// The length of what stands before a quote, and whether it makes a raw text; `None` if no text starts here.
    fn text_prefix(&self) -> Option<(usize, bool)> {
        let mut chars = self.rest.chars();
        match chars.next()? {
            '\'' | '"' => Some((0, false)),
            c @ ('r' | 'R' | 'u' | 'U') if matches!(chars.next(), Some('\'' | '"')) => {
                Some((1, c.eq_ignore_ascii_case(&'r')))
            }
            _ => None,
        }
    }

    /// Texts side by side are one.
    fn texts(&mut self) -> Option<Value> {
        let mut whole = String::new();
        while let Some((prefix, raw)) = self.text_prefix() {
            let (text, rest) = quoted(&self.rest[prefix..], raw)?;
            whole += &text;
            self.rest = rest;
            self.skip_blanks();
        }
        Some(whole.into())
    }

    fn number(&mut self) -> Option<Value> {
        let negative = self.take("-");
        if !negative {
            self.take("+");
        }
        self.skip_blanks();
        let mut token = self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_')).to_owned();
        // A sign within belongs to the exponent.
        if token.ends_with(['e', 'E']) && self.rest.starts_with(['+', '-']) {
            token += &self.rest[..1];
            self.rest = &self.rest[1..];
            token += self.take_while(|c| c.is_ascii_digit() || c == '_');
        }
        let sign = if negative { "-" } else { "" };
        number(&token, sign).map(Value::Number)
    }
}

/// A key as `json.dumps` writes it.
fn key_text(key: &Value) -> Option<String> {
    match key {
        Value::Array(_) | Value::Object(_) => None,
        Value::Null | Value::Bool(_) => Some(key.to_string()),
        _ => Some(str_of(key)),
    }
}

fn number(token: &str, sign: &str) -> Option<Number> {
    let lower = token.to_ascii_lowercase();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = lower.strip_prefix(prefix) {
            return in_radix(digits, radix).and_then(|digits| parse_whole(&format!("{sign}{digits}")));
        }
    }
    let digits = without_underscores(token)?;
    if digits.contains(['.', 'e', 'E']) {
        return parse_float(&format!("{sign}{digits}")).and_then(float_number);
    }
    let is_octal_of_old = digits.starts_with('0') && digits.contains(|c| c != '0');
    if is_octal_of_old { None } else { parse_whole(&format!("{sign}{digits}")) }
}

/// The decimal digits of a number in another radix, up to 128 bits.
fn in_radix(digits: &str, radix: u32) -> Option<String> {
    let well_placed = !digits.ends_with('_') && !digits.contains("__");
    let plain = digits.replace('_', "");
    if !well_placed || plain.starts_with(['+', '-']) {
        return None;
    }
    u128::from_str_radix(&plain, radix).ok().map(|number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn literals_yield_what_json_can_carry() {
        let cases = [
            (
                "{'a': [1, 2.5, None, True, (1,)], \"b\": 'x\\n'}",
                json!({"a": [1, 2.5, null, true, [1]], "b": "x\n"}),
            ),
            ("{}", json!({})),
            (
                "{'a': (), 'b': (1), 'c': (1, 2,), 'd': [1,],}",
                json!({"a": [], "b": 1, "c": [1, 2], "d": [1]}),
            ),
            ("{1: 2, 1.5: 2, True: 2, None: 2}", json!({"1": 2, "1.5": 2, "true": 2, "null": 2})),
            ("{ # a comment\n 'a' \\\n:\t'x' 'y' }  # the end", json!({"a": "xy"})),
            ("{'a': u'x' R'\\y' \"\"\"z\n\"\"\"}", json!({"a": "x\\yz\n"})),
        ];
        for (text, value) in cases {
            assert_eq!(literal_eval(text), Some(value), "{text}");
        }
    }

    #[test]
    fn numbers_follow_pythons_grammar() {
        let read = |text: &str| literal_eval(text).map(|value| value.to_string());
        let good = [
            ("-5", "-5"),
            ("+ 5", "5"),
            ("1_000", "1000"),
            ("00", "0"),
            ("-0", "0"),
            ("0x_1F", "31"),
            ("-0b101", "-5"),
            ("0O17", "15"),
            (".5", "0.5"),
            ("5.", "5.0"),
            ("1e+5", "100000.0"),
            ("1E-0_2", "0.01"),
            ("09.5", "9.5"),
            ("100000000000000000000", "100000000000000000000"),
        ];
        for (text, number) in good {
            assert_eq!(read(text).as_deref(), Some(number), "{text}");
        }
        for text in
            ["007", "1__0", "_1", "1_", "--1", "1+2", "1j", "1e", "1e400", "0x", "0x1_", "...", "-True", "٣"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let bad = [
            "",
            "{",
            "{'a'}",
            "{'a': 1} x",
            "{'a': 1};",
            "{'a': b''}",
            "{'a': f'x'}",
            "{[]: 1}",
            "{'a': {1}}",
            "{'a': set()}",
            "{'a': x}",
            "{**{}}",
            "{'a': 1 for a in []}",
            "{,}",
            "[1 2]",
            "{'a' 1}",
            "{'a': 'x\0'}",
            "\u{a0}1",
        ];
        for text in bad {
            assert_eq!(literal_eval(text), None, "{text}");
        }
    }

    #[test]
    fn as_many_brackets_as_in_python_may_be_open() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert!(literal_eval(&nested(MOST_BRACKETS)).is_some());
        assert_eq!(literal_eval(&nested(MOST_BRACKETS + 1)), None);
        assert_eq!(literal_eval(&"[".repeat(1_000_000)), None);
    }
}
