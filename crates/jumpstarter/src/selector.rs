//! Compares Kubernetes label selectors by meaning: a controller returns a selector in its own notation.
use std::collections::BTreeSet;

/// A selector's requirement on one label.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Demand<'a> {
    Exists,
    IsMissing,
    IsOneOf(BTreeSet<&'a str>),
    IsNot(&'a str),
}

/// Whether two selectors are equivalent, as far as can be determined without labels.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    demands(one) == demands(other)
}

/// The requirements by label; from `a=b`, `a==b`, `a!=b`, `a in (b, c)`, `a notin (b, c)`, `a` and `!a`.
fn demands(selector: &str) -> BTreeSet<(&str, Demand<'_>)> {
    let mut depth = 0;
    let between = |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    };
    let parts = selector.split(between).map(str::trim).filter(|part| !part.is_empty());
    parts.flat_map(demands_of_part).map(|(label, demand)| (label.trim(), demand)).collect()
}

fn demands_of_part(part: &str) -> Vec<(&str, Demand<'_>)> {
    if let Some((head, values)) = part.strip_suffix(')').and_then(|part| part.split_once('(')) {
        let values = values.split(',').map(str::trim);
        return match head.trim().rsplit_once(char::is_whitespace) {
            Some((label, "notin")) => values.map(|value| (label, Demand::IsNot(value))).collect(),
            Some((label, _)) => vec![(label, Demand::IsOneOf(values.collect()))],
            None => vec![(part, Demand::Exists)],
        };
    }
    vec![if let Some((label, value)) = part.split_once("!=") {
        (label, Demand::IsNot(value.trim()))
    } else if let Some((label, value)) = part.split_once('=') {
        (label, Demand::IsOneOf([value.trim_start_matches('=').trim()].into()))
    } else if let Some(label) = part.strip_prefix('!') {
        (label, Demand::IsMissing)
    } else {
        (part, Demand::Exists)
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_spelling_is_the_same() {
        for (asked, given_back) in [
            ("a==b, c!=d", "c!=d,a=b"),
            ("board=ev9,region!=us", "board=ev9,region notin (us)"),
            ("a notin (c,b)", "a!=b,a!=c"),
            ("b in ( y,x ), a in (z)", "a in (z),b in (x,y)"),
            ("a in (z)", "a = z"),
            ("! a,b", "b,!a"),
            ("a=", "a in ()"),
        ] {
            assert!(is_same(asked, given_back), "{asked} {given_back}");
        }
    }

    #[test]
    fn another_demand_is_not() {
        for (one, other) in [
            ("a=b", "a=c"),
            ("a=b", "a!=b"),
            ("a", "!a"),
            ("a=b", "a"),
            ("a in (b,c)", "a in (b)"),
            ("a in (b)", "a notin (b)"),
            ("a=b", "a=b,c=d"),
            ("a in (", "a in (b)"),
            ("(b)", "(c)"),
        ] {
            assert!(!is_same(one, other), "{one} {other}");
        }
    }
}
