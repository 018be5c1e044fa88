//! Uses Python's `ssl` as the server of every case, and as a reference client.
use crate::case::Case;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
};

/// Python's results. Its servers run until this is dropped.
pub struct Referee {
    child: Child,
    /// For each case, in order.
    pub seen: Vec<Seen>,
}

/// Python's result for one case.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Where the server listens.
    pub port: u16,
    /// Whether Python accepts the connection.
    pub accepted: bool,
    /// Python's error message.
    pub words: String,
}

impl Referee {
    /// Starts a server for each case, and lets Python connect to it.
    pub fn of(cases: &[Case]) -> Self {
        let mut child = Command::new("python3")
            .args(["-I", "-c", include_str!("referee.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the tests need python3");
        let cases: Vec<_> = cases.iter().map(as_json).collect();
        writeln!(child.stdin.as_mut().unwrap(), "{}", Value::from(cases.clone())).unwrap();
        let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().take(cases.len());
        let seen: Vec<_> = lines.map(|line| seen(&line.unwrap())).collect();
        assert_eq!(seen.len(), cases.len(), "Python gave up at {}", cases[seen.len()]);
        Self { child, seen }
    }
}

impl Drop for Referee {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn as_json(case: &Case) -> Value {
    let (cert, key) = case.client.as_ref().map(|(cert, key)| (cert, key)).unzip();
    json!({
        "chain": case.chain, "key": case.key, "ca": case.ca, "host": case.host, "tls12": case.tls12,
        "members": case.members, "client_cert": cert, "client_key": key,
    })
}

fn seen(line: &str) -> Seen {
    let line: Value = serde_json::from_str(line).unwrap();
    Seen {
        port: line["port"].as_u64().and_then(|port| port.try_into().ok()).unwrap(),
        accepted: line["accepted"].as_bool().unwrap(),
        words: line["words"].as_str().unwrap().to_owned(),
    }
}
