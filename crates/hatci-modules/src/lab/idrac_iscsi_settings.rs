//! The iSCSI settings of a network function that a task asks for, in the groups in which an iDRAC takes them.
use serde_json::{Map, Value, json};

/// Settings by their names.
pub(crate) type Values = Map<String, Value>;

/// What a function is to boot from.
pub(crate) struct Wanted {
    /// An iDRAC8 takes one group at a time, with a restart between: the addressing, the target, the login. To undo them, the other way
    /// round.
    pub(crate) groups: [Values; 3],
    /// The secret is never read back, so it is sent only together with other changes, or if asked for.
    pub(crate) secret: Option<String>,
    /// Whether these are the factory's settings, so that the groups are taken the other way round.
    pub(crate) undoes: bool,
}

/// How a setting reads back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reading {
    Same,
    /// Blank, although it should not be: never set, or not shown.
    Blank,
    Other,
}

/// The name of the setting for the secret.
pub(crate) const SECRET: &str = "CHAPSecret";
/// How the names of settings for ports end.
const PORT: &str = "TCPPort";
/// The index of the group with the login.
const LOGIN: usize = 2;

/// A target, as a task gives it.
pub(crate) struct Target<'a> {
    pub(crate) iqn: &'a str,
    pub(crate) address: &'a str,
    pub(crate) port: u16,
    pub(crate) lun: u16,
}

impl Wanted {
    /// To boot from this target.
    pub(crate) fn target(
        target: &Target,
        dhcp: bool,
        initiator: Option<&str>,
        chap: Option<(&str, &str)>,
    ) -> Self {
        let mut of_target = values(json!({
            "TargetInfoViaDHCP": false,
            "PrimaryTargetName": target.iqn,
            "PrimaryTargetIPAddress": target.address,
            "PrimaryTargetTCPPort": target.port,
            "PrimaryLUN": target.lun,
        }));
        if let Some(initiator) = initiator {
            of_target.insert("InitiatorName".into(), initiator.into());
        }
        let login = match chap {
            Some((user, _)) => json!({ "AuthenticationMethod": "CHAP", "CHAPUsername": user }),
            None => json!({ "AuthenticationMethod": "None" }),
        };
        Self {
            groups: [values(json!({ "IPMaskDNSViaDHCP": dhcp })), of_target, values(login)],
            secret: chap.map(|(_, secret)| secret.to_owned()),
            undoes: false,
        }
    }

    /// As a function is that was never set up.
    pub(crate) fn defaults() -> Self {
        let of_target = json!({
            "TargetInfoViaDHCP": true, "PrimaryTargetName": "", "PrimaryTargetIPAddress": "0.0.0.0", "PrimaryLUN": 0,
        });
        let login = values(json!({ "AuthenticationMethod": "None" }));
        Self {
            groups: [values(json!({ "IPMaskDNSViaDHCP": true })), values(of_target), login],
            secret: None,
            undoes: true,
        }
    }

    /// All settings but the secret.
    pub(crate) fn all(&self) -> Values {
        self.groups.iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// What of each group differs from `current`. The secret goes with its group, or if `sends_secret`.
    pub(crate) fn missing(&self, current: &Values, sends_secret: bool) -> [Values; 3] {
        let differs =
            |(key, value): &(&String, &Value)| reading(key, value, current.get(*key)) != Reading::Same;
        let mut groups = self.groups.each_ref().map(|group| {
            let missing = group.iter().filter(differs);
            missing.map(|(key, value)| (key.clone(), value.clone())).collect::<Values>()
        });
        if let Some(secret) = &self.secret
            && (sends_secret || !groups[LOGIN].is_empty())
        {
            groups[LOGIN].clone_from(&self.groups[LOGIN]);
            groups[LOGIN].insert(SECRET.into(), secret.as_str().into());
        }
        groups
    }

    /// How all of it reads back: other if anything is, else blank if anything is.
    pub(crate) fn reading(&self, current: &Values) -> Reading {
        let all = self.all();
        let readings: Vec<Reading> =
            all.iter().map(|(key, value)| reading(key, value, current.get(key))).collect();
        let has = |reading| readings.contains(&reading);
        match () {
            () if has(Reading::Other) => Reading::Other,
            () if has(Reading::Blank) => Reading::Blank,
            () => Reading::Same,
        }
    }

    /// Whether a job that is about to set `pending` does what is asked for, as far as it goes. Some firmware shows all settings there, and
    /// some none.
    pub(crate) fn includes(&self, pending: &Values, current: &Values) -> bool {
        let all = self.all();
        let changes = changes(pending, current);
        let of_wanted =
            changes.iter().filter_map(|(key, value)| Some((key, all.get(key)?, value))).collect::<Vec<_>>();
        let is_same = |(key, wanted, value): &(&String, &Value, &Value)| {
            reading(key, wanted, Some(*value)) == Reading::Same
        };
        changes.is_empty() || !of_wanted.is_empty() && of_wanted.iter().all(is_same)
    }

    /// The names of what is pending and isn't asked for, or is asked for with another value.
    pub(crate) fn others(&self, pending: &Values, current: &Values) -> Vec<String> {
        let all = self.all();
        let is_wanted = |key: &String, value: &Value| {
            all.get(key).is_some_and(|wanted| reading(key, wanted, Some(value)) == Reading::Same)
        };
        let changes = changes(pending, current).into_iter();
        changes.filter(|(key, value)| !is_wanted(key, value)).map(|(key, _)| key).collect()
    }
}

/// What is pending and not so already. Nothing is known of a secret.
pub(crate) fn changes(pending: &Values, current: &Values) -> Values {
    let is_change = |(key, value): &(&String, &Value)| {
        *key != SECRET && !value.is_null() && reading(key, value, current.get(*key)) != Reading::Same
    };
    pending.iter().filter(is_change).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// What is to be sent next of the `missing` groups: everything at once or, stepwise, one group. What was `sent` and reads back blank
/// can't get better, and nothing is sent twice.
pub(crate) fn next_step(
    missing: &[Values; 3],
    backwards: bool,
    stepwise: bool,
    current: &Values,
    sent: &[Values],
) -> Option<Values> {
    let mut groups = missing.to_vec();
    if backwards {
        groups.reverse();
    }
    for group in &mut groups {
        group.retain(|key, value| {
            let was_sent = sent.iter().any(|step| step.get(key) == Some(value));
            !(was_sent && reading(key, value, current.get(key)) == Reading::Blank)
        });
    }
    groups.retain(|group| !group.is_empty());
    let mut groups = groups.into_iter();
    let step: Values = if stepwise { groups.next()? } else { groups.flatten().collect() };
    (!step.is_empty() && !sent.contains(&step)).then_some(step)
}

/// The names of all settings in these groups, for people.
pub(crate) fn names(groups: &[Values]) -> String {
    groups.iter().flatten().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(", ")
}

/// Without the secret, for people.
pub(crate) fn shown(values: &Values) -> Values {
    values.iter().filter(|(key, _)| *key != SECRET).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// How a wanted value reads back. Firmware differs in what is blank, in the case of names, and in numbers as text.
pub(crate) fn reading(key: &str, wanted: &Value, current: Option<&Value>) -> Reading {
    // There is no port 0: it is how a blank port reads.
    let shown = |text: String| if key.ends_with(PORT) && text == "0" { String::new() } else { text };
    let (wanted, current) = (shown(plain(wanted)), shown(current.map_or(String::new(), plain)));
    match current.as_str() {
        current if current == wanted => Reading::Same,
        // Nothing to see where nothing should be.
        "" if ["0", "none", "true"].contains(&wanted.as_str()) => Reading::Same,
        "" => Reading::Blank,
        _ => Reading::Other,
    }
}

fn plain(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim().to_lowercase(),
        other => other.to_string(),
    };
    match text.as_str() {
        "0.0.0.0" | "::" => String::new(),
        "enabled" => "true".into(),
        "disabled" => "false".into(),
        _ => text,
    }
}

fn values(object: Value) -> Values {
    match object {
        Value::Object(values) => values,
        _ => Values::new(),
    }
}

#[cfg(test)]
mod tests;
