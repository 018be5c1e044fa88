//! Makes texts from servers and devices safe to show: clean, short, and without secrets in any encoded form.
//!
//! | what | where |
//! |---|---|
//! | one line that can neither steer a terminal nor forge another line | [`one_line`], [`harmless`] |
//! | a secret, which can't be shown | [`Secret`] |
//! | the passwords of URLs | [`url_secret`], [`without_url_secrets`], [`hide_url_secrets`] |
//! | a text cut so that no part of a secret is left at the cut | [`cut`], [`marked`], [`without_beginnings`] |
//! | the forms in which a secret comes back | [`EncodedForms`] |
mod code_page;
mod cut;
mod encoded_forms;
mod encodings;
mod encodings_of_bytes;
mod entity_names;
mod escaped;
mod escapes;
mod line_marks;
mod normal_forms;
mod one_line;
mod secret;
mod signature;
mod turned;
mod unescaped;
mod unseen;
mod url_secrets;

pub use cut::{CUT, cut, marked, without_beginnings};
pub use encoded_forms::{EncodedForms, SHORTEST};
pub use one_line::{harmless, is_harmless, is_joiner, one_line};
pub use secret::Secret;
pub use url_secrets::{hide_url_secrets, url_secret, without_url_secrets};
