//! Why a bench isn't free, in words for whoever waits: who holds it, until when, and who else waits.
use crate::{Client, Condition, Error, Lease, LeaseState, Listing, job};
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::timeout;

/// The longest that the lists may take, with all their pages: until they end, nothing checks whether the bench is free.
const LONGEST: Duration = Duration::from_secs(10);

/// The controller's reason, with details from the list of active leases.
pub(crate) async fn describe(client: &Client, mine: &Lease, reason: &Condition) -> String {
    const BUSY: &str = "NotAvailable";
    if reason.reason != BUSY {
        return reason.message.clone();
    }
    match timeout(LONGEST, candidates_and_leases(client, mine)).await {
        Ok(Ok((candidates, leases))) => in_words(mine, reason, &candidates, &leases),
        // The details are optional: the controller's own sentence will do.
        _ => reason.message.clone(),
    }
}

/// The matching exporters, and all active leases.
async fn candidates_and_leases(client: &Client, mine: &Lease) -> Result<(Vec<String>, Vec<Lease>), Error> {
    let candidates = match (&mine.exporter_name, &mine.selector) {
        (Some(name), _) => vec![name.clone()],
        (None, Some(selector)) => client.exporters(selector).await?.into_iter().map(|e| e.name).collect(),
        (None, None) => vec![],
    };
    Ok((candidates, client.leases(&Listing::default()).await?))
}

fn in_words(mine: &Lease, reason: &Condition, candidates: &[String], leases: &[Lease]) -> String {
    let holder = |lease: &Lease| {
        let exporter = lease.exporter.as_ref().filter(|exporter| candidates.contains(exporter))?;
        // A kept lease is extended repeatedly, up to this limit.
        let lasts = job::limit(&lease.tags).map_or(lease.duration, |limit| limit.max(lease.duration));
        let until = lease.effective_begin_time?.checked_add(lasts).ok()?.strftime("%Y-%m-%d %H:%M:%S UTC");
        let who = job::owner_in_words(&lease.tags).unwrap_or_default();
        let (client, name) = (&lease.client, &lease.name);
        Some(format!("{exporter} is held by client {client}{who} until {until} at most, lease {name}; "))
    };
    let text: String =
        leases.iter().filter(|lease| lease.state() == LeaseState::Ready).filter_map(holder).collect();
    if text.is_empty() {
        return reason.message.clone();
    }
    let ahead =
        leases.iter().filter(|other| other.name != mine.name && is_ahead(other, mine, reason.since)).count();
    let by_ourselves = leases.iter().any(|lease| is_held_by_the_same_job(lease, mine, candidates));
    let text = if by_ourselves { text + OURSELVES } else { text };
    match ahead {
        0 => text + "you are next in the queue",
        1 => text + "1 other lease is ahead in the queue",
        n => text + &format!("{n} other leases are ahead in the queue"),
    }
}

/// Two hosts of one play that want the same bench block each other unless the play lets each host proceed on its own.
const OURSELVES: &str = "that is this job itself, which can't release it while this task waits, unless its play has `strategy: free` or `serial: 1`;  ";

fn is_held_by_the_same_job(lease: &Lease, mine: &Lease, candidates: &[String]) -> bool {
    let holds = lease.exporter.as_ref().is_some_and(|exporter| candidates.contains(exporter));
    holds && lease.state() == LeaseState::Ready && job::is_same(&lease.tags, &mine.tags)
}

/// The controller has no queue; ordering by waiting time is the best guess.
fn is_ahead(other: &Lease, mine: &Lease, since: Option<Timestamp>) -> bool {
    let same_target = other.exporter_name == mine.exporter_name && other.selector == mine.selector;
    match other.state() {
        LeaseState::Pending(Some(waiting)) => same_target && waiting.since < since,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lease::tests::lease_with;

    #[test]
    fn says_who_holds_the_bench_and_who_else_waits() {
        let mine = Lease { name: "mine".into(), ..lease_with(&[("Pending", true, "NotAvailable")]) };
        let LeaseState::Pending(Some(reason)) = mine.state() else { panic!("it is pending") };
        let mut holder = lease_with(&[("Ready", true, "Ready")]);
        let text = in_words(&mine, &reason, &["bench".into()], &[holder.clone()]);
        assert!(!text.contains("this job itself"), "leases without tags are nobody's: {text}");
        holder.tags = [("user", "kim"), ("host", "ci-7"), ("job", "awx-12.3.4"), ("limit", "3600")]
            .map(|(k, v)| (k.into(), v.into()))
            .into();
        let mut earlier = Lease { name: "l2".into(), ..mine.clone() };
        earlier.conditions[0].since = Timestamp::from_second(1).ok();
        let text = in_words(&mine, &reason, &["bench".into()], &[holder.clone(), earlier, mine.clone()]);
        assert_eq!(
            text,
            "bench is held by client ci (job awx-12.3.4 of kim on ci-7) until 2026-11-20 21:18:58 UTC at most, lease l1; 1 other lease is ahead in the queue"
        );
    }

    #[test]
    fn a_job_that_waits_for_itself_is_told_so() {
        let tags = [("host", "ci-7"), ("job", "12-34")].map(|(k, v)| (k.into(), v.into()));
        let mine = Lease { tags: tags.clone().into(), ..lease_with(&[("Pending", true, "NotAvailable")]) };
        let holder = Lease { tags: tags.into(), ..lease_with(&[("Ready", true, "Ready")]) };
        let LeaseState::Pending(Some(reason)) = mine.state() else { panic!("it is pending") };
        let text = in_words(&mine, &reason, &["bench".into()], &[holder]);
        assert!(text.contains("this job itself"), "{text}");
    }

    #[test]
    fn without_a_known_holder_the_controllers_sentence_stays() {
        let mine = lease_with(&[("Pending", true, "NotAvailable")]);
        let LeaseState::Pending(Some(reason)) = mine.state() else { panic!("it is pending") };
        assert_eq!(in_words(&mine, &reason, &["bench".into()], &[]), "a sentence");
    }
}
