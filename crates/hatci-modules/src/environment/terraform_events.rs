//! What Terraform says with `-json`: a line for each event. Only counts, addresses and errors are taken from it, never a value.
use serde_json::Value;
use shown_text::CUT;
use std::fmt::Write;

/// What was said.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Events {
    pub(super) add: u64,
    pub(super) change: u64,
    pub(super) destroy: u64,
    /// Such as `create terraform_data.node[0]`.
    pub(super) actions: Vec<String>,
    /// One sentence or more each, without the lines of files that Terraform quotes.
    pub(super) errors: Vec<String>,
    /// The other lines, such as a crash; of many, the first.
    pub(super) other: Vec<String>,
}

/// How many lines that are no events are kept.
const MOST_OTHER: usize = 20;

impl Events {
    pub(super) fn of(output: &str) -> Self {
        let mut events = Events::default();
        let mut is_cut = false;
        for line in output.lines() {
            match serde_json::from_str::<Value>(line) {
                Ok(event) if event.is_object() => events.take(&event),
                _ if line.trim().is_empty() => {}
                _ if events.other.len() < MOST_OTHER => events.other.push(line.trim().to_owned()),
                _ => is_cut = true,
            }
        }
        events.other.extend(is_cut.then(|| CUT.to_string()));
        // Terraform plans at many places at once, and tells in any order.
        let address = |action: &String| action.split_once(' ').map(|(_, address)| address.to_owned());
        events.actions.sort_by_key(address);
        events
    }

    fn take(&mut self, event: &Value) {
        match event["type"].as_str() {
            Some("change_summary") => {
                let count = |name: &str| event["changes"][name].as_u64().unwrap_or_default();
                (self.add, self.change, self.destroy) = (count("add"), count("change"), count("remove"));
            }
            Some("planned_change") => {
                let change = &event["change"];
                let word = |value: &Value| value.as_str().unwrap_or("?").to_owned();
                self.actions.push(format!(
                    "{} {}",
                    word(&change["action"]),
                    word(&change["resource"]["addr"])
                ));
            }
            Some("diagnostic") if event["diagnostic"]["severity"] == "error" => {
                let diagnostic = &event["diagnostic"];
                let text = |name: &str| diagnostic[name].as_str().unwrap_or_default().trim().to_owned();
                let mut error = text("summary");
                if let (Some(file), Some(line)) =
                    (diagnostic["range"]["filename"].as_str(), diagnostic["range"]["start"]["line"].as_u64())
                {
                    let _ = write!(error, " ({file}, line {line})");
                }
                let detail = text("detail");
                if !detail.is_empty() {
                    let _ = write!(error, ": {detail}");
                }
                self.errors.push(error);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_addresses_and_errors_are_taken_and_quoted_lines_are_not() {
        let output = r#"{"type":"version"}
{"type":"planned_change","change":{"resource":{"addr":"terraform_data.b[1]"},"action":"delete"}}
{"type":"change_summary","changes":{"add":1,"change":2,"import":0,"remove":3,"operation":"plan"}}
{"type":"diagnostic","diagnostic":{"severity":"warning","summary":"Deprecated"}}
{"type":"diagnostic","diagnostic":{"severity":"error","summary":"Invalid value","detail":"A number is required.","range":{"filename":"/x/t.tfvars","start":{"line":3}},"snippet":{"code":"token = \"s3cr3t\""}}}
panic: no JSON
"#;
        let events = Events::of(output);
        assert_eq!((events.add, events.change, events.destroy), (1, 2, 3));
        assert_eq!(events.actions, ["delete terraform_data.b[1]"]);
        assert_eq!(events.errors, ["Invalid value (/x/t.tfvars, line 3): A number is required."]);
        assert_eq!(events.other, ["panic: no JSON"]);
    }
}
