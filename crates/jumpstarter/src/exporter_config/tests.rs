use super::*;

const FULL: &str = r#"
apiVersion: jumpstarter.dev/v1alpha1
kind: ExporterConfig
metadata: {namespace: null, name: local}
endpoint: controller.example:443
tls: {ca: "", insecure: false}
token: planted-token
grpcOptions: {grpc.keepalive_time_ms: 5000}
export:
  power: {type: jumpstarter_driver_power.driver.MockPower}
  serial:
    type: jumpstarter_driver_pyserial.driver.PySerial
    config: {url: "loop://", baudrate: 115200}
  group:
    children:
      again: {type: jumpstarter_driver_power.driver.MockPower}
  alias: {ref: power}
hooks:
  beforeLease: {script: "j power on", timeout: 60, onFailure: endLease}
"#;

#[test]
fn what_jmp_takes_is_taken() {
    let config = ExporterConfig::parse(FULL).unwrap();
    assert_eq!(
        config.drivers,
        ["jumpstarter_driver_power.driver.MockPower", "jumpstarter_driver_pyserial.driver.PySerial"]
    );
    assert_eq!(config.doubts, [""; 0]);
    assert_eq!(config.token.as_ref().map(Secret::expose), Some("planted-token"));
    assert!(!format!("{config:?}").contains("planted"));
}

#[test]
fn what_jmp_refuses_is_refused_with_the_line() {
    for (from, to, words) in [
        ("namespace: null, ", "", "namespace"),
        (", name: local", "", "name"),
        ("name: local", "name: 1234", "line 4"),
        ("kind: ExporterConfig", "kind: ClientConfig", "ExporterConfig"),
        ("v1alpha1", "v1", "v1alpha1"),
        ("onFailure: endLease", "onFailure: nothing", "onFailure"),
        ("insecure: false", "insecure: maybe", "line 6"),
        ("type: jumpstarter_driver_pyserial.driver.PySerial", "type: [1]", "line 12"),
        ("token: planted-token", "token: [planted-token", "line"),
        ("script: \"j power on\", ", "", "script"),
        // What a template leaves that has nothing to put there.
        ("hooks:\n  beforeLease", "hooks:\nx", "no value"),
        ("again: {type: jumpstarter_driver_power.driver.MockPower}", "again:", "`again` has no value"),
        ("children:\n      again", "children:\n    x", "no value"),
        ("config: {url: \"loop://\", baudrate: 115200}", "config:", "no value"),
        ("tls: {ca: \"\", insecure: false}", "tls:", "no value"),
        ("ca: \"\"", "ca: ", "no value"),
        ("grpcOptions", "failureDetection:\nx", "no value"),
        ("time_ms: 5000", "time_ms: [5000]", "time_ms"),
        ("name: local", "name: 2026-01-01", "must be quoted"),
        ("namespace: null", "namespace: 12:30:00", "must be quoted"),
        ("baudrate: 115200", "pin: !vault x", "line 13"),
    ] {
        let text = FULL.replacen(from, to, 1);
        assert_ne!(text, FULL, "{from}");
        let error = ExporterConfig::parse(&text).unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains("planted"), "{to}: {error}");
    }
}

#[test]
fn what_jmp_takes_otherwise_is_taken_too() {
    for (from, to) in [
        ("baudrate: 115200", "channels: {1: {on: 2026-01-01}, 2: y}"),
        ("name: local", "name: \"2026-01-01\""),
        ("time_ms: 5000", "time_ms: true"),
        ("  beforeLease: {script: \"j power on\", timeout: 60, onFailure: endLease}", "  beforeLease:"),
        ("grpcOptions: {grpc.keepalive_time_ms: 5000}", "grpcOptions:"),
    ] {
        let text = FULL.replacen(from, to, 1);
        assert_ne!(text, FULL, "{from}");
        assert_eq!(ExporterConfig::parse(&text).err().map(|e| e.to_string()), None, "{to}");
    }
}

#[test]
fn what_was_hardly_meant_is_doubted() {
    let text = "metadata: {namespace: lab, name: a}\nexports: {}\n";
    assert_eq!(
        ExporterConfig::parse(text).unwrap().doubts,
        ["It exports nothing: there is no driver under `export`.", "`jmp` ignores the key `exports`."]
    );
    let empty = "metadata: {namespace: lab, name: a}\nexport: {a: {children: {b: {typ: x}}}}\n";
    assert!(ExporterConfig::parse(empty).unwrap().doubts[0].starts_with("`a.b` has neither"));
}

#[test]
fn a_name_stays_within_its_directory() {
    let directory = Path::new("/x");
    assert_eq!(exporter_file(directory, "vehicle_001").unwrap(), Path::new("/x/vehicle_001.yaml"));
    for name in ["", ".", "..", "../a", "a/b", "a\\b"] {
        assert!(exporter_file(directory, name).is_err(), "{name}");
    }
}
