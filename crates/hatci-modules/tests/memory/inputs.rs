//! Large and malformed inputs from servers, files and devices.
use flate2::{Compression, write::GzEncoder};
use std::{io::Write, sync::LazyLock};
use test_servers::{Step, json};

/// The name of an input, and its constructor.
type Input<T> = (&'static str, fn() -> T);

/// A server's answer to every request.
pub(crate) const ANSWERS: [Input<Step>; 13] = [
    ("a small answer", || {
        json(200, r#"{"id": 7, "state": "COMPLETE", "event_id": "E-1", "status": "FIXED"}"#)
    }),
    ("an object with a string of 1 MiB", || {
        json(200, &format!("{{\"id\": 7, \"state\": \"{}\"}}", "x".repeat((1 << 20) - 100)))
    }),
    ("an object of 8 MiB with small values", || {
        json(200, &format!("{{\"id\": 7, \"list\": [1{}]}}", ",1".repeat(4 << 20)))
    }),
    (LONG_LIST, || {
        json(
            200,
            &format!(
                "[{{\"vin\": \"A\"}}{}]",
                ",{\"vin\": \"1HGBH41JXMN109186\", \"id\": \"vehicle\"}".repeat(680_000)
            ),
        )
    }),
    ("a list with an element of 4 million values", || {
        json(200, &format!("[{{{IDS}, \"x\": [1{}]}}]", ",1".repeat(4_000_000)))
    }),
    ("a list with an element of a million keys", || {
        let keys: Vec<_> = (0..1_000_000).map(|n| format!("\"k{n}\": 0")).collect();
        json(200, &format!("[{{{IDS}, {}}}]", keys.join(", ")))
    }),
    ("a list of 1600 elements with 10,000 values each", || {
        let element = format!("{{{IDS}, \"x\": [1{}]}}", ",1".repeat(9_990));
        json(200, &format!("[{}]", vec![element; 1600].join(",")))
    }),
    ("a list of 30 elements of 1 MB each", || {
        let element = format!("{{{IDS}, \"x\": \"{}\"}}", "x".repeat(1_000_000));
        json(200, &format!("[{}]", vec![element; 30].join(",")))
    }),
    ("an endless body", || Step::Flood(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000000\r\n\r\n{".into())),
    ("an endless header", || Step::Flood(b"HTTP/1.1 200 OK\r\nx: ".into())),
    ("256 MiB of blanks, compressed to 1 MiB", || Step::Send(BOMB.clone())),
    ("a million nested lists", || json(200, &"[".repeat(1_000_000))),
    ("a number of a million digits", || json(200, &format!("{{\"id\": {}}}", "9".repeat(1_000_000)))),
];

/// What every list of the server names its objects by.
const IDS: &str = r#""vin": "1HGBH41JXMN109186", "id": "i", "event_id": "E-1", "deployment_id": "D-1", "test_event_id": "T-1""#;

const LONG_LIST: &str = "30 MB of vehicles";

/// Long lists are read only by those that list; the others refuse them as they do any list. None of a bench's machines has long lists.
pub(crate) fn is_good_for(input: &str, module: &str) -> bool {
    if ["s3_", "truenas_", "idrac_"].iter().any(|family| module.starts_with(family)) {
        return !input.contains("a list") && input != LONG_LIST;
    }
    let is_list = input == LONG_LIST || input.starts_with("a list ");
    let reads_both = ["hatci_info", "hatci_contract"].contains(&module);
    reads_both || is_list == module.ends_with("_info")
}

static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut body = GzEncoder::new(Vec::new(), Compression::fast());
    let blanks = vec![b' '; 1 << 20];
    (0..256).for_each(|_| body.write_all(&blanks).unwrap());
    let body = body.finish().unwrap();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), &body].concat()
});

/// An exporter's configuration.
pub(crate) const FILES: [Input<String>; 3] = [
    ("a configuration of 1 MB", || {
        format!("{HEAD}  power: {{type: a.B, config: {{text: \"{}\"}}}}\n", "x".repeat(1_000_000))
    }),
    ("aliases that expand to a billion items", || {
        let level = |n| format!("    l{n}: &l{n} [{}]\n", vec![format!("*l{}", n - 1); 9].join(", "));
        let levels = (1..12).map(level).collect::<Vec<_>>().concat();
        format!("{HEAD}  power:\n    type: a.B\n    config:\n    l0: &l0 [x]\n{levels}")
    }),
    ("100,000 nested maps", || format!("{HEAD}  power: {}", "{a: ".repeat(100_000))),
];

const HEAD: &str = "apiVersion: jumpstarter.dev/v1alpha1\nkind: ExporterConfig\nmetadata: {namespace: d, name: b}\nexport:\n";

/// A report to merge.
pub(crate) const REPORTS: [Input<String>; 6] = [
    ("a report of 10,000 vehicles", || {
        let states = (1..6).map(|n| format!(r#"{{"state":"STATE {n}","at":"2026-11-30T10:0{n}:00Z"}}"#));
        let ecus = (1..4).map(|n| format!(r#"{{"ecu_name":"ECU {n}","from":"1.2.3","to":"2.0.0"}}"#));
        let details = format!(
            r#""states":[{}],"ecus":[{}],"artifact_urls":["https://s3.example.com/bench/log.tgz"]"#,
            states.collect::<Vec<_>>().join(","),
            ecus.collect::<Vec<_>>().join(",")
        );
        let row = |n| {
            let ids =
                ["source", "target", "test"].map(|event| format!(r#""{event}_event_id":"EVENT-{n:08}""#));
            format!(
                r#"{{"host":"car{n}","vin":"KNA{n:014}","status":"FAIL","summary":"The update of car{n} failed: no answer","seconds":120,"started":"2026-11-30T10:00:00Z","finished":"2026-11-30T10:02:00Z","environment":"winter-tools 4.2","deployment_id":"DEP-{n:08}","lease_name":"lease-{n}",{},{details}}}"#,
                ids.join(",")
            )
        };
        report(&(0..10_000).map(row).collect::<Vec<_>>().join(","))
    }),
    ("a report of 250,000 vehicles", || report(&vec![r#"{"host":"","status":"PASS"}"#; 250_000].join(","))),
    ("a report of 10,000 tests of one vehicle", || {
        report(
            &(0..10_000)
                .map(|n| format!(r#"{{"host":"","status":"FAIL","summary":"{n}"}}"#))
                .collect::<Vec<_>>()
                .join(","),
        )
    }),
    ("a vehicle with 590,000 ECUs", || {
        let ecus = vec![r#"{"ecu_name":"e"}"#; 590_000].join(",");
        report(&format!(r#"{{"host":"a","status":"PASS","ecus":[{ecus}]}}"#))
    }),
    ("an environment of 16 MB", || {
        report(&format!(
            r#"{{"host":"a","status":"PASS","environment":{{"x":[0{}]}}}}"#,
            ",0".repeat(8_000_000)
        ))
    }),
    ("a summary of 15 MB", || {
        report(&format!(r#"{{"host":"a","status":"FAIL","summary":"{}"}}"#, "x://y:z@".repeat(1_900_000)))
    }),
];

fn report(vehicles: &str) -> String {
    format!(r#"{{"schema":1,"title":"x","verdict":"FAIL","counts":{{}},"vehicles":[{vehicles}]}}"#)
}

/// A command's output.
pub(crate) const OUTPUTS: [(&str, &str); 3] = [
    ("200 MB of short lines", "yes | head -c 200000000"),
    ("200 MB without a line break", "head -c 200000000 /dev/zero | tr '\\0' x"),
    ("100 MB on standard error", "yes no | head -c 100000000 >&2"),
];
