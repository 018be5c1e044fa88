//! A Jumpstarter client's configuration, found and read as `jmp` does.
//!
//! In order: the named file or client; `JMP_NAMESPACE` and `JMP_NAME`; the user's `current-client`. Fields missing from
//! the file come from the environment. Nothing is ever written.
use crate::{Error, Token, environment::Environment, lenient, yaml};
use base64::{Engine, prelude::BASE64_STANDARD};
use hardened_host::{NamedFileError, read_named_file};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use std::path::{Path, PathBuf};

const API_VERSION: &str = "jumpstarter.dev/v1alpha1";
/// The largest configuration accepted, in bytes; most of it is a certificate.
const LARGEST: u64 = 1 << 20;

/// Where to find a client's configuration. It can be read repeatedly: others renew the token.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq, Hash)]
pub struct ConfigSource {
    /// Which configuration to use.
    pub choice: Choice,
    /// The source of fields that the file leaves out.
    pub environment: Environment,
}

/// How the user names a client.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq, Hash)]
pub enum Choice {
    /// By a file, as `jmp --client-config` does.
    File(PathBuf),
    /// By its alias, as `jmp --client` does.
    Client(String),
    /// Not at all: uses the environment, or else the user's current client.
    Default,
}

/// A client, ready to call the controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConfig {
    /// The file's stem; `default` from the environment. What `jmp --client` takes.
    pub alias: String,
    /// The Kubernetes namespace of client, exporters and leases.
    pub namespace: String,
    /// The client's name.
    pub name: String,
    /// `host[:port]` of the controller.
    pub(crate) endpoint: String,
    pub(crate) token: Token,
    pub(crate) trust: Trust,
    /// The name expected in the certificate, if it isn't the endpoint's host.
    pub(crate) server_name: Option<String>,
    /// The secrets, in all encoded forms.
    spellings: Vec<Token>,
    secrets: Vec<Token>,
}

/// Which controller certificates are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Those signed by, or equal to, one of these: PEM text.
    Given(Vec<u8>),
    /// Those signed by a CA of this machine, or by one in this PEM file or directory.
    System { file: Option<PathBuf>, directory: Option<PathBuf> },
    /// Any with the right name and dates.
    Insecure,
}

impl ConfigSource {
    /// Reads the configuration as it is now.
    pub fn load(&self) -> Result<ClientConfig, Error> {
        match &self.choice {
            Choice::File(path) => self.read_file(path),
            Choice::Client(alias) => self.read_alias(alias),
            Choice::Default => self.default_client(),
        }
    }

    fn default_client(&self) -> Result<ClientConfig, Error> {
        if self.environment.get("JMP_NAMESPACE").is_some() && self.environment.get("JMP_NAME").is_some() {
            return self.complete(File::default(), "default", "in the environment");
        }
        let path = self.environment.config_home().join("config.yaml");
        let user: UserConfig = match read_named_file(&path, LARGEST) {
            Err(e) if e.is_not_found() => return Err(Error::NoConfig),
            read => parse(&text(read, &path)?, &path)?,
        };
        let alias = user.config.current_client.ok_or(Error::NoConfig)?;
        self.read_alias(&alias)
    }

    fn read_alias(&self, alias: &str) -> Result<ClientConfig, Error> {
        self.read_file(&self.environment.config_home().join("clients").join(format!("{alias}.yaml")))
    }

    fn read_file(&self, path: &Path) -> Result<ClientConfig, Error> {
        let text = text(read_named_file(path, LARGEST), path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let alias = name.split('.').next().unwrap_or_default();
        self.complete(parse(&text, path)?, alias, &path.display().to_string())
    }

    /// Fills in from the environment what the file leaves out, and validates the result.
    fn complete(&self, file: File, alias: &str, place: &str) -> Result<ClientConfig, Error> {
        let invalid = |why: String| Error::ConfigInvalid { place: place.into(), why };
        let from_env = |name: &str| self.environment.get(name).map(str::to_owned);
        let required = |value: Option<String>, field: &str, variable: &str| {
            value
                .or_else(|| from_env(variable))
                .filter(|value| !value.is_empty())
                .ok_or_else(|| invalid(format!("neither `{field}` nor {variable} is set")))
        };
        if file.api_version.is_some_and(|v| v != API_VERSION)
            || file.kind.is_some_and(|k| k != "ClientConfig")
        {
            return Err(invalid(format!("it is not a ClientConfig of {API_VERSION}")));
        }
        let tls: Tls = match from_env("JMP_TLS").map(|json| serde_json::from_str::<Tls>(&json)) {
            None => file.tls,
            Some(Ok(env)) => Tls { ca: file.tls.ca.or(env.ca), insecure: file.tls.insecure.or(env.insecure) },
            Some(Err(e)) => return Err(invalid(format!("JMP_TLS: {e}"))),
        };
        let token = required(file.token, "token", "JMP_TOKEN")?;
        if token.bytes().any(|b| b.is_ascii_control()) {
            return Err(invalid("`token` contains a line break or another control character".into()));
        }
        let secrets: Vec<Token> =
            [Some(token.clone()), file.refresh_token].into_iter().flatten().map(Token::from).collect();
        let texts: Vec<String> = secrets.iter().map(|secret| secret.expose().to_owned()).collect();
        Ok(ClientConfig {
            spellings: shown_text::spellings(&texts).into_iter().map(Token::from).collect(),
            secrets,
            alias: alias.into(),
            namespace: required(file.metadata.namespace, "metadata.namespace", "JMP_NAMESPACE")?,
            name: required(file.metadata.name, "metadata.name", "JMP_NAME")?,
            endpoint: required(file.endpoint, "endpoint", "JMP_ENDPOINT")?,
            token: Token::from(token),
            trust: self.trust(tls).map_err(invalid)?,
            server_name: file.grpc_options.and_then(|o| o.ssl_target_name_override),
        })
    }

    fn trust(&self, tls: Tls) -> Result<Trust, String> {
        let is_on = |name| self.environment.get(name) == Some("1");
        if tls.insecure == Some(true) || is_on("JMP_GRPC_INSECURE") || is_on("JUMPSTARTER_GRPC_INSECURE") {
            return Ok(Trust::Insecure);
        }
        match tls.ca.filter(|ca| !ca.is_empty()) {
            None => Ok(Trust::System {
                file: self
                    .environment
                    .first(&["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "SSL_CERT_FILE"])
                    .map(PathBuf::from),
                directory: self.environment.first(&["SSL_CERT_DIR"]).map(PathBuf::from),
            }),
            Some(ca) => {
                // YAML may have wrapped it; and Python, which `jmp` is written in, ignores everything that isn't base64.
                let joined: String =
                    ca.chars().filter(|c| c.is_ascii_alphanumeric() || "+/=".contains(*c)).collect();
                let pem =
                    BASE64_STANDARD.decode(joined).map_err(|e| format!("`tls.ca` is not base64: {e}"))?;
                if pem.is_empty() { Err("`tls.ca` is not base64".into()) } else { Ok(Trust::Given(pem)) }
            }
        }
    }
}

impl ClientConfig {
    /// The texts that must not be shown.
    pub fn secrets(&self) -> &[Token] {
        &self.secrets
    }

    /// A controller's message, safe to show: one line, without secrets in any encoded form.
    pub(crate) fn shown(&self, text: &str) -> String {
        let concealed =
            self.spellings.iter().fold(text.to_owned(), |text, secret| text.replace(secret.expose(), "***"));
        shown_text::one_line(&concealed)
    }

    /// The client's name in messages: `NAMESPACE/NAME`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// The file as `jmp` accepts it: unknown keys are refused, and fields not needed here may be anything.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "alias")]
    _alias: Option<IgnoredAny>,
    #[serde(rename = "path")]
    _path: Option<IgnoredAny>,
    #[serde(rename = "apiVersion")]
    api_version: Option<String>,
    kind: Option<String>,
    #[serde(default)]
    metadata: Metadata,
    endpoint: Option<String>,
    #[serde(default)]
    tls: Tls,
    token: Option<String>,
    refresh_token: Option<String>,
    #[serde(rename = "grpcOptions")]
    grpc_options: Option<GrpcOptions>,
    #[serde(rename = "drivers")]
    _drivers: Option<IgnoredAny>,
    #[serde(rename = "shell")]
    _shell: Option<IgnoredAny>,
    #[serde(rename = "leases")]
    _leases: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    namespace: Option<String>,
    name: Option<String>,
}

#[derive(Default, Deserialize)]
struct Tls {
    ca: Option<String>,
    #[serde(default, deserialize_with = "lenient::yes_or_no")]
    insecure: Option<bool>,
}

/// The other options are for gRPC's C core and have no effect here.
#[derive(Deserialize)]
struct GrpcOptions {
    #[serde(rename = "grpc.ssl_target_name_override", default, deserialize_with = "lenient::text")]
    ssl_target_name_override: Option<String>,
}

#[derive(Deserialize)]
struct UserConfig {
    config: UserChoice,
}

#[derive(Deserialize)]
struct UserChoice {
    #[serde(rename = "current-client")]
    current_client: Option<String>,
}

fn text(read: Result<Vec<u8>, NamedFileError>, path: &Path) -> Result<String, Error> {
    let unreadable = |why: String| Error::ConfigUnreadable { path: path.into(), why };
    String::from_utf8(read.map_err(|e| unreadable(e.to_string()))?)
        .map_err(|_| unreadable("it is not UTF-8".into()))
}

fn parse<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T, Error> {
    yaml::read(text).map_err(|why| Error::ConfigInvalid { place: path.display().to_string(), why })
}

#[cfg(test)]
mod tests {
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
        assert_eq!(
            (config.name.as_str(), config.endpoint.as_str(), config.token.expose()),
            ("ci", "c:1", "t")
        );
        assert_eq!(config.trust, Trust::Given(b"hello".to_vec()));
    }

    #[test]
    fn says_what_is_missing() {
        let error =
            load("metadata: {namespace: lab, name: ci}\nendpoint: c:1\n", &[]).unwrap_err().to_string();
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
        assert!(error.contains("config /dev/zero: it is a device, not a file"), "{error}");
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
}
