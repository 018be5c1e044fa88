//! A check under way: each request with the answers to it as they came, and the findings so far.
use super::{
    assumption::Topic,
    finding::{Finding, Findings},
    shown::{brief, is_error},
    words::harmless,
};
use hatci_client::{Client, Error, RecordedAnswer, RetryNotice};
use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

pub(super) struct Check {
    pub(super) client: Client,
    /// With a token that nobody has.
    pub(super) stranger: Client,
    pub(super) findings: Findings,
    /// All answers of the whole check, in short.
    pub(super) traffic: Vec<RecordedAnswer>,
    /// The answers that are good by their status, and contain an error.
    pub(super) contradictions: BTreeSet<String>,
    /// Why requests were sent again, or not answered at last.
    pub(super) troubles: Rc<RefCell<Vec<String>>>,
}

/// What is said where a page came instead of an answer.
pub(super) const PAGE: &str = "a page of HTML came instead of an answer";

/// What came of one call.
pub(super) struct Seen<T> {
    pub(super) result: Result<T, Error>,
    /// The answers to all its attempts.
    pub(super) answers: Vec<RecordedAnswer>,
}

impl Check {
    /// `tell` hears of failed attempts, as the tasks of other modules tell them.
    pub(super) fn new(client: &Client, stranger: Client, tell: impl Fn(&RetryNotice) + 'static) -> Self {
        let troubles = Rc::new(RefCell::new(Vec::new()));
        let kept = troubles.clone();
        let client = client.on_retry(move |notice| {
            tell(notice);
            // Something new that can't be seen yet is an assumption of its own.
            if notice.fault.status() != Some(404) {
                kept.borrow_mut().push(harmless(&notice.fault.to_string()));
            }
        });
        client.record();
        stranger.record();
        let (findings, traffic, contradictions) = Default::default();
        Check { client, stranger, findings, traffic, contradictions, troubles }
    }

    /// Makes a call, and keeps what is said on the wire.
    pub(super) fn see<T>(&mut self, call: impl FnOnce(&Client) -> Result<T, Error>) -> Seen<T> {
        let client = self.client.clone();
        self.see_with(&client, call)
    }

    pub(super) fn see_with<T>(
        &mut self,
        client: &Client,
        call: impl FnOnce(&Client) -> Result<T, Error>,
    ) -> Seen<T> {
        let result = call(client);
        let answers = client.recorded();
        self.contradictions.extend(answers.iter().filter(|answer| is_error(answer)).map(brief));
        self.traffic.extend(answers.iter().map(RecordedAnswer::in_short));
        let seen = Seen { result, answers };
        if let Err(error) = &seen.result {
            if seen.is_page() {
                self.troubles.borrow_mut().push(PAGE.to_owned());
            } else if may_pass(error) {
                self.troubles.borrow_mut().push(why(error));
            }
        }
        seen
    }

    pub(super) fn note(&mut self, topic: Topic, finding: Finding) {
        self.findings.note(topic, finding);
    }
}

impl<T> Seen<T> {
    /// The last answer; one of nothing if there was none.
    pub(super) fn answer(&self) -> RecordedAnswer {
        self.answers.last().cloned().unwrap_or_default()
    }

    pub(super) fn status(&self) -> u16 {
        self.answer().status
    }

    /// The last answer in a few words.
    pub(super) fn brief(&self) -> String {
        match (&self.result, self.answers.last()) {
            (Err(error), answer) => match (error.server_text(), answer) {
                (Some(text), Some(answer)) => format!("{}: {}", answer.status, harmless(text)),
                (None, Some(answer)) if answer.status < 300 && error.status().is_some() => {
                    format!("{}; {}", brief(answer), why(error))
                }
                (None, Some(answer)) if error.status().is_some() => brief(answer),
                _ => why(error),
            },
            (Ok(_), Some(answer)) => brief(answer),
            (Ok(_), None) => "no answer".into(),
        }
    }

    /// What can be said of a call that says nothing about its assumption: it was not answered, or not to us.
    pub(super) fn says_nothing(&self) -> Option<Finding> {
        let error = self.result.as_ref().err()?;
        let is_refused = matches!(error.status(), Some(401 | 403));
        (may_pass(error) || is_refused || self.is_page()).then(|| Finding::not_tried(why(error)))
    }

    /// Whether somebody else has answered well in the server's place: a proxy, or a login page.
    fn is_page(&self) -> bool {
        let answer = self.answer();
        self.result.is_err() && answer.status < 300 && answer.text.trim_start().starts_with('<')
    }

    /// Whether something may have been made that nobody has seen. A refusal, even after a lost answer, says that nothing was.
    pub(super) fn may_have_made(&self) -> bool {
        self.result.as_ref().is_err_and(Error::may_have_acted) && !(400..500).contains(&self.status())
    }

    /// Whether what need not be there is not offered.
    pub(super) fn is_not_offered(&self) -> bool {
        self.result.is_err() && matches!(self.status(), 403..=405 | 410 | 501)
    }
}

/// Whether the server might answer otherwise at another time.
fn may_pass(error: &Error) -> bool {
    error.status().is_none_or(|status| matches!(status, 408 | 425 | 429 | 502..=504))
}

/// The error's cause, without its remedy.
pub(super) fn why(error: &Error) -> String {
    let cause = error.exchange().map_or_else(|| error.to_string(), |exchange| exchange.fault().to_string());
    harmless(&cause)
}
