//! A lease as the controller tells it, and what its conditions mean.
use crate::{Ended, job, messages, server_texts::ServerTexts};
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// What Kubernetes writes for an empty selector.
const NO_SELECTOR: &str = "<none>";
/// A lease has one condition of each kind, and there are four kinds.
const MOST_CONDITIONS: usize = 20;

/// One lease. Names are without the prefix `namespaces/NS/leases/`.
#[derive(Debug, Clone, PartialEq)]
pub struct Lease {
    /// Its name, which is never reused.
    pub name: String,
    /// The client that owns it.
    pub client: String,
    /// The requested labels.
    pub selector: Option<String>,
    /// The requested exporter.
    pub exporter_name: Option<String>,
    /// The assigned exporter; kept after the lease has ended.
    pub exporter: Option<String>,
    /// How long it lasts from `effective_begin_time` on.
    pub duration: Duration,
    /// How long it has lasted, by the controller's clock; by this machine's if the controller does not say.
    pub effective_duration: Option<Duration>,
    /// When it was requested to begin, if not at once.
    pub begin_time: Option<Timestamp>,
    /// When it began.
    pub effective_begin_time: Option<Timestamp>,
    /// When it ended, if it ever began.
    pub effective_end_time: Option<Timestamp>,
    /// Free texts, used to find leases.
    pub tags: BTreeMap<String, String>,
    /// The only source of its state.
    pub conditions: Vec<Condition>,
    /// When the controller was asked for it: its answer is no older.
    pub(crate) asked: Instant,
}

/// One condition of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// `Ready`, `Pending`, `Unsatisfiable` or `Invalid`.
    pub kind: String,
    /// `True` or `False`.
    pub status: String,
    /// One word, such as `NotAvailable`.
    pub reason: String,
    /// A sentence.
    pub message: String,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// The state of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseState {
    /// Asked for. The condition, once the controller has looked at it, says what it waits for.
    Pending(Option<Condition>),
    /// An exporter is assigned.
    Ready,
    /// It has ended, or can never begin.
    Ended(Ended),
}

impl Lease {
    /// Its state, from its conditions. `Pending` stays true beside `Ready`, so `Ready` is asked first.
    pub fn state(&self) -> LeaseState {
        let condition = |kind: &str| self.conditions.iter().find(|condition| condition.kind == kind);
        let ended = |condition: &Condition, was_satisfiable| {
            LeaseState::Ended(Ended {
                was_satisfiable,
                reason: condition.reason.clone(),
                message: condition.message.clone(),
            })
        };
        for kind in ["Unsatisfiable", "Invalid"] {
            if let Some(condition) = condition(kind).filter(|condition| condition.is_true()) {
                return ended(condition, false);
            }
        }
        match condition("Ready") {
            Some(ready) if ready.is_true() => LeaseState::Ready,
            Some(ready) => ended(ready, true),
            None => LeaseState::Pending(condition("Pending").cloned()),
        }
    }

    /// When it will end unless extended, by the controller's clock; `None` before it has begun.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.effective_begin_time?.checked_add(self.duration).ok()
    }

    /// When it ends at the latest: a lease that is kept alive is extended until then. None before it has begun.
    pub fn ends_at(&self) -> Option<Timestamp> {
        let limit = job::limit(&self.tags).unwrap_or(self.duration).max(self.duration);
        self.effective_begin_time?.checked_add(limit).ok()
    }

    /// How much of it is left unless it is extended; none before it has begun, nothing once it has ended.
    pub fn remaining(&self) -> Option<Duration> {
        if let LeaseState::Ended(_) = self.state() {
            return self.effective_begin_time.map(|_| Duration::ZERO);
        }
        Some(self.duration.saturating_sub(self.effective_duration?))
    }

    /// The lease of a message, with its texts as they may be shown.
    pub(crate) fn read(message: messages::Lease, texts: &ServerTexts) -> Self {
        let begin = message.effective_begin_time.and_then(timestamp);
        let conditions = message.conditions.into_iter().take(MOST_CONDITIONS);
        Lease {
            name: texts.last_segment(&message.name),
            client: texts.last_segment(message.client.as_deref().unwrap_or_default()),
            selector: Some(texts.name(&message.selector))
                .filter(|selector| !selector.is_empty() && selector != NO_SELECTOR),
            exporter_name: message
                .exporter_name
                .filter(|name| !name.is_empty())
                .map(|name| texts.name(&name)),
            exporter: message.exporter.filter(|name| !name.is_empty()).map(|name| texts.last_segment(&name)),
            duration: message.duration.map(duration).unwrap_or_default(),
            effective_duration: message.effective_duration.map(duration).or_else(|| begin.map(time_since)),
            begin_time: message.begin_time.and_then(timestamp),
            effective_begin_time: begin,
            effective_end_time: message.effective_end_time.and_then(timestamp),
            tags: message.tags.iter().map(|(key, value)| (texts.name(key), texts.name(value))).collect(),
            conditions: conditions.map(|condition| Condition::read(condition, texts)).collect(),
            asked: Instant::now(),
        }
    }

    /// The time since the controller was asked for it.
    pub(crate) fn age(&self) -> Duration {
        self.asked.elapsed()
    }

    /// How long it is certain to last, however slow the controller's answer was; zero before it has begun.
    pub(crate) fn holds_for(&self) -> Duration {
        self.remaining().unwrap_or_default().saturating_sub(self.age())
    }
}

impl Condition {
    fn read(message: messages::Condition, texts: &ServerTexts) -> Self {
        let shown = |text: Option<String>| texts.message(&text.unwrap_or_default());
        Condition {
            kind: shown(message.r#type),
            status: shown(message.status),
            reason: shown(message.reason),
            message: shown(message.message),
            since: message
                .last_transition_time
                .and_then(|time| Timestamp::from_second(time.seconds.unwrap_or_default()).ok()),
        }
    }

    fn is_true(&self) -> bool {
        self.status == "True"
    }
}

fn duration(message: messages::Duration) -> Duration {
    let seconds = u64::try_from(message.seconds).unwrap_or_default();
    Duration::new(seconds, u32::try_from(message.nanos).unwrap_or_default())
}

fn time_since(begin: Timestamp) -> Duration {
    Timestamp::now().duration_since(begin).try_into().unwrap_or_default()
}

fn timestamp(message: messages::Timestamp) -> Option<Timestamp> {
    Timestamp::new(message.seconds, message.nanos).ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A lease with these conditions: kind, whether it is true, reason.
    pub(crate) fn lease_with(conditions: &[(&str, bool, &str)]) -> Lease {
        let conditions = conditions.iter().map(|(kind, is_true, reason)| messages::Condition {
            r#type: Some((*kind).into()),
            status: Some(if *is_true { "True" } else { "False" }.into()),
            reason: Some((*reason).into()),
            message: Some("a sentence".into()),
            last_transition_time: Some(messages::Time { seconds: Some(1_795_205_938) }),
        });
        let message = messages::Lease {
            name: "namespaces/lab/leases/l1".into(),
            client: Some("namespaces/lab/clients/ci".into()),
            selector: NO_SELECTOR.into(),
            exporter_name: Some("bench".into()),
            exporter: Some("namespaces/lab/exporters/bench".into()),
            duration: Some(messages::Duration { seconds: 1800, nanos: 0 }),
            effective_duration: Some(messages::Duration { seconds: 4, nanos: 500_000_000 }),
            effective_begin_time: Some(messages::Timestamp { seconds: 1_795_205_938, nanos: 0 }),
            conditions: conditions.collect(),
            ..messages::Lease::default()
        };
        Lease::read(message, &ServerTexts::default())
    }

    #[test]
    fn names_are_short_and_times_are_the_controllers() {
        let lease = lease_with(&[("Ready", true, "Ready")]);
        assert_eq!(
            (lease.name.as_str(), lease.client.as_str(), lease.exporter.as_deref()),
            ("l1", "ci", Some("bench"))
        );
        assert_eq!(lease.selector, None);
        assert_eq!(lease.remaining(), Some(Duration::from_millis(1_795_500)));
        assert_eq!(lease.expires_at().unwrap().to_string(), "2026-11-20T20:48:58Z");
    }

    #[test]
    fn a_lease_runs_out_also_if_the_controller_does_not_tell_how_long_it_has_lasted() {
        let message = messages::Lease {
            duration: Some(messages::Duration { seconds: 60, nanos: 0 }),
            effective_begin_time: Some(messages::Timestamp {
                seconds: Timestamp::now().as_second() - 3600,
                nanos: 0,
            }),
            ..messages::Lease::default()
        };
        let lease = Lease::read(message, &ServerTexts::default());
        assert_eq!(lease.remaining(), Some(Duration::ZERO));
    }

    #[test]
    fn the_state_comes_from_the_conditions() {
        assert_eq!(lease_with(&[]).state(), LeaseState::Pending(None));
        let busy = lease_with(&[("Pending", true, "NotAvailable")]).state();
        assert!(matches!(busy, LeaseState::Pending(Some(c)) if c.reason == "NotAvailable"));
        let ready = lease_with(&[("Pending", true, "NotAvailable"), ("Ready", true, "Ready")]).state();
        assert_eq!(ready, LeaseState::Ready);
        let expired = lease_with(&[("Ready", false, "Expired")]).state();
        assert!(matches!(expired, LeaseState::Ended(e) if e.was_satisfiable && e.reason == "Expired"));
        let impossible =
            lease_with(&[("Pending", true, "Offline"), ("Unsatisfiable", true, "NoAccess")]).state();
        assert!(matches!(impossible, LeaseState::Ended(e) if !e.was_satisfiable && e.reason == "NoAccess"));
    }

    #[test]
    fn a_token_is_in_no_text_of_a_lease_however_that_is_split_or_cleaned() {
        let token = "jmpTOK-7f/3a9Q+zX/8kLm2Vw5";
        let quoted = "am1wVE9LLTdm\n> LzNhOVErelgv\n> OGtMbTJWdzU=";
        let message = messages::Lease {
            name: format!("namespaces/lab/leases/{token}"),
            client: Some(format!("namespaces/lab/clients/{token}")),
            exporter: Some(format!("namespaces/lab/exporters/{token}")),
            exporter_name: Some(quoted.into()),
            selector: quoted.into(),
            tags: [("evil".to_owned(), quoted.to_owned()), (quoted.to_owned(), token.to_owned())].into(),
            ..messages::Lease::default()
        };
        let lease = Lease::read(message, &ServerTexts::new(&[token.to_owned()]));
        assert_eq!((lease.name.as_str(), lease.client.as_str()), ("***", "***"));
        assert_eq!(lease.exporter.as_deref(), Some("***"));
        let shown = format!("{lease:?}");
        for piece in ["jmpTOK", "3a9Q", "8kLm", "am1w", "LzNh", "OGtM"] {
            assert!(!shown.contains(piece), "{piece}: {shown}");
        }
    }
}
