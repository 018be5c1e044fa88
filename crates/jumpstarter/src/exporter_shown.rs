//! Shows an exporter configuration safely: a driver's options may be secret under any key, so they are
//! hidden unless the key is known to be harmless. Comments and original formatting are not shown.
use serde_json::{Map, Value};

/// Replaces a hidden value.
const STARS: &str = "********";
/// A value whose key contains one of these is secret everywhere.
const SECRET: [&str; 9] =
    ["pass", "secret", "token", "credential", "auth", "key", "pin", "identity", "cookie"];
/// Harmless keys of a driver's configuration: words and numbers that say how a device is attached.
const HARMLESS: [&str; 28] = [
    "baud",
    "baudrate",
    "bitrate",
    "bus",
    "bytesize",
    "channel",
    "delay",
    "device",
    "enabled",
    "fd",
    "frequency",
    "host",
    "hostname",
    "interface",
    "interval",
    "level",
    "log_level",
    "mode",
    "model",
    "parity",
    "port",
    "retries",
    "speed",
    "stopbits",
    "timeout",
    "url",
    "voltage",
    "wait",
];

/// The configuration as YAML, and whether anything in it is hidden.
pub(crate) fn shown(document: &Value) -> (String, bool) {
    let mut shown = document.clone();
    let is_hidden = hide_document(&mut shown);
    let mut text = String::new();
    write(&shown, 0, &mut text);
    (text, is_hidden)
}

fn hide_document(document: &mut Value) -> bool {
    let Value::Object(entries) = document else { return hide_all(document) };
    hide_entries(entries, &mut |key, value| match key {
        "apiVersion" | "kind" | "metadata" | "endpoint" | "tls" | "description" | "failureDetection"
        | "failure_detection" => hide_suspicious(value),
        "export" => hide_drivers(value),
        "hooks" => each(value, |_, hook| {
            each(hook, |key, value| match key {
                "timeout" | "onFailure" | "on_failure" => hide_suspicious(value),
                _ => hide_all(value),
            })
        }),
        _ => hide_all(value),
    })
}

fn hide_drivers(drivers: &mut Value) -> bool {
    each(drivers, |_, driver| {
        each(driver, |key, value| match key {
            "type" | "ref" | "description" | "methods_description" => hide_suspicious(value),
            "children" => hide_drivers(value),
            _ => hide_config(value),
        })
    })
}

fn hide_config(config: &mut Value) -> bool {
    match config {
        Value::Object(entries) => hide_entries(entries, &mut |key, value| match value {
            Value::Object(_) | Value::Array(_) => hide_config(value),
            _ if HARMLESS.contains(&key.to_ascii_lowercase().as_str()) => hide_suspicious(value),
            _ => hide_all(value),
        }),
        Value::Array(items) => items.iter_mut().fold(false, |any, item| hide_config(item) | any),
        other => hide_all(other),
    }
}

/// Hides a value if it or its key looks like a secret.
fn hide_suspicious(value: &mut Value) -> bool {
    match value {
        Value::Object(entries) => hide_entries(entries, &mut |_, value| hide_suspicious(value)),
        Value::Array(items) => items.iter_mut().fold(false, |any, item| hide_suspicious(item) | any),
        // PEM, also in base64; the user info and the query of a URL.
        Value::String(text)
            if ["-----BEGIN", "LS0tLS1CRUdJTi", "@", "?"].iter().any(|sign| text.contains(sign)) =>
        {
            hide_all(value)
        }
        _ => false,
    }
}

/// Hides every text and number. Booleans and null reveal nothing.
fn hide_all(value: &mut Value) -> bool {
    match value {
        Value::Object(entries) => entries.values_mut().fold(false, |any, value| hide_all(value) | any),
        Value::Array(items) => items.iter_mut().fold(false, |any, item| hide_all(item) | any),
        Value::String(text) if text.is_empty() => false,
        Value::String(_) | Value::Number(_) => {
            *value = STARS.into();
            true
        }
        Value::Null | Value::Bool(_) => false,
    }
}

fn each(value: &mut Value, mut hide: impl FnMut(&str, &mut Value) -> bool) -> bool {
    match value {
        Value::Object(entries) => hide_entries(entries, &mut hide),
        other => hide_all(other),
    }
}

/// Applies `hide` to each entry whose key does not already mark it as secret.
fn hide_entries(entries: &mut Map<String, Value>, hide: &mut dyn FnMut(&str, &mut Value) -> bool) -> bool {
    entries.iter_mut().fold(false, |any, (key, value)| {
        let lower = key.to_ascii_lowercase();
        let is_secret = value.is_string() || value.is_number();
        let is_hidden = if is_secret && SECRET.iter().any(|word| lower.contains(word)) {
            hide_all(value)
        } else {
            hide(key, value)
        };
        is_hidden | any
    })
}

/// Block style, with two blanks per level.
fn write(value: &Value, level: usize, text: &mut String) {
    let mut line = |head: &str, value: &Value| {
        text.push_str(&"  ".repeat(level));
        text.push_str(head);
        if matches!(value, Value::Object(entries) if !entries.is_empty())
            || matches!(value, Value::Array(items) if !items.is_empty())
        {
            text.push('\n');
            write(value, level + 1, text);
        } else {
            text.push(' ');
            text.push_str(&plain(value));
            text.push('\n');
        }
    };
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                line(&format!("{}:", shown_text::one_line(key)), value);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| line("-", item)),
        leaf => line("", leaf),
    }
}

/// A text without quotes if it is one clean line, else as JSON.
fn plain(leaf: &Value) -> String {
    match leaf {
        Value::String(text) if !text.is_empty() && text.chars().all(shown_text::is_harmless) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whatever_a_driver_is_configured_with_is_hidden_unless_it_is_known_to_be_harmless() {
        let secrets = [
            "api_key",
            "auth",
            "key",
            "pin",
            "ssh_identity",
            "password",
            "community",
            "psk",
            "args",
            "1",
            "Passwd",
            "user",
        ];
        let config: Map<String, Value> =
            secrets.iter().map(|key| ((*key).to_owned(), "planted".into())).collect();
        let document = json!({
            "metadata": { "name": "a", "namespace": null, "password": "planted" },
            "endpoint": "user:planted@host", "token": "planted", "description": "-----BEGIN X planted",
            "grpcOptions": { "x": "planted" }, "unknown": ["planted", 4711],
            "export": {
                "a": { "type": "x.Y", "config": config },
                "b": { "config": { "url": "https://u:planted@host", "nested": { "list": ["planted", 4711], "host": "bench-7" } } },
                "c": { "config": { "baudrate": 115_200, "url": "loop://", "invert": true, "pin": 4711 } },
                "d": { "children": { "e": { "config": { "host": "planted?token=planted" }, "extra": "planted" } } },
                "f": "planted",
            },
            "hooks": { "beforeLease": { "script": "curl -H planted", "exec": "planted", "timeout": 60, "onFailure": "exit" } },
        });
        let (text, is_hidden) = shown(&document);
        assert!(is_hidden && !text.contains("planted") && !text.contains("4711"), "{text}");
        for harmless in [
            "name: a",
            "type: x.Y",
            "baudrate: 115200",
            "url: loop://",
            "invert: true",
            "host: bench-7",
            "timeout: 60",
            "onFailure: exit",
        ] {
            assert!(text.contains(harmless), "{harmless}: {text}");
        }
    }

    #[test]
    fn a_configuration_without_secrets_is_shown_whole() {
        let document = json!({ "metadata": { "name": "a\nb" }, "export": { "p": { "ref": "q" }, "l": { "config": { "host": [] } } } });
        let (text, is_hidden) = shown(&document);
        assert!(!is_hidden);
        assert_eq!(
            text,
            "metadata:\n  name: \"a\\nb\"\nexport:\n  p:\n    ref: q\n  l:\n    config:\n      host: []\n"
        );
    }
}
