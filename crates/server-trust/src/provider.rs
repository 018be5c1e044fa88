//! Which cryptography TLS is spoken with.
//!
//! AWS-LC: it alone of rustls's providers takes what OpenSSL takes of the kinds in use. ring lacks P-521, keys of our own
//! above RSA 4096, and P-256 signed with SHA-512. It costs 0.75 MB of the program and a minute and a half of one core to
//! compile; like ring it needs a C compiler for the target and nothing else.
use crate::p521_exchange::P521;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use std::sync::{Arc, LazyLock};

/// The one for all connections.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
        let mut provider = aws_lc_rs::default_provider();
        provider.kx_groups.push(&P521);
        Arc::new(provider)
    });
    PROVIDER.clone()
}
