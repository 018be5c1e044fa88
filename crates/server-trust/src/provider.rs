//! The cryptography provider for TLS.
//!
//! AWS-LC is the only rustls provider that supports the key types in use that OpenSSL supports. ring lacks P-521, client keys
//! above RSA 4096, and P-256 signed with SHA-512. AWS-LC adds 0.75 MB to the program and takes one core a minute and a half to
//! compile; like ring it needs a C compiler for the target and nothing else.
use crate::p521_exchange::P521;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use std::sync::{Arc, LazyLock};

/// The provider for all connections.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
        let mut provider = aws_lc_rs::default_provider();
        provider.kx_groups.push(&P521);
        Arc::new(provider)
    });
    PROVIDER.clone()
}
