//! Tests which certificates, CA files and keys are accepted, with Python's `ssl` as the reference, and generates
//! `collection/docs/tls.md`.
use crate::{FakeClock, get, settings};
use http_exchange::{Kind, TlsSettings};
use std::{fmt::Write, path::Path};
use test_servers::{Case, Expected, Referee, Workshop, tls_cases};

/// Set this variable to regenerate the page.
const REWRITE: &str = "REWRITE_TLS_TABLE";

const HEAD: &str = "\
<!-- Written by `cargo test -p http-exchange --test it`; do not edit. -->

# Which certificates and keys are accepted

The same applies to SUMS, ARA and the Jumpstarter controller (`tls.ca`; it accepts no client certificates). The last
column shows the result with Python's `ssl` (Python 3.11 with Debian's settings), which Ansible's own modules use. A rejected
certificate or key leads to an error with the quoted words and a remedy.
";

/// Our result, with the error message on failure.
fn ours(case: &Case, port: u16) -> Result<(), String> {
    let (client_cert, client_key) = case.client.clone().unzip();
    let tls =
        TlsSettings { ca_path: Some(case.ca.clone()), ca_only: true, client_cert, client_key, verify: true };
    let url = format!("https://{}:{port}", case.host);
    match get(http_exchange::Settings { tls, ..settings(url, &FakeClock::new()) }) {
        Ok(_) => Ok(()),
        Err(error) => {
            assert_eq!(error.kind(), Kind::Tls, "{}: {error}", case.name);
            assert!(!error.to_string().contains(['{', '}']), "a debug dump: {error}");
            Err(error.to_string())
        }
    }
}

fn page(cases: &[Case]) -> String {
    let mut page = HEAD.to_owned();
    let mut section = "";
    for case in cases {
        if case.section != section {
            section = case.section;
            let _ = write!(page, "\n## {section}\n\n| kind | accepted | Python |\n|---|---|---|\n");
        }
        let ours = match case.ours {
            Expected::Accepted => "yes".to_owned(),
            Expected::Refused(words) => format!("no: …{words}…"),
        };
        let _ = writeln!(page, "| {} | {ours} | {} |", case.name, if case.python { "yes" } else { "no" });
    }
    page
}

#[test]
fn what_python_accepts_is_accepted_or_refused_with_its_true_reason() {
    let workshop = Workshop::new();
    let cases = tls_cases(&workshop);
    let referee = Referee::of(&cases);
    let mut wrong = String::new();
    for (case, seen) in cases.iter().zip(&referee.seen) {
        let what = format!("{}, {}", case.section, case.name);
        let came = ours(case, seen.port);
        let is_right = match (&came, case.ours) {
            (Ok(()), Expected::Accepted) => true,
            (Err(said), Expected::Refused(words)) => said.contains(words),
            _ => false,
        };
        if !is_right {
            let _ = writeln!(wrong, "{what}: expected {:?}, got {came:?}", case.ours);
        }
        if seen.accepted != case.python {
            let _ = writeln!(wrong, "{what}: expected {} from Python, got {seen:?}", case.python);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    let page = page(&cases);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../collection/docs/tls.md");
    if std::env::var_os(REWRITE).is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    assert!(
        std::fs::read_to_string(&file).unwrap_or_default() == page,
        "collection/docs/tls.md is outdated; regenerate it with\n\n    {REWRITE}=1 cargo test -p http-exchange --test it\n\n{page}"
    );
}
