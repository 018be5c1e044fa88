//! One value to one type, as `ansible.module_utils.common.validation.check_type_*` does (2.19).
use crate::{Env, python as py, spec::Type};
use serde_json::{Map, Value};

pub fn coerce(ty: Type, v: Value, env: &dyn Env) -> Result<Value, String> {
    match ty {
        Type::Str => Ok(text(v).into()),
        Type::Raw => Ok(v),
        Type::Path => Ok(expand_user(&expand_vars(&text(v), env), env).into()),
        Type::Bool => boolean(v),
        Type::Int => int(v),
        Type::Float => {
            let f = match &v {
                Value::Number(n) if !py::is_int(n) => return Ok(v),
                Value::Number(n) => n.as_str().parse().ok(),
                Value::Bool(b) => Some(f64::from(u8::from(*b))),
                Value::String(s) => py::float(s),
                _ => None,
            };
            f.map(py::float_value).ok_or_else(|| format!("{} cannot be converted to a float", py::class(&v)))
        }
        Type::List => match v {
            Value::Array(_) => Ok(v),
            Value::String(s) => Ok(s.split(',').collect::<Vec<_>>().into()),
            Value::Number(_) | Value::Bool(_) => Ok(vec![py::str_of(&v)].into()),
            v => Err(format!("{} cannot be converted to a list", py::class(&v))),
        },
        Type::Dict => dict(v),
        Type::Json => match v {
            Value::String(s) => Ok(s.trim().into()),
            Value::Array(_) | Value::Object(_) => Ok(py::dumps(&v).into()),
            v => Err(format!("{} cannot be converted to a json string", py::class(&v))),
        },
        Type::Bytes => {
            size(&v, false).ok_or_else(|| format!("{} cannot be converted to a Byte value", py::class(&v)))
        }
        Type::Bits => {
            size(&v, true).ok_or_else(|| format!("{} cannot be converted to a Bit value", py::class(&v)))
        }
    }
}

fn text(v: Value) -> String {
    match v {
        Value::String(s) => s,
        Value::Null => String::new(),
        v => py::repr(&v),
    }
}

fn boolean(v: Value) -> Result<Value, String> {
    let t = match &v {
        Value::Bool(_) => return Ok(v),
        Value::String(s) => s.to_lowercase().trim().to_string(),
        Value::Number(n) => match n.as_str().parse::<f64>() {
            Ok(1.0) => "1".into(),
            Ok(0.0) => "0".into(),
            _ => String::new(),
        },
        v => return Err(format!("{} cannot be converted to a bool", py::class(v))),
    };
    match t.as_str() {
        "y" | "yes" | "on" | "1" | "true" | "t" => Ok(true.into()),
        "n" | "no" | "off" | "0" | "false" | "f" => Ok(false.into()),
        _ => Err(format!(
            "The value '{}' is not a valid boolean. Valid booleans include: 'y', 'yes', 'on', '1', 'true', 't', 1, 'n', 'no', 'off', '0', 'false', 'f', 0",
            py::str_of(&v)
        )),
    }
}

fn int(v: Value) -> Result<Value, String> {
    let n = match &v {
        Value::Bool(_) => return Ok(v), // bool is an int in Python
        Value::Number(n) if py::is_int(n) => return Ok(v),
        Value::Number(n) => n
            .as_str()
            .parse::<f64>()
            .ok()
            .filter(|f| f.fract() == 0.0)
            .and_then(|f| py::whole_decimal(&format!("{f:.0}"))),
        Value::String(s) => py::whole_decimal(s),
        _ => None,
    };
    n.map(Value::Number).ok_or_else(|| format!("\"{}\" cannot be converted to an int", py::repr(&v)))
}

pub fn dict(v: Value) -> Result<Value, String> {
    let s = match v {
        Value::Object(_) => return Ok(v),
        Value::String(s) => s,
        v => return Err(format!("{} cannot be converted to a dict", py::class(&v))),
    };
    if s.starts_with('{') {
        return serde_json::from_str(&s)
            .ok()
            .or_else(|| py::literal_eval(&s).filter(Value::is_object))
            .ok_or_else(|| "unable to evaluate string as dictionary".into());
    }
    if !s.contains('=') {
        return Err("dictionary requested, could not parse JSON or key=value".into());
    }
    let (mut fields, mut field, mut quote, mut escaped) = (vec![], String::new(), None, false);
    for c in s.trim().chars() {
        match c {
            c if escaped => {
                field.push(c);
                escaped = false
            }
            '\\' => escaped = true,
            '\'' | '"' if quote.is_none() => quote = Some(c),
            c if quote == Some(c) => quote = None,
            ',' | ' ' if quote.is_none() => {
                if !field.is_empty() {
                    fields.push(std::mem::take(&mut field))
                }
            }
            c => field.push(c),
        }
    }
    if !field.is_empty() {
        fields.push(field)
    }
    fields
        .iter()
        .map(|f| f.split_once('=').map(|(k, v)| (k.to_string(), v.into())))
        .collect::<Option<Map<_, _>>>()
        .map(Value::Object)
        .ok_or_else(|| "unable to evaluate string in the \"key=value\" format as dictionary".into())
}

fn size(v: &Value, bits: bool) -> Option<Value> {
    let s = py::str_of(v);
    let t = s.trim_end();
    let unit_at = t.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(t.len());
    let (num, unit) = (&t[..unit_at], t[unit_at..].trim_start());
    if num.is_empty()
        || num.ends_with('.')
        || num.matches('.').count() > 1
        || !unit.chars().all(|c| c.is_ascii_alphabetic())
    {
        return None;
    }
    let num: f64 = num.parse().ok()?;
    let mut factor = 1.0;
    if let Some(first) = unit.chars().next() {
        let key = first.to_ascii_uppercase();
        factor = 1024f64.powi("BKMGTPEZY".find(key)? as i32);
        if unit.len() > 1 {
            let long = ["", "kilo", "mega", "giga", "tera", "peta", "exa", "zeta", "yotta"]
                ["BKMGTPEZY".find(key)?]
            .to_string()
                + if bits { "bit" } else { "byte" };
            let class = if bits { 'b' } else { 'B' };
            let short = if key == 'B' { class.to_string() } else { format!("{key}{class}") };
            if unit.to_lowercase() != long && unit != short {
                return None;
            }
        }
    }
    py::whole_decimal(&format!("{:.0}", (num * factor).round_ties_even())).map(Value::Number)
}

fn expand_vars(s: &str, env: &dyn Env) -> String {
    let (mut out, mut rest) = (String::new(), s);
    while let Some(i) = rest.find('$') {
        out.push_str(&rest[..i]);
        let after = &rest[i + 1..];
        let (name, len) = if let Some(b) = after.strip_prefix('{') {
            match b.find('}') {
                Some(e) => (&b[..e], e + 2),
                None => ("", 0),
            }
        } else {
            let e = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
            (&after[..e], e)
        };
        match env.get(name).filter(|_| !name.is_empty()) {
            Some(v) => out.push_str(&v),
            None => {
                out.push('$');
                out.push_str(&after[..len])
            }
        }
        rest = &after[len..];
    }
    out + rest
}
fn expand_user(s: &str, env: &dyn Env) -> String {
    let Some(rest) = s.strip_prefix('~') else { return s.into() };
    let (user, tail) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let home = if user.is_empty() {
        env.get("HOME").filter(|h| !h.is_empty())
    } else {
        std::fs::read_to_string("/etc/passwd").ok().and_then(|t| {
            t.lines()
                .map(|l| l.split(':').collect::<Vec<_>>())
                .find(|f| f[0] == user && f.len() > 5)
                .map(|f| f[5].to_string())
        })
    };
    match home {
        Some(h) => {
            let j = h.trim_end_matches('/').to_string() + tail;
            if j.is_empty() { "/".into() } else { j }
        }
        None => s.into(),
    }
}
