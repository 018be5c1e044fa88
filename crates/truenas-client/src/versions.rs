//! Which version of the API is used: the newest that the server serves and that is known here.
use crate::Error;
use http_exchange::{Call, Policy, Server};
use serde_json::Value;

/// A version of the JSON-RPC API, such as `v25.10.0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    numbers: (u32, u32, u32),
    /// As the server writes it.
    text: String,
}

/// The releases whose API is known here; any patch of them.
const KNOWN: [(u32, u32); 3] = [(25, 4), (25, 10), (26, 0)];

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.strip_prefix('v')?.split('.').map(|number| number.parse().ok());
        let version = (numbers.next()??, numbers.next()??, numbers.next()??);
        numbers.next().is_none().then(|| Self { numbers: version, text: text.to_owned() })
    }

    /// The path of its WebSocket.
    pub(crate) fn path(&self) -> String {
        format!("/api/{}", self.text)
    }

    /// Whether services are controlled by the job `service.control`; before, by `service.start` and others.
    pub(crate) fn has_service_control(&self) -> bool {
        self.numbers >= (25, 10, 0)
    }
}

/// How a server is talked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// JSON-RPC in this version.
    Rpc(Version),
    /// REST v2.0.
    Rest,
}

/// Asks the server, without a login.
pub(crate) fn way(server: &Server, policy: &Policy, tell: &dyn Fn(&str)) -> Result<Way, Error> {
    let reply = server.exchange(&Call::get("/api/versions"), policy, &|notice| tell(&notice.to_string()));
    let reply = match reply {
        // The releases that don't serve this list have REST only.
        Err(error) if error.status() == Some(404) => return Ok(Way::Rest),
        reply => reply?,
    };
    let Some(list) = reply.body.as_array() else {
        return Err(reply.unusable("it is not a list of API versions").into());
    };
    let texts: Vec<_> = list.iter().filter_map(Value::as_str).collect();
    choose(&texts).ok_or_else(|| Error::NoKnownVersion { served: shown_text::one_line(&texts.join(", ")) })
}

fn choose(served: &[&str]) -> Option<Way> {
    let known = |version: &Version| KNOWN.contains(&(version.numbers.0, version.numbers.1));
    let newest = served.iter().filter_map(|text| Version::parse(text)).filter(known).max();
    newest.map(Way::Rpc).or_else(|| served.contains(&"v2.0").then_some(Way::Rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_known_version_is_used() {
        for (served, path) in [
            (&["v25.04.0", "v25.04.1", "v25.04.2"][..], Some("/api/v25.04.2")),
            (&["v25.10.5", "v25.04.0", "v25.10.0"], Some("/api/v25.10.5")),
            (&["v25.10.0", "v26.0.0"], Some("/api/v26.0.0")),
            (&["v2.0", "v25.04.0"], Some("/api/v25.04.0")),
            (&["v26.0.0", "v27.0.0"], Some("/api/v26.0.0")),
            (&["v27.0.0"], None),
            (&["v25.10", "25.10.0", "v25.10.0.1", "v25.x.0", ""], None),
        ] {
            let chosen = choose(served).map(|way| match way {
                Way::Rpc(version) => version.path(),
                Way::Rest => panic!("REST for {served:?}"),
            });
            assert_eq!(chosen.as_deref(), path, "{served:?}");
        }
        assert_eq!(choose(&["v2.0"]), Some(Way::Rest));
    }

    #[test]
    fn services_are_controlled_by_a_job_from_25_10_on() {
        let has = |text| Version::parse(text).unwrap().has_service_control();
        assert_eq!([has("v25.04.2"), has("v25.10.0"), has("v26.0.0")], [false, true, true]);
    }
}
