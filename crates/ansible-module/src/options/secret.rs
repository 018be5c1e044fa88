//! A text that nothing can print.
use std::fmt;

/// A text such as a token: it has no `Display` and can't be serialised, and its `Debug` shows nothing of it.
///
/// As the type of an option it is masked wherever it turns up in the module's output.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text that is secret from here on.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The text itself: for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Secret")
    }
}
