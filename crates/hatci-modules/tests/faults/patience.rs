//! What reads of a bench's machines outlast.
use crate::subject::MACHINES;
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};
use test_servers::{ScriptedServer, Step, json};

/// More than any number of retries that a family once had.
const FAILURES: usize = 5;

#[test]
fn every_module_of_a_benchs_machines_repeats_its_reads_until_the_server_works_again() {
    let troubles: [fn() -> Step; 3] = [|| json(502, "<html>"), || json(503, "{}"), || Step::CloseAfter];
    thread::scope(|scope| {
        for subject in MACHINES.iter() {
            for trouble in troubles {
                scope.spawn(move || {
                    let seen = AtomicUsize::new(0);
                    // It says what can't be mistaken for the trouble before.
                    let server = ScriptedServer::answering(move |_| {
                        let is_over = seen.fetch_add(1, Ordering::SeqCst) >= FAILURES;
                        if is_over { json(401, "{}") } else { trouble() }
                    });
                    let answer = subject.run_at(server.url(), None, 60);
                    let name = subject.name();
                    assert_eq!(answer["error"]["kind"], "auth", "{name}: {answer:?}");
                    assert_eq!(server.requests().len(), FAILURES + 1, "{name}: {answer:?}");
                });
            }
        }
    });
}
