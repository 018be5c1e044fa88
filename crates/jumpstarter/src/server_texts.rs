//! How a text of the controller becomes one that may be shown: first secrets are taken out of the whole, then it is cleaned, and only then
//! is a part of it taken. A secret that was cleaned or split first may be found by nobody.
use shown_text::{EncodedForms, is_harmless, one_line};

/// Stands for a secret.
const STARS: &str = "***";
/// What has so many bytes stands in no name by chance.
const LONG: usize = 8;

/// The secrets of a client, which the controller knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ServerTexts {
    all: EncodedForms,
    /// Only the long ones: names are compared, and must not change because a short secret is a part of one.
    long: EncodedForms,
}

impl ServerTexts {
    pub(crate) fn new(secrets: &[String]) -> Self {
        let (long, short): (Vec<_>, Vec<_>) =
            secrets.iter().cloned().partition(|secret| secret.len() >= LONG);
        Self { all: EncodedForms::of(&short), long: EncodedForms::of(&long) }
    }

    /// A message in one line, without secrets in any encoded form.
    pub(crate) fn message(&self, text: &str) -> String {
        one_line(&self.all.concealed(&self.long.concealed(text, STARS), STARS))
    }

    /// A name or a label without long secrets, with a blank for each character that could steer a terminal or forge a line. Names are
    /// compared, so they are not cut.
    pub(crate) fn name(&self, text: &str) -> String {
        let text = self.long.concealed(text, STARS);
        text.chars().map(|c| if is_harmless(c) { c } else { ' ' }).collect()
    }

    /// `ID` of `namespaces/NS/leases/ID`; stars if a secret stands anywhere in that, since a secret may contain a slash.
    pub(crate) fn last_segment(&self, path: &str) -> String {
        if self.long.are_in(path) {
            return STARS.into();
        }
        self.name(path.rsplit('/').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "jmpTOK-7f/3a9Q+zX/8kLm2Vw5";

    fn texts() -> ServerTexts {
        ServerTexts::new(&[TOKEN.to_owned(), "bench".to_owned()])
    }

    #[test]
    fn a_name_made_of_a_token_with_a_slash_is_stars() {
        let texts = texts();
        for token in [TOKEN, "am1wVE9LLTdmLzNhOVErelgvOGtMbTJWdzU=", "jmpTOK-7f%2F3a9Q%2BzX/8kLm2Vw5"] {
            for path in
                [format!("namespaces/lab/exporters/{token}"), format!("{token}/vehicle_001"), token.into()]
            {
                assert_eq!(texts.last_segment(&path), "***", "{path}");
            }
        }
        assert_eq!(texts.last_segment("namespaces/lab/exporters/jmpTOK-7f/3a9Q"), "3a9Q");
    }

    #[test]
    fn a_short_secret_changes_no_name_but_is_hidden_in_messages() {
        let texts = texts();
        assert_eq!(texts.last_segment("namespaces/lab/exporters/bench_1\u{202e}"), "bench_1 ");
        assert_eq!(texts.name("board=bench"), "board=bench");
        assert_eq!(texts.message("no bench\nis free"), "no *** is free");
    }

    #[test]
    fn secrets_go_before_a_text_is_cleaned() {
        let texts = texts();
        let quoted = "am1wVE9LLTdm\n> LzNhOVErelgv\n> OGtMbTJWdzU=";
        for shown in [texts.name(quoted), texts.message(quoted), texts.last_segment(quoted)] {
            for piece in ["am1wVE9LLTdm", "LzNhOVErelgv", "OGtMbTJWdzU"] {
                assert!(!shown.contains(piece), "{shown}");
            }
        }
    }
}
