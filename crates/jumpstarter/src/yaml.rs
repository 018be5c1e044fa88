//! YAML, as far as `jmp` and this crate parse it alike.
use serde::de::DeserializeOwned;
use serde_saphyr::{
    Error,
    options::{DuplicateKeyPolicy, NonFiniteFloatPolicy},
};

/// Parses a document. The error says what is wrong and in which line, and shows no text of it, which may contain a token.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    read_with(text, false)
}

/// The same, but texts that look like numbers or booleans must be quoted: for `jmp`, `name: 007` is a number, not a name.
pub(crate) fn read_strictly<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    read_with(text, true)
}

/// Whether `jmp`, which reads YAML 1.1, would take an unquoted text for a date or a time; here it is a text.
pub(crate) fn is_date_or_time(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let are_numbers = |separator| text.contains(separator) && text.split(separator).all(is_number);
    (are_numbers('-') && text.split('-').count() == 3) || are_numbers(':')
}

fn read_with<T: DeserializeOwned>(text: &str, is_strict: bool) -> Result<T, String> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        // Aliases of aliases can expand to more than fits in memory.
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 10_000 },
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        no_schema: is_strict,
        reject_unsupported_tags: is_strict,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
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
