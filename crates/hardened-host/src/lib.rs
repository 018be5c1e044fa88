//! Files, folders and child processes on a machine that other users share: the one safe way to do each.
//!
//! | what | where |
//! |---|---|
//! | read a file that the user named | [`read_named_file`] |
mod named_file;

pub use named_file::{NamedFileError, read_named_file};
