//! Makes texts from servers and devices safe to show: clean, short, and without secrets in any encoded form.
//!
//! | what | where |
//! |---|---|
//! | one line that can neither steer a terminal nor forge another line | [`one_line`], [`harmless`] |
//! | a secret, which can't be shown | [`Secret`] |
//! | the passwords of URLs | [`url_secret`], [`without_url_secrets`], [`hide_url_secrets`] |
//! | the forms in which a secret comes back | [`EncodedForms`] |
mod encoded_forms;
mod encodings;
mod escaped;
mod escapes;
mod one_line;
mod secret;
mod url_secrets;

pub use encoded_forms::{EncodedForms, SHORTEST};
pub use one_line::{harmless, is_harmless, is_joiner, one_line};
pub use secret::Secret;
pub use url_secrets::{hide_url_secrets, url_secret, without_url_secrets};
