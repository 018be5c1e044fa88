//! Options named like a password whose spec does not say whether they are one.
use super::Params;
use crate::spec::ArgumentSpec;

/// What separates the words of a name.
const SEPARATORS: [char; 3] = ['-', '_', ' '];
/// These words alone make a name one of a password.
const WORDS: [&str; 5] = ["pass", "password", "passphrase", "passwrd", "passwd"];

/// `AnsibleModule` warns of each such name on the first level, given or not, once nothing else is wrong. It masks none of them.
pub(super) fn not_said_to_be_secret(spec: &ArgumentSpec, params: &Params) -> Vec<String> {
    let is_unsaid = |name: &str| {
        let means =
            |option: &&crate::Opt| option.name == name || option.aliases.iter().any(|alias| alias == name);
        spec.options.iter().find(means).is_some_and(|option| option.no_log.is_none())
    };
    let unsaid = params.keys().filter(|name| is_like_password(name) && is_unsaid(name));
    unsaid.map(|name| format!("Module did not set no_log for {name}")).collect()
}

/// `AnsibleModule`'s regular expression, by hand:
/// `^(?:.+[-_\s])?pass(?:[-_\s]?(?:word|phrase|wrd|wd)?)(?:[-_\s].+)?$`, whatever the case.
fn is_like_password(name: &str) -> bool {
    let name = name.to_lowercase();
    let starts = name.match_indices("pass").map(|(start, _)| start);
    starts.filter(|start| begins_word(&name[..*start])).any(|start| is_password_from(&name[start..]))
}

/// Whether a word begins behind `before`: at the start, or after a separator that is not the first character.
fn begins_word(before: &str) -> bool {
    before.is_empty() || (before.ends_with(SEPARATORS) && before.chars().count() > 1)
}

fn is_password_from(name: &str) -> bool {
    WORDS.iter().any(|word| {
        let Some(rest) = name.strip_prefix(word) else { return false };
        let ends = rest.is_empty() || (rest.starts_with(SEPARATORS) && rest.len() > 1);
        // A separator may follow `pass` alone, and nothing else.
        ends || (*word == "pass" && rest.len() == 1 && rest.starts_with(SEPARATORS))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched_as_by_the_regular_expression() {
        for name in [
            "pass",
            "PASSWORD",
            "user_passwd",
            "a-pass",
            "pass_word",
            "pass-phrase-file",
            "pass_",
            "__pass",
            "my passwrd x",
        ] {
            assert!(is_like_password(name), "{name}");
        }
        for name in ["passport", "compass", "_pass", "bypass", "password_", "passwords", "token", "pas_s", ""]
        {
            assert!(!is_like_password(name), "{name}");
        }
    }
}
