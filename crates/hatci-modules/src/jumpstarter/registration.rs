//! What an exporter's file must not lose unnoticed: its registration with a controller.
use jumpstarter::ExporterConfig;

/// What makes an exporter known to a controller.
#[derive(Default)]
pub(crate) struct Registration {
    endpoint: Option<String>,
    token: Option<String>,
    /// It can't be read, so nobody knows. What was written here can be.
    is_unclear: bool,
}

impl Registration {
    pub(crate) fn of(content: &str) -> Self {
        match ExporterConfig::parse(content) {
            Ok(config) => Self {
                endpoint: config.endpoint.filter(|endpoint| !endpoint.trim().is_empty()),
                token: config.token.map(|token| token.expose().to_owned()).filter(|token| !token.is_empty()),
                is_unclear: false,
            },
            Err(_) => Self { is_unclear: !content.trim().is_empty(), ..Self::default() },
        }
    }

    /// In words what of it `other` doesn't hold; empty if nothing is lost.
    pub(crate) fn without(&self, other: &Self) -> &'static str {
        let endpoint = self.endpoint.is_some() && self.endpoint != other.endpoint;
        let token = self.token.is_some() && self.token != other.token;
        match (endpoint, token) {
            (true, true) => "an endpoint and a token",
            (true, false) => "an endpoint",
            (false, true) => "a token",
            (false, false) if self.is_unclear => "what may be an endpoint or a token",
            (false, false) => "",
        }
    }
}
