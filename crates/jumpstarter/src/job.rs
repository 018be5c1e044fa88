//! The tags of a lease with its job, host and user, which identify its owner and help to find stale leases.
use crate::Owner;
pub use job_guard::JobState;
use std::{collections::BTreeMap, os::unix::fs::MetadataExt, time::Duration};

const JOB: &str = "job";
const HOST: &str = "host";
const USER: &str = "user";
/// The limit of a kept lease, in seconds from its begin: it is leased for a short term only, but may last this long.
const LIMIT: &str = "limit";
/// Kubernetes accepts no longer label values.
const LONGEST_VALUE: usize = 63;

/// The tags set by this crate. No user may set them.
pub const OWN_TAGS: [&str; 4] = [JOB, HOST, USER, LIMIT];

/// The tags of a job's leases. `read` gives environment variables; `owner` is the job's process.
pub fn tags(owner: Owner, read: impl Fn(&str) -> Option<String>) -> BTreeMap<String, String> {
    let runner = runner_job(&read).map_or(String::new(), |job| format!("{job}."));
    let user = ["USER", "LOGNAME"].iter().find_map(|name| read(name).filter(|user| !user.is_empty()));
    let user = user.unwrap_or_else(|| format!("uid-{}", rustix::process::getuid().as_raw()));
    // The owner comes last in the job's tag and must not be cut.
    let owner = format!("{}.{owner}", this_place());
    let runner: String = label_value(&runner).chars().take(LONGEST_VALUE - owner.len() - 1).collect();
    let job = if runner.is_empty() { owner } else { format!("{runner}.{owner}") };
    [(JOB, job), (HOST, this_host()), (USER, label_value(&user))]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
}

/// The tag with a kept lease's limit in all and its term.
pub(crate) fn limit_tag(limit: Duration, term: Duration) -> [(String, String); 1] {
    [(LIMIT.into(), format!("{}-{}", limit.as_secs(), term.as_secs()))]
}

/// The limit in that tag.
pub(crate) fn limit(tags: &BTreeMap<String, String>) -> Option<Duration> {
    let limit = tags.get(LIMIT)?.split('-').next()?;
    Some(Duration::from_secs(limit.parse().ok()?))
}

/// The term in that tag.
pub(crate) fn term(tags: &BTreeMap<String, String>) -> Option<Duration> {
    let (_, term) = tags.get(LIMIT)?.split_once('-')?;
    Some(Duration::from_secs(term.parse().ok()?))
}

/// Whether the job of a lease with these tags has ended, as far as can be seen from here.
pub fn state(tags: &BTreeMap<String, String>) -> JobState {
    owner_here(tags).map_or(JobState::Unknown, Owner::state)
}

/// Whether a lease with these tags was created for this job.
pub fn is_of(tags: &BTreeMap<String, String>, owner: Owner) -> bool {
    owner_here(tags) == Some(owner)
}

/// Whether two leases were created for the same job.
pub(crate) fn is_same(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> bool {
    [JOB, HOST].iter().all(|key| one.get(*key).is_some() && one.get(*key) == other.get(*key))
}

/// Whether a lease was created for another job than the one with `mine`; false if it names none.
pub(crate) fn is_of_others(tags: &BTreeMap<String, String>, mine: &BTreeMap<String, String>) -> bool {
    [JOB, HOST].iter().any(|key| tags.contains_key(*key) && tags.get(*key) != mine.get(*key))
}

/// Whether the tags name a job other than this one.
pub(crate) fn is_of_another(tags: &BTreeMap<String, String>, owner: Owner) -> bool {
    place_and_owner(tags).is_some() && !is_of(tags, owner)
}

/// The state of the other job that a lease with these tags is kept for; `None` if it is not kept, or kept for this job.
///
/// A task of this job may not know its job, for example under `become`, but it knows its ancestors.
pub(crate) fn kept_for_another(tags: &BTreeMap<String, String>, owner: Owner) -> Option<JobState> {
    let is_kept_for_another = limit(tags).is_some() && is_of_another(tags, owner);
    (is_kept_for_another && !owner_here(tags).is_some_and(Owner::is_ancestor)).then(|| state(tags))
}

/// The process, if it is or was one that can be seen from here.
fn owner_here(tags: &BTreeMap<String, String>) -> Option<Owner> {
    let (place, owner) = place_and_owner(tags)?;
    (tags.get(HOST) == Some(&this_host()) && place == this_place()).then_some(owner)
}

fn place_and_owner(tags: &BTreeMap<String, String>) -> Option<(&str, Owner)> {
    let mut last = tags.get(JOB)?.rsplit('.');
    let owner = last.next()?.parse().ok()?;
    Some((last.next().unwrap_or_default(), owner))
}

/// ` (job J of U on H)`; `None` if the lease has no such tags.
pub(crate) fn owner_in_words(tags: &BTreeMap<String, String>) -> Option<String> {
    let (job, user, host) = (tags.get(JOB)?, tags.get(USER)?, tags.get(HOST)?);
    Some(format!(" (job {job} of {user} on {host})"))
}

/// The job's number, in job runners that provide one.
fn runner_job(read: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let awx = || read("AWX_HOST").and_then(|_| read("JOB_ID")).map(|id| format!("awx-{id}"));
    let gitlab = || read("CI_JOB_ID").map(|id| format!("gitlab-{id}"));
    let github = || read("GITHUB_RUN_ID").map(|id| format!("github-{id}"));
    let jenkins = || read("BUILD_TAG");
    awx().or_else(gitlab).or_else(github).or_else(jenkins)
}

/// Distinguishes processes with the same pid, in other containers or before a reboot.
///
/// Host names can't: containers and machines may share one.
fn this_place() -> String {
    let boot: String = job_guard::boot_id().chars().take(8).collect();
    let namespace = std::fs::metadata("/proc/self/ns/pid").map_or(0, |namespace| namespace.ino());
    format!("{boot}{namespace:x}")
}

fn this_host() -> String {
    let name = hardened_host::read_kernel_file("/proc/sys/kernel/hostname").unwrap_or_default();
    label_value(name.trim())
}

/// A valid Kubernetes label value: letters, digits, `-`, `_` and `.` between letters or digits.
fn label_value(text: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let short: String = text.chars().map(allowed).take(LONGEST_VALUE).collect();
    short.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    fn this_process() -> Owner {
        Owner::of(i32::try_from(std::process::id()).unwrap()).unwrap()
    }

    fn tags_with(env: &[(&str, &str)]) -> BTreeMap<String, String> {
        tags(this_process(), |name| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).into()))
    }

    #[test]
    fn tell_job_host_and_user_as_label_values() {
        let tags = tags_with(&[("AWX_HOST", "https://awx"), ("JOB_ID", "12"), ("USER", "kim.lee@lab")]);
        assert_eq!(tags["user"], "kim.lee-lab");
        assert_eq!(tags["job"], format!("awx-12.{}.{}", this_place(), this_process()));
        assert!(!tags["host"].is_empty());
        let long = tags_with(&[("BUILD_TAG", &"x".repeat(100)), ("USER", "")]);
        assert!(long["job"].len() <= LONGEST_VALUE && long["job"].ends_with(&this_process().to_string()));
        assert!(long["user"].starts_with("uid-"));
    }

    #[test]
    fn a_lease_is_kept_for_another_job_if_it_is_kept_at_all() {
        let (me, mut tags) = (this_process(), tags_with(&[]));
        let mut child = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap();
        let other = Owner::of(i32::try_from(child.id()).unwrap()).unwrap();
        assert_eq!(kept_for_another(&tags, other), None, "it is not kept");
        tags.extend(limit_tag(Duration::from_secs(60), Duration::from_secs(30)));
        assert_eq!([limit(&tags), term(&tags)], [60, 30].map(|seconds| Some(Duration::from_secs(seconds))));
        assert_eq!(kept_for_another(&tags, me), None, "it is for this job");
        assert_eq!(kept_for_another(&tags, other), Some(JobState::Running));
        tags.extend(super::tags(Owner::of_parent().unwrap(), |_| None));
        assert_eq!(kept_for_another(&tags, me), None, "this process descends from that job");
        tags.insert(HOST.into(), "elsewhere".into());
        assert_eq!(kept_for_another(&tags, me), Some(JobState::Unknown));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_job_is_over_when_its_process_has_ended() {
        let mut tags = tags_with(&[]);
        assert_eq!(state(&tags), JobState::Running);
        tags.insert(JOB.into(), format!("gitlab-7.{}.999999999-1", this_place()));
        assert_eq!(state(&tags), JobState::Over);
        for unseen in ["gitlab-7.999999999-1", "0f1e2d3ceffffffc.999999999-1", "999999999-1"] {
            let tags = tags.clone().into_iter().chain([(JOB.to_owned(), unseen.to_owned())]).collect();
            assert_eq!(state(&tags), JobState::Unknown, "{unseen}");
        }
        tags.insert(HOST.into(), "elsewhere".into());
        assert_eq!(state(&tags), JobState::Unknown);
        assert_eq!(state(&BTreeMap::new()), JobState::Unknown);
    }
}
