//! What a plain scalar means in the dialect of yaml-validator 0.2, which is neither YAML 1.1 nor the core schema of YAML 1.2.

/// A value that is neither a list nor a map.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// `~` or `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// `7`, `+7`, `007`, `0x1F`, `0o17`.
    Integer(i64),
    /// `1.0`, `.5`, `1e3`, `.inf`, and integers that need more than 64 bits. Two reals are the same only if their texts are.
    Real {
        /// As it is written.
        text: String,
        /// What it is.
        value: f64,
    },
    /// Everything else, such as `yes`, `0b11`, `1_000` and `2025-09-04`, and whatever is quoted.
    Text(String),
}

impl Scalar {
    /// A scalar without quotes and without a tag.
    pub fn of_plain(text: &str) -> Scalar {
        if let Some(number) = integer(text) {
            return Scalar::Integer(number);
        }
        match text {
            "~" | "null" => Scalar::Null,
            "true" => Scalar::Boolean(true),
            "false" => Scalar::Boolean(false),
            _ => Scalar::real(text).unwrap_or_else(|| Scalar::Text(text.to_owned())),
        }
    }

    /// A scalar without quotes that has a tag `!!NAME`. The error is a clause.
    pub fn of_tagged(name: &str, text: &str) -> Result<Scalar, String> {
        let found = match name {
            "bool" => text.parse().ok().map(Scalar::Boolean),
            "int" => text.parse().ok().map(Scalar::Integer),
            "float" => Scalar::real(text),
            "null" => matches!(text, "~" | "null").then_some(Scalar::Null),
            _ => Some(Scalar::Text(text.to_owned())),
        };
        found.ok_or_else(|| format!("a value is not what its tag !!{name} says"))
    }

    fn real(text: &str) -> Option<Scalar> {
        let value = match text {
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => f64::INFINITY,
            "-.inf" | "-.Inf" | "-.INF" => f64::NEG_INFINITY,
            ".nan" | "NaN" | ".NAN" => f64::NAN,
            _ => text.parse().ok()?,
        };
        Some(Scalar::Real { text: text.to_owned(), value })
    }
}

fn integer(text: &str) -> Option<i64> {
    let in_base =
        |prefix, base| text.strip_prefix(prefix).and_then(|digits| i64::from_str_radix(digits, base).ok());
    in_base("0x", 16).or_else(|| in_base("0o", 8)).or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(scalar: &Scalar) -> String {
        match scalar {
            Scalar::Null => "null".into(),
            Scalar::Boolean(value) => format!("boolean {value}"),
            Scalar::Integer(value) => format!("integer {value}"),
            Scalar::Real { value, .. } => format!("real {value}"),
            Scalar::Text(text) => format!("string {text}"),
        }
    }

    #[test]
    fn plain_scalars_are_what_yaml_validator_makes_of_them() {
        for (text, expected) in [
            ("yes", "string yes"),
            ("on", "string on"),
            ("off", "string off"),
            ("True", "string True"),
            ("true", "boolean true"),
            ("Null", "string Null"),
            ("NULL", "string NULL"),
            ("null", "null"),
            ("~", "null"),
            ("0b11", "string 0b11"),
            ("017", "integer 17"),
            ("1_000", "string 1_000"),
            (".inf", "real inf"),
            ("-.INF", "real -inf"),
            (".nan", "real NaN"),
            ("inf", "real inf"),
            ("99999999999999999999", "real 100000000000000000000"),
            ("0x1F", "integer 31"),
            ("0o17", "integer 15"),
            ("+1", "integer 1"),
            ("-1", "integer -1"),
            ("1e3", "real 1000"),
            (".5", "real 0.5"),
            ("1.", "real 1"),
            ("1.0", "real 1"),
            ("2025-09-04", "string 2025-09-04"),
            ("12:30", "string 12:30"),
            ("0x", "string 0x"),
            ("--1", "string --1"),
        ] {
            assert_eq!(told(&Scalar::of_plain(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_tag_of_yaml_decides_and_must_be_true() {
        assert_eq!(Scalar::of_tagged("int", "7"), Ok(Scalar::Integer(7)));
        assert_eq!(Scalar::of_tagged("str", "7"), Ok(Scalar::Text("7".into())));
        assert_eq!(told(&Scalar::of_tagged("float", "7").unwrap()), "real 7");
        assert!(Scalar::of_tagged("int", "x").unwrap_err().contains("!!int"));
    }
}
