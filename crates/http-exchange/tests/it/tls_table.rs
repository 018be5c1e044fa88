//! What is accepted of certificates, CA files and keys, with Python's `ssl` as referee beside each cell. What comes out is
//! written down in `collection/docs/tls.md`.
use crate::{FakeClock, get, settings};
use http_exchange::{Kind, TlsSettings};
use std::{fmt::Write, path::Path};
use test_servers::{Case, Expected, Referee, Workshop, tls_cases};

/// Set it to anything to write the page anew.
const REWRITE: &str = "REWRITE_TLS_TABLE";

const HEAD: &str = "\
<!-- Written by `cargo test -p http-exchange --test it`; do not edit. -->

# Which certificates and keys are accepted

The same for SUMS, for ARA and for Jumpstarter's controller (`tls.ca`; it takes no client certificates). Beside each
kind stands what Python's `ssl` does with it (as Python 3.11 on Debian is set), which Ansible's own modules use. What is refused
is refused with the words given, among others, and with what to do.
";

/// Whether it went well, and what was said if not.
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
            let _ = writeln!(wrong, "{what}: expected {:?}, came {came:?}", case.ours);
        }
        if seen.accepted != case.python {
            let _ = writeln!(wrong, "{what}: expected of Python {}, came {seen:?}", case.python);
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
        "collection/docs/tls.md is not what comes out now; write it anew with\n\n    {REWRITE}=1 cargo test -p http-exchange --test it\n\n{page}"
    );
}
