//! Builds the rustls configuration of a connection: TLS 1.2 and 1.3, trust and client certificate.
use crate::{
    certificates::Certificates, identity::Identity, judge::Judge, provider::provider, refusal::Refusal,
    system_roots::SystemRoots, unverified::AnyServer,
};
use rustls::{ClientConfig, client::danger::ServerCertVerifier, sign::SingleCertAndKey};
use std::sync::Arc;

/// Which certificates are trusted.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Only the given ones and those that they issued.
    Given(Certificates),
    /// Those, and the certificates issued by this machine's CAs.
    SystemAnd(Certificates, SystemRoots),
    /// Any certificate with the right name and dates.
    Shown,
    /// Any certificate.
    Anything,
}

/// A configuration for connections with these ALPN protocols; if there are none, ALPN isn't used.
pub fn client_config(
    trust: Trust,
    identity: Option<Identity>,
    protocols: &[&str],
) -> Result<ClientConfig, Refusal> {
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Anything => Arc::new(AnyServer(provider())),
        Trust::Shown => Arc::new(Judge::of_what_is_shown()),
        Trust::Given(given) => Arc::new(Judge::of(given, None)?),
        Trust::SystemAnd(given, system) => Arc::new(Judge::of(given, Some(system))?),
    };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|e| Refusal::new(format!("cannot set up TLS: {e}"), "Please report this"))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        Some(Identity(own)) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own))),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    Ok(config)
}
