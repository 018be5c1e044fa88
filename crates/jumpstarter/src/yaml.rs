//! YAML, as far as `jmp` and this crate take it alike.
use serde::de::DeserializeOwned;
use serde_saphyr::{Error, options::DuplicateKeyPolicy};

/// Reads a document; the error says what is wrong and in which line, and shows no text of it, which may hold a token.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    read_with(text, false)
}

/// The same, but texts that look like numbers or booleans must be quoted: to `jmp`, `name: 007` is a number and no name.
pub(crate) fn read_strictly<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    read_with(text, true)
}

fn read_with<T: DeserializeOwned>(text: &str, is_strict: bool) -> Result<T, String> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        no_schema: is_strict,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|e| match &e {
        Error::QuotingRequired { location, .. } => {
            format!(
                "a text that looks like a number or a boolean must be quoted, in line {}",
                location.line()
            )
        }
        _ => e.to_string(),
    })
}
