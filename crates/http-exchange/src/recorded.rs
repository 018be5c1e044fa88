//! Answers as they came, before anything is made of them: for whoever has to find out how a server answers.
use crate::{
    call::{Call, Method},
    recorded_text::RecordedText,
};
use shown_text::EncodedForms;
use std::{cell::RefCell, time::Duration};
use ureq::http::Response;

/// How many characters of an answer's text are kept.
const MOST_TEXT: usize = 1 << 20;

/// One answer to one attempt.
#[derive(Clone, Debug, Default)]
pub struct RecordedAnswer {
    /// Of the request; none in what was never answered.
    pub method: Option<Method>,
    /// The HTTP status.
    pub status: u16,
    /// Whether the server answers in HTTP/1.0, which ends the connection.
    pub is_http_1_0: bool,
    /// Names in lower case, and values; those that are no ASCII are left out.
    pub headers: Vec<(String, String)>,
    /// The body as text, at most 1 MiB of it; an error's at most 64 KiB, and a redirect's not at all.
    pub text: RecordedText,
    /// Whether there was more of it.
    pub cut: bool,
    /// From the start of the attempt to the answer's headers.
    pub took: Duration,
}

impl RecordedAnswer {
    /// The first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same with no more than the first sign of its text.
    #[must_use]
    pub fn in_short(&self) -> Self {
        Self { text: self.text.in_short(), headers: self.headers.clone(), ..*self }
    }

    /// Whether its text may be longer than what is kept of it.
    pub fn is_cut(&self) -> bool {
        self.cut
    }
}

/// The answers so far, if anybody wants them.
#[derive(Default)]
pub(crate) struct Record(RefCell<Option<Vec<RecordedAnswer>>>);

impl Record {
    /// Keeps answers from now on.
    pub(crate) fn start(&self) {
        self.0.borrow_mut().get_or_insert_default();
    }

    /// The answers since the last time.
    pub(crate) fn take(&self) -> Vec<RecordedAnswer> {
        self.0.borrow_mut().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Masks `secrets` in the headers at once, because the caller may show the answer; its text is masked when it is read.
    pub(crate) fn head<B>(
        &self,
        call: &Call,
        response: &Response<B>,
        took: Duration,
        secrets: &EncodedForms,
    ) {
        if let Some(answers) = &mut *self.0.borrow_mut() {
            let text = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
                Some((
                    secrets.concealed(name.as_str(), "***"),
                    secrets.concealed(value.to_str().ok()?, "***"),
                ))
            };
            answers.push(RecordedAnswer {
                method: Some(call.method),
                status: response.status().as_u16(),
                is_http_1_0: response.version() == ureq::http::Version::HTTP_10,
                headers: response.headers().iter().filter_map(text).collect(),
                text: RecordedText::default(),
                cut: false,
                took,
            });
        }
    }

    /// The text that belongs to the last head.
    pub(crate) fn body(&self, text: &str, secrets: &EncodedForms) {
        if let Some(last) = self.0.borrow_mut().as_mut().and_then(|answers| answers.last_mut()) {
            let start = text.char_indices().nth(MOST_TEXT).map_or(text, |(at, _)| &text[..at]);
            last.cut = start.len() < text.len();
            last.text = RecordedText::of(start, last.cut, secrets);
        }
    }
}
