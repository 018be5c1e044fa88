use super::*;

const FULL: &str = "
apiVersion: jumpstarter.dev/v1alpha1
kind: ClientConfig
metadata: {namespace: lab, name: ci}
endpoint: controller.example:8082
tls:
  ca: aGVs
    bG8=
token: planted-token
refresh_token: planted-refresh
grpcOptions: {grpc.ssl_target_name_override: other.example, grpc.keepalive_time_ms: 5000}
drivers: {allow: [], unsafe: true}
shell: {use_profiles: false}
leases: {acquisition_timeout: 60}
";

fn load(text: &str, env: &[(&str, &str)]) -> Result<ClientConfig, Error> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bench.lab.yaml");
    std::fs::write(&path, text).unwrap();
    ConfigSource { choice: Choice::File(path), environment: environment(env) }.load()
}

fn environment(env: &[(&str, &str)]) -> Environment {
    Environment::of(|name| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
}

#[test]
fn reads_a_full_file() {
    let config = load(FULL, &[("JMP_TOKEN", "unused: the file wins")]).unwrap();
    assert_eq!((config.alias.as_str(), config.full_name().as_str()), ("bench", "lab/ci"));
    assert_eq!(config.endpoint, "controller.example:8082");
    assert_eq!(config.token.expose(), "planted-token");
    assert_eq!(config.trust, Trust::Given(b"hello".to_vec()));
    assert_eq!(config.server_name.as_deref(), Some("other.example"));
}

#[test]
fn completes_a_file_from_the_environment() {
    let env = [
        ("JMP_ENDPOINT", "c:1"),
        ("JMP_TOKEN", "t"),
        ("JMP_NAME", "ci"),
        ("JMP_TLS", r#"{"ca": "aGVsbG8="}"#),
    ];
    let config = load("{metadata: {namespace: lab}, grpcOptions: null}", &env).unwrap();
    assert_eq!((config.name.as_str(), config.endpoint.as_str(), config.token.expose()), ("ci", "c:1", "t"));
    assert_eq!(config.trust, Trust::Given(b"hello".to_vec()));
}

#[test]
fn says_what_is_missing() {
    let error = load("metadata: {namespace: lab, name: ci}\nendpoint: c:1\n", &[]).unwrap_err().to_string();
    assert!(error.contains("neither `token` nor JMP_TOKEN is set"), "{error}");
}

#[test]
fn refuses_unknown_keys_and_other_kinds_without_showing_the_token() {
    for wrong in ["surprise: 1", "kind: ExporterConfig", "tls: {ca: '!!'}", "endpoint: [1"] {
        let text = FULL.replace("kind: ClientConfig", wrong).replace("tls:\n  ca: aGVs\n    bG8=\n", "");
        let error = load(&text, &[]).unwrap_err();
        assert!(matches!(error, Error::ConfigInvalid { .. }), "{wrong}: {error}");
        assert!(!format!("{error}{error:?}").contains("planted"), "{error}");
    }
}

#[test]
fn a_token_with_a_line_break_is_refused() {
    let error =
        load("{metadata: {namespace: l, name: n}, endpoint: c:1, token: \"a\\nb\"}", &[]).unwrap_err();
    assert!(error.to_string().contains("line break"), "{error}");
}

#[test]
fn insecure_by_file_or_environment() {
    let file = FULL.replace("  ca: aGVs\n    bG8=", "  insecure: true");
    assert_eq!(load(&file, &[]).unwrap().trust, Trust::Insecure);
    for name in ["JMP_GRPC_INSECURE", "JUMPSTARTER_GRPC_INSECURE"] {
        assert_eq!(load(FULL, &[(name, "1")]).unwrap().trust, Trust::Insecure);
    }
}

#[test]
fn finds_the_default_client() {
    let home = tempfile::tempdir().unwrap();
    let base = home.path().join("jumpstarter");
    let source =
        |env: &[(&str, &str)]| ConfigSource { choice: Choice::Default, environment: environment(env) };
    let xdg = [("XDG_CONFIG_HOME", home.path().to_str().unwrap())];
    assert!(matches!(source(&xdg).load(), Err(Error::NoConfig)));
    assert!(!base.exists(), "nothing is written");

    std::fs::create_dir_all(base.join("clients")).unwrap();
    std::fs::write(base.join("config.yaml"), b"\xff").unwrap();
    let unreadable = source(&xdg).load();
    assert!(matches!(&unreadable, Err(Error::ConfigUnreadable { path, .. }) if path.starts_with(&base)));
    std::fs::write(base.join("config.yaml"), "config: {current-client: lab}").unwrap();
    std::fs::write(base.join("clients/lab.yaml"), FULL).unwrap();
    assert_eq!(source(&xdg).load().unwrap().alias, "lab");
    let moved = [("JMP_CLIENT_CONFIG_HOME", base.to_str().unwrap())];
    assert_eq!(source(&moved).load().unwrap().alias, "lab");

    let env =
        [("JMP_NAMESPACE", "n"), ("JMP_NAME", "m"), ("JMP_ENDPOINT", "c:1"), ("JMP_TOKEN", "t"), xdg[0]];
    assert_eq!(source(&env).load().unwrap().full_name(), "n/m");
}

#[test]
fn a_device_is_no_configuration() {
    let choice = Choice::File("/dev/zero".into());
    let error = ConfigSource { choice, environment: environment(&[]) }.load().unwrap_err().to_string();
    assert!(error.contains("/dev/zero: it is a device, not a file"), "{error}");
}

#[test]
fn a_named_client_that_is_not_there() {
    let source = ConfigSource {
        choice: Choice::Client("nobody".into()),
        environment: environment(&[("JMP_CLIENT_CONFIG_HOME", "/nonexistent")]),
    };
    let error = source.load().unwrap_err().to_string();
    assert!(error.contains("/nonexistent/clients/nobody.yaml"), "{error}");
}
