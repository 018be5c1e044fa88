//! Finds the secrets among the values for Terraform, so that they are masked wherever they turn up: Terraform quotes whole lines of them in its errors,
//! and shows them where a provider has not marked an attribute as sensitive.
use serde_json::Value;
use std::collections::BTreeSet;

/// What is in the name of a value that nobody should see.
const WORDS: [&str; 13] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "credential",
    "private_key",
    "api_key",
    "apikey",
    "access_key",
    "auth",
    "cert_key",
    "pwd",
];

/// What would be in other words as well, such as `bypass`.
const PARTS: [&str; 6] = ["pass", "dbpass", "userpass", "pw", "psk", "pin"];

/// The secrets in the text of a `.tfvars` or `.json` file: what is below a name that speaks of secrets, or below one of these variables.
pub(super) fn secrets(text: &str, sensitive: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match serde_json::from_str::<Value>(text) {
        Ok(value) => of_json(&value, false, sensitive, &mut found),
        Err(_) => of_hcl(text, sensitive, &mut found),
    }
    found.retain(|secret| !secret.trim().is_empty());
    found
}

/// The variables of a module that are declared `sensitive`, in the text of a `.tf` file.
pub(super) fn sensitive_variables(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut variable: Option<&str> = None;
    for line in text.lines() {
        // Another block.
        if !line.starts_with(char::is_whitespace) {
            variable = None;
        }
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("variable") {
            variable = rest.trim().trim_end_matches('{').split('"').nth(1);
        }
        let words: Vec<_> =
            line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
        if let (Some(name), true) = (variable, words.windows(2).any(|pair| pair == ["sensitive", "true"])) {
            found.insert(name.to_owned());
        }
    }
    found
}

/// The secrets that a module brings itself, in the text of a `.tf` file: the defaults of the variables that are declared `sensitive`.
pub(super) fn secret_defaults(text: &str) -> BTreeSet<String> {
    let sensitive = sensitive_variables(text);
    let (mut blocks, mut is_secret) = (String::new(), false);
    for line in text.lines() {
        // Another block, or the end of one.
        if !line.starts_with(char::is_whitespace) {
            let name = line.strip_prefix("variable").and_then(|rest| rest.split('"').nth(1));
            is_secret = name.is_some_and(|name| sensitive.contains(name));
        }
        if is_secret {
            blocks.push_str(line);
            blocks.push('\n');
        }
    }
    let mut found = BTreeSet::new();
    of_hcl(&blocks, &BTreeSet::from(["default".to_owned()]), &mut found);
    found.retain(|secret| !secret.trim().is_empty());
    found
}

fn speaks_of_secrets(name: &str, sensitive: &BTreeSet<String>) -> bool {
    let lower = name.to_lowercase().replace('-', "_");
    let has_part = lower.split('_').any(|part| PARTS.contains(&part));
    let has_word = !lower.contains("author") && WORDS.iter().any(|word| lower.contains(word));
    sensitive.contains(name) || has_part || has_word
}

fn of_json(value: &Value, is_secret: bool, sensitive: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                of_json(value, is_secret || speaks_of_secrets(name, sensitive), sensitive, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| of_json(value, is_secret, sensitive, found)),
        Value::String(text) if is_secret => {
            found.insert(text.clone());
        }
        Value::Number(number) if is_secret => {
            found.insert(number.to_string());
        }
        _ => {}
    }
}

/// Without a parser for HCL, and also for what is no valid HCL: everything from a name that speaks of secrets to the end of its value, which is the
/// end of the line, or of the brackets or the heredoc that begin in it.
fn of_hcl(text: &str, sensitive: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    let mut depth = 0_usize;
    let mut heredoc: Option<String> = None;
    for line in text.lines() {
        let mut rest = line.trim();
        if let Some(end) = &heredoc {
            if rest == end {
                heredoc = None;
            } else {
                found.insert(rest.to_owned());
            }
            continue;
        }
        if depth == 0 {
            let Some(value) = value_of_secret(rest, sensitive) else { continue };
            rest = value;
        }
        for (piece, is_quoted) in pieces(rest) {
            if is_quoted {
                found.insert(unescaped(piece));
                found.insert(piece.to_owned());
                continue;
            }
            if let Some((_, end)) = piece.split_once("<<") {
                heredoc = Some(end.trim_start_matches('-').trim().to_owned());
                break;
            }
            let opened = piece.matches(['{', '[', '(']).count();
            let closed = piece.matches(['}', ']', ')']).count();
            depth = (depth + opened).saturating_sub(closed);
            // What should have been quoted.
            let bare = piece.split(|c: char| c.is_whitespace() || "{}[](),=:".contains(c));
            found.extend(
                bare.filter(|word| word.len() > 3 && *word != "true" && *word != "false" && *word != "null")
                    .map(str::to_owned),
            );
        }
    }
}

/// What follows the first name in a line that speaks of secrets, behind `=` or `:`.
fn value_of_secret<'a>(line: &'a str, sensitive: &BTreeSet<String>) -> Option<&'a str> {
    let is_in_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut from = 0;
    while let Some(at) = line[from..].find(['=', ':']) {
        let before = line[..from + at].trim_end().trim_end_matches('"');
        let start = before
            .rfind(|c: char| !is_in_name(c))
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        if speaks_of_secrets(&before[start..], sensitive) {
            return Some(&line[from + at + 1..]);
        }
        from += at + 1;
    }
    None
}

/// The pieces of a line within quotes and outside of them.
fn pieces(line: &str) -> Vec<(&str, bool)> {
    let (mut found, mut start, mut is_quoted, mut is_escaped) = (vec![], 0, false, false);
    for (at, c) in line.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => {
                found.push((&line[start..at], is_quoted));
                (start, is_quoted) = (at + 1, !is_quoted);
            }
            '#' if !is_quoted => break,
            _ => {}
        }
    }
    // Also quotes that are never closed.
    found.push((&line[start..], is_quoted));
    found
}

fn unescaped(text: &str) -> String {
    serde_json::from_str(&format!("\"{text}\"")).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        secrets(text, &BTreeSet::from(["hush".to_owned()])).into_iter().collect()
    }

    #[test]
    fn values_below_a_name_that_speaks_of_secrets_are_found_in_hcl() {
        for (text, expected) in [
            ("api_token = \"s3cr3t\"", &["s3cr3t"][..]),
            ("hush = \"quiet\"\nloud = \"noise\"", &["quiet"]),
            ("global = { proxmox = { api_token = \"a\\\"b\", url = \"u\" } }", &["a\"b", "a\\\"b", "u"]),
            ("\"db-password\" : \"x y\"", &["x y"]),
            ("passwords = [\n  \"one\",\n  \"two\",\n]\nname = \"three\"", &["one", "two"]),
            ("private_key = <<-EOT\n  line one\n  line two\n  EOT\nname = \"x\"", &["line one", "line two"]),
            ("token = bare-s3cr3t # comment", &["bare-s3cr3t"]),
            ("token = \"never closed", &["never closed"]),
            ("db_pass = \"p1\"\nwifi-psk = \"p2\"\nbypass = \"x\"", &["p1", "p2"]),
            ("name = \"a = b\"", &[]),
        ] {
            for secret in expected {
                assert!(found(text).iter().any(|it| it == secret), "{text}: {secret} {:?}", found(text));
            }
            for public in ["noise", "three", "x"] {
                assert!(!found(text).iter().any(|it| it == public), "{text}: {public}");
            }
        }
    }

    #[test]
    fn and_in_json() {
        let text = r#"{"a": {"token": ["x1", {"n": 4711}]}, "hush": {"b": "x2"}, "c": "x3"}"#;
        assert_eq!(found(text), ["4711", "x1", "x2"]);
    }

    #[test]
    fn defaults_of_variables_that_are_declared_sensitive_are_found() {
        let text = "variable \"hush\" {\n  default   = \"quiet\"\n  sensitive = true\n}\nvariable \"loud\" {\n  default = \"noise\"\n}\nvariable \"three\" {\n  type = list(string)\n  default = [\n    \"s3cr3t\",\n  ]\n  sensitive = true\n}\n";
        assert_eq!(secret_defaults(text), BTreeSet::from(["quiet".to_owned(), "s3cr3t".to_owned()]));
    }

    #[test]
    fn variables_that_are_declared_sensitive_are_known() {
        let text = "variable \"one\" {\n type = string\n sensitive   = true\n}\nvariable \"two\" {\n sensitive = false\n}\nvariable \"three\" { sensitive = true }\nvariable \"four\" { type = string }\noutput \"five\" {\n sensitive = true\n}\n";
        assert_eq!(sensitive_variables(text), BTreeSet::from(["one".to_owned(), "three".to_owned()]));
    }
}
