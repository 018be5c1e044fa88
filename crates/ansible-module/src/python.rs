//! How Python would print, read and compare a JSON value.
use serde_json::{Map, Number, Value};
use std::fmt::Write;

pub fn type_name(v: &Value) -> &'static str {
    match v {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(n) if is_int(n) => "int",
        Value::Number(_) => "float",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}
pub fn class(v: &Value) -> String {
    format!("<class '{}'>", type_name(v))
}

pub fn is_int(n: &Number) -> bool {
    !n.as_str().contains(['.', 'e', 'E'])
}

/// `str(v)`
pub fn str_of(v: &Value) -> String {
    match v {
        Value::String(s) => s.clone(),
        _ => repr(v),
    }
}
/// `repr(v)`
pub fn repr(v: &Value) -> String {
    let mut s = String::new();
    write_repr(v, &mut s);
    s
}

fn write_repr(v: &Value, out: &mut String) {
    match v {
        Value::Null => out.push_str("None"),
        Value::Bool(b) => out.push_str(if *b { "True" } else { "False" }),
        Value::Number(n) if is_int(n) => out.push_str(if n.as_str() == "-0" { "0" } else { n.as_str() }),
        Value::Number(n) => out.push_str(&float_repr(n.as_str().parse().unwrap_or(f64::NAN))),
        Value::String(s) => repr_str(s, out),
        Value::Array(a) => {
            out.push('[');
            for (i, x) in a.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ")
                }
                write_repr(x, out)
            }
            out.push(']');
        }
        Value::Object(m) => {
            out.push('{');
            for (i, (k, x)) in m.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ")
                }
                repr_str(k, out);
                out.push_str(": ");
                write_repr(x, out);
            }
            out.push('}');
        }
    }
}
fn repr_str(s: &str, out: &mut String) {
    let q = if s.contains('\'') && !s.contains('"') { '"' } else { '\'' };
    out.push(q);
    for c in s.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == q => {
                out.push('\\');
                out.push(c)
            }
            c if printable(c) => out.push(c),
            c => {
                let n = c as u32;
                let _ = if n < 0x100 {
                    write!(out, "\\x{n:02x}")
                } else if n < 0x10000 {
                    write!(out, "\\u{n:04x}")
                } else {
                    write!(out, "\\U{n:08x}")
                };
            }
        }
    }
    out.push(q);
}
/// `str.isprintable()`: Rust's own table for `{:?}` is made from the same categories (but for a combining mark at the start).
fn printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    let mut b = [b'a'; 5];
    let n = c.encode_utf8(&mut b[1..]).len();
    !str::from_utf8(&b[..=n]).unwrap_or("").escape_debug().any(|e| e == '\\')
}
pub fn float_repr(f: f64) -> String {
    if f.is_nan() {
        return "nan".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf" } else { "-inf" }.into();
    }
    if f == 0.0 {
        return if f.is_sign_negative() { "-0.0" } else { "0.0" }.into();
    }
    let a = f.abs();
    if (1e-4..1e16).contains(&a) {
        let s = format!("{f}");
        if s.contains('.') { s } else { s + ".0" }
    } else {
        let s = format!("{f:e}");
        let (m, e) = s.split_once('e').unwrap();
        let e: i32 = e.parse().unwrap();
        format!("{m}e{}{:02}", if e < 0 { '-' } else { '+' }, e.abs())
    }
}

const ZEROS: &[u32] = &include!("digit_zeros.in");
/// Every Unicode decimal digit becomes its ASCII twin, as `int()` and `float()` read it.
fn ascii_digits(s: &str) -> String {
    s.chars()
        .map(|c| {
            if c.is_ascii() {
                return c;
            }
            let c32 = c as u32;
            match ZEROS.binary_search(&c32) {
                Ok(_) => '0',
                Err(0) => c,
                Err(i) if c32 - ZEROS[i - 1] < 10 => (b'0' + (c32 - ZEROS[i - 1]) as u8) as char,
                Err(_) => c,
            }
        })
        .collect()
}

/// `int(decimal.Decimal(text))` when whole; the digits, of any length.
pub fn whole_decimal(text: &str) -> Option<Number> {
    let t = ascii_digits(text.trim()).replace('_', "");
    let (neg, t) = match t.as_bytes().first()? {
        b'-' => (true, &t[1..]),
        b'+' => (false, &t[1..]),
        _ => (false, &t[..]),
    };
    let (mantissa, exp) = match t.split_once(['e', 'E']) {
        Some((m, e)) => (m, e.parse::<i64>().ok()?),
        None => (t, 0),
    };
    let (whole, frac) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.len() + frac.len() == 0 || !whole.bytes().chain(frac.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut digits = format!("{whole}{frac}");
    if digits.bytes().all(|b| b == b'0') {
        return Some(Number::from(0));
    }
    let shift = exp - frac.len() as i64;
    if shift > 4300 {
        return None;
    } // Python's own limit for printing an int
    if shift >= 0 {
        digits.extend(std::iter::repeat_n('0', shift as usize))
    } else {
        let cut = digits.len().checked_sub((-shift) as usize)?;
        if digits[cut..].bytes().any(|b| b != b'0') {
            return None;
        }
        digits.truncate(cut);
    }
    let d = digits.trim_start_matches('0');
    if d.len() > 4300 {
        return None;
    }
    format!("{}{d}", if neg { "-" } else { "" }).parse().ok()
}

/// `float(text)`; `nan` and `inf` are refused, as JSON can't carry them.
pub fn float(text: &str) -> Option<f64> {
    let t = ascii_digits(text.trim());
    let b = t.as_bytes();
    for (i, c) in b.iter().enumerate() {
        if *c == b'_' && !(i > 0 && b[i - 1].is_ascii_digit() && b.get(i + 1).is_some_and(u8::is_ascii_digit))
        {
            return None;
        }
    }
    t.replace('_', "").parse::<f64>().ok().filter(|f| f.is_finite())
}
pub fn float_value(f: f64) -> Value {
    float_repr(f).parse::<Number>().map_or(Value::Null, Value::Number)
}

/// `a == b`
pub fn eq(a: &Value, b: &Value) -> bool {
    fn num(v: &Value) -> Option<Result<i128, f64>> {
        match v {
            Value::Bool(b) => Some(Ok(*b as i128)),
            Value::Number(n) => {
                Some(n.as_str().parse::<i128>().map_err(|_| n.as_str().parse().unwrap_or(f64::NAN)))
            }
            _ => None,
        }
    }
    match (num(a), num(b)) {
        (Some(Ok(x)), Some(Ok(y))) => x == y,
        (Some(x), Some(y)) => {
            if a.is_number() && b.is_number() && a.to_string() == b.to_string() {
                return true;
            }
            x.map_or_else(|f| f, |i| i as f64) == y.map_or_else(|f| f, |i| i as f64)
        }
        (None, None) => a == b,
        _ => false,
    }
}

/// `json.dumps(v)` with Python's separators and escapes.
pub fn dumps(v: &Value) -> String {
    let mut s = String::new();
    write_dumps(v, &mut s);
    s
}
fn write_dumps(v: &Value, out: &mut String) {
    match v {
        Value::Number(n) if !is_int(n) => out.push_str(&float_repr(n.as_str().parse().unwrap_or(0.0))),
        Value::String(s) => dumps_str(s, out),
        Value::Array(a) => {
            out.push('[');
            for (i, x) in a.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ")
                }
                write_dumps(x, out)
            }
            out.push(']');
        }
        Value::Object(m) => {
            out.push('{');
            for (i, (k, x)) in m.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ")
                }
                dumps_str(k, out);
                out.push_str(": ");
                write_dumps(x, out)
            }
            out.push('}');
        }
        v => {
            let _ = write!(out, "{v}");
        }
    }
}
fn dumps_str(s: &str, out: &mut String) {
    let quoted = Value::from(s).to_string();
    let mut buf = [0; 2];
    for c in quoted.chars() {
        if c.is_ascii() && c != '\x7f' {
            out.push(c)
        } else {
            for u in c.encode_utf16(&mut buf) {
                let _ = write!(out, "\\u{u:04x}");
            }
        }
    }
}

/// `ast.literal_eval(text)` for what JSON can carry.
pub fn literal_eval(text: &str) -> Option<Value> {
    let c: Vec<char> = text.trim().chars().collect();
    let mut p = Lit { c: &c, i: 0, depth: 0 };
    let v = p.value()?;
    p.ws();
    (p.i == c.len()).then_some(v)
}
struct Lit<'a> {
    c: &'a [char],
    i: usize,
    depth: u32,
}
impl Lit<'_> {
    fn ws(&mut self) {
        while self.c.get(self.i).is_some_and(|c| c.is_whitespace()) {
            self.i += 1
        }
    }
    fn peek(&self) -> Option<char> {
        self.c.get(self.i).copied()
    }
    fn eat(&mut self, x: char) -> bool {
        self.ws();
        let hit = self.peek() == Some(x);
        self.i += hit as usize;
        hit
    }
    fn value(&mut self) -> Option<Value> {
        self.depth += 1;
        if self.depth > 200 {
            return None;
        }
        self.ws();
        let v = match self.peek()? {
            '{' => {
                self.i += 1;
                self.dict()?
            }
            '[' => {
                self.i += 1;
                Value::Array(self.items(']')?.0)
            }
            '(' => {
                self.i += 1;
                let (mut v, comma) = self.items(')')?;
                if v.len() == 1 && !comma { v.pop()? } else { Value::Array(v) }
            }
            '\'' | '"' => {
                let mut s = String::new();
                while matches!(self.peek(), Some('\'' | '"')) {
                    s += &self.text()?;
                    self.ws()
                }
                Value::String(s)
            }
            c if c.is_ascii_digit() || matches!(c, '-' | '+' | '.') => self.number()?,
            _ => {
                let s = self.i;
                while self.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') {
                    self.i += 1
                }
                match self.c[s..self.i].iter().collect::<String>().as_str() {
                    "True" => true.into(),
                    "False" => false.into(),
                    "None" => Value::Null,
                    _ => return None,
                }
            }
        };
        self.depth -= 1;
        Some(v)
    }
    fn dict(&mut self) -> Option<Value> {
        let mut m = Map::new();
        loop {
            if self.eat('}') {
                return Some(m.into());
            }
            let k = self.value()?;
            if !self.eat(':') {
                return None;
            }
            let v = self.value()?;
            if k.is_array() || k.is_object() {
                return None;
            }
            m.insert(str_of(&k), v);
            if !self.eat(',') {
                return self.eat('}').then_some(m.into());
            }
        }
    }
    fn items(&mut self, end: char) -> Option<(Vec<Value>, bool)> {
        let (mut v, mut comma) = (vec![], false);
        loop {
            if self.eat(end) {
                return Some((v, comma));
            }
            v.push(self.value()?);
            comma = self.eat(',');
            if !comma {
                return self.eat(end).then_some((v, false));
            }
        }
    }
    fn text(&mut self) -> Option<String> {
        let q = self.peek()?;
        self.i += 1;
        let mut s = String::new();
        loop {
            let c = self.peek()?;
            self.i += 1;
            match c {
                c if c == q => return Some(s),
                '\n' => return None,
                '\\' => {
                    let e = self.peek()?;
                    self.i += 1;
                    match e {
                        'n' => s.push('\n'),
                        't' => s.push('\t'),
                        'r' => s.push('\r'),
                        '\\' | '\'' | '"' => s.push(e),
                        '0' => s.push('\0'),
                        'x' | 'u' | 'U' => {
                            let n = match e {
                                'x' => 2,
                                'u' => 4,
                                _ => 8,
                            };
                            let h: String = self.c.get(self.i..self.i + n)?.iter().collect();
                            self.i += n;
                            s.push(char::from_u32(u32::from_str_radix(&h, 16).ok()?)?);
                        }
                        e => {
                            s.push('\\');
                            s.push(e)
                        }
                    }
                }
                c => s.push(c),
            }
        }
    }
    fn number(&mut self) -> Option<Value> {
        let s = self.i;
        while self.peek().is_some_and(|c| {
            c.is_ascii_alphanumeric()
                || matches!(c, '.' | '_')
                || (matches!(c, '-' | '+') && (self.i == s || matches!(self.c[self.i - 1], 'e' | 'E')))
        }) {
            self.i += 1
        }
        let t: String = self.c[s..self.i].iter().collect();
        if t.contains(['.', 'e', 'E']) {
            float(&t).map(float_value)
        } else {
            whole_decimal(&t).map(Value::Number)
        }
    }
}
