//! Who we are to the server: a bearer token, a login, or nobody.
use crate::fault::Fault;
use base64::{Engine, prelude::BASE64_STANDARD};
use shown_text::Secret;
use ureq::http::HeaderValue;

/// The credentials sent with every request.
#[derive(Clone, Debug)]
pub enum Authorization {
    /// No `Authorization` header.
    None,
    /// `Authorization: Bearer <token>`.
    Bearer(Secret),
    /// `Authorization: Basic <username:password in base64>` (RFC 7617).
    Basic {
        /// Must not contain a colon.
        username: String,
        /// May be empty.
        password: Secret,
    },
}

impl Authorization {
    /// The header's value, marked so that nothing logs it.
    pub(crate) fn header(&self) -> Result<Option<HeaderValue>, Fault> {
        let text = match self {
            Self::None => return Ok(None),
            Self::Bearer(token) => {
                check_token(token.expose())?;
                format!("Bearer {}", token.expose())
            }
            Self::Basic { username, .. } if username.contains(':') => {
                let why = "the user name contains a colon";
                return Err(Fault::Credentials { why, remedy: "Give a user name without one" });
            }
            Self::Basic { username, password } => format!("Basic {}", basic(username, password.expose())),
        };
        let mut value = HeaderValue::try_from(text).map_err(|_| Fault::Credentials {
            why: "they contain characters that are not allowed in a header",
            remedy: "Give others",
        })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// Every text that must not show up in a message, even if the server sends it back.
    pub(crate) fn secrets(&self) -> Vec<String> {
        match self {
            Self::None => vec![],
            Self::Bearer(token) => vec![token.expose().to_owned()],
            Self::Basic { username, password } => {
                // Where there is no password, what stands before the colon may well be a token.
                let secret = Some(password.expose()).filter(|it| !it.is_empty()).unwrap_or(username);
                vec![basic(username, password.expose()), secret.to_owned()]
            }
        }
    }
}

/// `username:password` in base64, as RFC 7617 wants it.
pub(crate) fn basic(username: &str, password: &str) -> String {
    BASE64_STANDARD.encode(format!("{username}:{password}"))
}

/// RFC 6750 allows less, but servers differ; what matters is that a token cannot end its header.
fn check_token(token: &str) -> Result<(), Fault> {
    let (why, remedy) = if token.is_empty() {
        ("the token is empty", "Check that the variable it comes from is set")
    } else if token.contains(['\r', '\n']) {
        ("the token contains a line break", "Remove it; a token read from a file often ends with one")
    } else if token.chars().any(char::is_whitespace) {
        ("the token contains a blank", "Give the token alone, without a word such as Bearer before it")
    } else if !token.bytes().all(|b| b.is_ascii_graphic()) {
        ("the token contains characters other than visible ASCII", "Copy it again")
    } else {
        return Ok(());
    };
    Err(Fault::Credentials { why, remedy })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_would_break_its_header_is_refused_and_never_shown() {
        for (token, why) in [
            ("", "empty"),
            ("hush\n", "line break"),
            ("hush\r\nX-Evil: 1", "line break"),
            ("hush now", "blank"),
            ("hush\u{0}", "visible ASCII"),
            ("hüsh", "visible ASCII"),
        ] {
            let fault = Authorization::Bearer(Secret::new(token)).header().unwrap_err();
            assert!(fault.to_string().contains(why), "{fault}");
            assert!(!format!("{fault} {fault:?}").contains("hush"), "{fault}");
        }
    }

    #[test]
    fn headers_are_sensitive() {
        let login = Authorization::Basic { username: "kim".into(), password: Secret::new("hush") };
        let header = login.header().unwrap().unwrap();
        assert!(header.is_sensitive());
        assert_eq!(header, "Basic a2ltOmh1c2g=");
        let bearer = Authorization::Bearer(Secret::new("t-1.2_3~+/=")).header().unwrap().unwrap();
        assert!(bearer.is_sensitive());
        assert_eq!(bearer, "Bearer t-1.2_3~+/=");
        let shown = format!("{login:?} {header:?} {bearer:?}");
        assert!(!["hush", "a2ltOmh1c2g", "t-1.2_3"].iter().any(|secret| shown.contains(secret)), "{shown}");
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", Authorization::Bearer(Secret::new("hush")));
        assert_eq!(shown, "Bearer(Secret(***))");
    }
}
