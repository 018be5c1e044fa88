//! Many waits on a network that fails half of the time: each ends as its update does, or when its time is up.

use super::wait::{Seen, Waited, Waiting};
use super::wait_options::WaitOptions;
use ansible_module::{ErrorKind, Failure};
use hatci_client::{Client, Clock, DeploymentId, Policy, ProxyVariables, Secret, Settings};
use std::{cell::RefCell, collections::HashMap, time::Duration};
use test_servers::FakeClock;
use test_servers::{ScriptedServer, Step, json, with_headers};

const WAITS: usize = 120;
const TIMEOUT: Duration = Duration::from_secs(4 * 3600);

/// What becomes of a deployment, by the last letter of its id.
const ENDS: [(&str, &str); 3] = [("c", "COMPLETE"), ("f", "FAILED"), ("s", "IN_PROGRESS")];

/// The state after some looks that were answered; before, every second request meets one of the faults.
fn server() -> ScriptedServer {
    let mut chance = fastrand::Rng::with_seed(9);
    let mut looks: HashMap<String, usize> = HashMap::new();
    ScriptedServer::answering(move |request| {
        let seen = looks.entry(request.target.clone()).or_default();
        // The first look is answered, because a 404 to that is believed.
        if *seen > 0 && chance.bool() {
            return match chance.u8(0..7) {
                0 => json(503, "{}"),
                1 => with_headers(429, &[("retry-after", "400")], "{}"),
                2 => json(404, "{}"),
                3 => json(409, "{}"),
                4 => json(200, "<html>Please log in</html>"),
                5 => Step::CloseAfter,
                _ => Step::SendAndClose(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".into()),
            };
        }
        *seen += 1;
        let end = ENDS.iter().find(|(letter, _)| request.target.ends_with(letter));
        match (*seen, end) {
            (5.., Some((_, state))) => json(200, &format!(r#"{{"state": "{state}"}}"#)),
            _ => json(200, r#"{"state": "PENDING"}"#),
        }
    })
}

/// The outcome, what it took, and when something was said.
fn wait(url: &str, id: &str) -> (Result<Seen, Failure>, Waited, Vec<Duration>) {
    let clock = FakeClock::new();
    let mut settings = Settings::new(url, Secret::new("t-0815"));
    settings.proxies = ProxyVariables::default();
    settings.clock = clock.clone();
    settings.policy = Policy { retries: 0, ..Policy::default() };
    let (client, id) = (Client::new(settings).unwrap(), DeploymentId::parse(id).unwrap());
    let (options, said) = (WaitOptions::of(TIMEOUT.as_secs(), 60), RefCell::new(vec![]));
    let tell = |_: &str| said.borrow_mut().push(clock.now());
    let mut waited = Waited::default();
    let outcome =
        Waiting::new(id.to_string(), &options, &*clock, &tell, &|_| {}).run(&mut waited, &mut |_| {
            let it = client.deployment(&id)?;
            Ok(Seen { state: it.state, reason: it.reason, progress: None })
        });
    (outcome, waited, said.into_inner())
}

#[test]
fn no_wait_is_stuck_ends_early_or_falls_silent() {
    let server = server();
    let mut trouble = 0;
    for number in 0..WAITS {
        let (letter, state) = ENDS[number % ENDS.len()];
        let (outcome, waited, said) = wait(&server.url(), &format!("D-{number}-{letter}"));
        match outcome.map(|seen| seen.state.to_string()).map_err(|failure| failure.kind) {
            Ok(seen) => assert_eq!((letter, seen.as_str()), ("c", state)),
            Err(ErrorKind::Failed) => assert_eq!(letter, "f"),
            Err(kind) => assert_eq!((letter, kind, waited.time), ("s", ErrorKind::Timeout, TIMEOUT)),
        }
        trouble += usize::from(waited.polls > 5);
        let pauses = said.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
        assert!(pauses.max() <= Some(Duration::from_secs(60)), "{said:?}");
    }
    assert!(trouble > WAITS / 2, "{trouble} of {WAITS}: the faults did not come through");
}
