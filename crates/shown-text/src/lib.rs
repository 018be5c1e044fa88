//! Makes texts from servers and devices safe to show: clean, short, and without secrets in any encoded form.
//!
//! | what | where |
//! |---|---|
//! | one line that can neither steer a terminal nor forge another line | [`one_line`], [`harmless`] |
//! | the encoded forms of a secret | [`spellings`] |
mod one_line;
mod spellings;

pub use one_line::{harmless, is_harmless, one_line};
pub use spellings::{SHORTEST, spellings};
