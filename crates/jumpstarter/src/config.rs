//! A Jumpstarter client's configuration, found and read as `jmp` does.
//!
//! In order: the file or the client that was named; `JMP_NAMESPACE` and `JMP_NAME`; the user's `current-client`. What a file
//! leaves out comes from the environment. Nothing is ever written.
use crate::{Error, Secret, environment::Environment, lenient, server_texts::ServerTexts, yaml};
use base64::{Engine, prelude::BASE64_STANDARD};
use hardened_host::{NamedFileError, read_named_file};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

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
    pub(crate) token: Secret,
    pub(crate) trust: Trust,
    /// The name expected in the certificate, if it isn't the endpoint's host.
    pub(crate) server_name: Option<String>,
    /// What makes the controller's texts safe to show; shared, since it is long.
    texts: Arc<ServerTexts>,
    secrets: Vec<Secret>,
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
        let secrets: Vec<Secret> =
            [Some(token.clone()), file.refresh_token].into_iter().flatten().map(Secret::from).collect();
        let texts: Vec<String> = secrets.iter().map(|secret| secret.expose().to_owned()).collect();
        Ok(ClientConfig {
            texts: ServerTexts::new(&texts).into(),
            secrets,
            alias: alias.into(),
            namespace: required(file.metadata.namespace, "metadata.namespace", "JMP_NAMESPACE")?,
            name: required(file.metadata.name, "metadata.name", "JMP_NAME")?,
            endpoint: required(file.endpoint, "endpoint", "JMP_ENDPOINT")?,
            token: Secret::from(token),
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
    /// The texts that nobody may see.
    pub fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    /// What makes the controller's texts safe to show.
    pub(crate) fn texts(&self) -> &ServerTexts {
        &self.texts
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
mod tests;
