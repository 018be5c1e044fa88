//! A campaign as a file that Ansible can load as variables: YAML with one line a vehicle.
use crate::campaign::Campaign;
use serde::Deserialize;
use std::fmt::Write;

/// What `-e @FILE` sets.
#[derive(Deserialize)]
struct Variables {
    hatci_resume: Campaign,
}

const HEAD: &str = "\
# The resume file of a campaign, written by hatci.automation. To resume the campaign, on any machine:
#   ansible-playbook hatci.automation.ota_fleet -i INVENTORY -e ota_hosts=GROUP -e @THIS_FILE
# If a vehicle failed because it is unknown what exists in SUMS: add the ids that you find there, such as \"deployment_id\", and set
# \"stage\" to \"waiting\".
---
";

impl Campaign {
    /// The text of the file.
    pub fn to_yaml(&self) -> String {
        let mut text = HEAD.to_owned();
        let mut line = |text_of_line: String| {
            let _ = writeln!(text, "{text_of_line}");
        };
        line(format!("hatci_campaign_id: {}", json(&self.campaign_id)));
        line("hatci_resume:".into());
        line(format!("  campaign_id: {}", json(&self.campaign_id)));
        line(format!("  revision: {}", self.revision));
        line(format!("  begun_by: {}", json(&self.begun_by)));
        if self.vehicles.is_empty() {
            line("  vehicles: []".into());
        } else {
            line("  vehicles:".into());
            self.vehicles.iter().for_each(|vehicle| line(format!("    - {}", json(vehicle))));
        }
        text
    }

    /// Reads such a file. An error is a clause.
    pub fn from_yaml(text: &str) -> Result<Self, String> {
        let options = serde_saphyr::options! {
            budget: None,
        };
        serde_saphyr::from_str_with_options::<Variables>(text, options)
            .map(|variables| variables.hatci_resume)
            .map_err(|error| {
                // No more than the place: the file may be anything, and the parser quotes it.
                let line = error.location().map_or(String::new(), |at| format!(" (see line {})", at.line()));
                format!("it is not the resume file of a campaign{line}")
            })
    }
}

/// JSON is YAML, but for characters that YAML wants escaped.
fn json(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let is_plain = matches!(character, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}'
            | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..);
        if is_plain {
            shown.push(character);
        } else {
            let _ = write!(shown, "\\u{:04x}", u32::from(character));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::{Stage, StateChange, Vehicle, Verdict};
    use proptest::prelude::*;

    fn campaign(texts: &[String]) -> Campaign {
        let vehicles = texts
            .iter()
            .map(|text| Vehicle {
                host: text.clone(),
                wave: 1,
                stage: Stage::Ended,
                status: Some(Verdict::Fail),
                summary: text.as_str().into(),
                deployment_id: Some(text.as_str().into()),
                started: Some("2026-11-20T22:00:00.25Z".parse().unwrap()),
                states: vec![StateChange {
                    state: text.as_str().into(),
                    at: "2026-11-20T22:00:00Z".parse().unwrap(),
                }],
                ..Vehicle::default()
            })
            .collect();
        Campaign { campaign_id: "winter".into(), revision: 3, vehicles, ..Campaign::default() }
    }

    #[test]
    fn a_vehicle_is_a_line() {
        let text = campaign(&["car1".into(), "car2".into()]).to_yaml();
        let lines: Vec<_> = text.lines().filter(|line| line.contains("\"host\"")).collect();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[0].starts_with("    - {\"host\":\"car1\",\"wave\":1,\"stage\":\"ended\""),
            "{}",
            lines[0]
        );
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        for text in ["", "hatci_vin: x", "[", "hatci_resume: 1", "hatci_resume: {vehicles: []}"] {
            assert!(Campaign::from_yaml(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_line_and_quotes_nothing() {
        for text in [
            "root:x:0:0:secret\nuser:x:1:1:secret\n",
            "hatci_resume: secret",
            "hatci_resume: {campaign_id: a, revision: secret}",
            "- secret\n\tsecret: [",
            "hatci_resume:\n  vehicles: [{stage: secret, host: secret}]\n",
        ] {
            let why = Campaign::from_yaml(text).unwrap_err();
            assert!(why.contains("see line ") && !why.contains("secret"), "{why}");
        }
    }

    #[test]
    fn a_campaign_of_ten_thousand_vehicles_can_be_read() {
        let hosts: Vec<_> = (0..10_000).map(|number| format!("car{number}")).collect();
        let campaign = campaign(&hosts);
        assert_eq!(Campaign::from_yaml(&campaign.to_yaml()).unwrap(), campaign);
    }

    proptest! {
        #[test]
        fn a_campaign_comes_back_as_it_was_whatever_the_server_says(text in "\\PC*|[\\x00-\\x20\\x7f-\\xa0{}%\"\\\\\u{feff}\u{2028}😀]*") {
            let campaign = campaign(&[text]);
            prop_assert_eq!(Campaign::from_yaml(&campaign.to_yaml()).unwrap(), campaign);
        }
    }
}
