//! With which environment a vehicle was tested.
use crate::text;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::fmt;

/// An environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Environment {
    /// The outputs of a package, as `environment_info` finds them.
    Package(PackageVersion),
    /// In words.
    Words(String),
}

/// A version of a package, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageVersion {
    /// The environment, such as `development`.
    pub environment: String,
    /// The package.
    pub package: String,
    /// Its version, as written.
    pub version: String,
    /// SHA-256 over all outputs.
    pub digest: String,
}

impl Environment {
    /// In one line, without the digest.
    pub(crate) fn words(&self) -> String {
        match self {
            Environment::Package(it) => {
                text::line(&format!("{} {} ({})", it.package, it.version, it.environment))
            }
            Environment::Words(words) => text::line(words),
        }
    }

    /// The digest, if there is one.
    pub(crate) fn digest(&self) -> Option<String> {
        match self {
            Environment::Package(it) => Some(text::line(&it.digest)),
            Environment::Words(_) => None,
        }
    }

    /// Every text in it.
    pub(crate) fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        match self {
            Environment::Package(PackageVersion { environment, package, version, digest }) => {
                vec![environment, package, version, digest]
            }
            Environment::Words(words) => vec![words],
        }
        .into_iter()
    }

    /// In one line.
    pub(crate) fn whole(&self) -> String {
        let digest = self.digest().map(|digest| format!(", digest {digest}"));
        self.words() + &digest.unwrap_or_default()
    }
}

// What `untagged` derives takes many times the memory of a large text.
impl<'de> Deserialize<'de> for Environment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Environment;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("words or a dict as the environment of a vehicle")
            }

            fn visit_str<E: de::Error>(self, words: &str) -> Result<Environment, E> {
                Ok(Environment::Words(words.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Environment, A::Error> {
                PackageVersion::deserialize(MapAccessDeserializer::new(map)).map(Environment::Package)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl From<&str> for Environment {
    fn from(words: &str) -> Self {
        Environment::Words(words.into())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Environment, PackageVersion, Report, Vehicle, Verdict};

    fn report() -> Report {
        let package = PackageVersion {
            environment: "development".into(),
            package: "core".into(),
            version: "v0.2.0".into(),
            digest: "9b74c9".into(),
        };
        let package = Some(Environment::Package(package));
        let words = Some("winter-tools 4.2".into());
        let of = |host: &str, environment: &Option<Environment>| Vehicle {
            environment: environment.clone(),
            ..Vehicle::new(host, Verdict::Pass)
        };
        Report { vehicles: vec![of("a", &package), of("b", &package), of("c", &words)], ..Report::new("x") }
    }

    #[test]
    fn every_form_names_package_version_and_digest() {
        let report = report();
        let (json, junit) = (report.to_json().unwrap(), report.to_junit().unwrap());
        let (html, markdown) = (report.to_html(None, None).unwrap(), report.to_markdown(None).unwrap());
        for form in [&html, &junit] {
            assert!(form.contains("core v0.2.0 (development)") && form.contains("9b74c9"), "{form}");
            assert!(form.contains("winter-tools 4.2"), "{form}");
        }
        assert_eq!(markdown.matches("core v0.2.0 \\(development\\), digest 9b74c9").count(), 1, "{markdown}");
        assert!(markdown.contains("Environment: winter-tools 4.2"), "{markdown}");
        assert_eq!(Report::from_json(&json).unwrap(), report);
    }

    #[test]
    fn what_is_neither_words_nor_a_package_is_refused() {
        let json = report().to_json().unwrap().replace("\"digest\"", "\"sum\"");
        let error = Report::from_json(&json).unwrap_err().to_string();
        assert!(error.contains("missing field `digest`"), "{error}");
        let json = json.replace("\"winter-tools 4.2\"", "7").replace("\"sum\"", "\"digest\"");
        let error = Report::from_json(&json).unwrap_err().to_string();
        assert!(error.contains("expected words or a dict as the environment of a vehicle"), "{error}");
    }
}
