//! A certificate authority of our own, and servers that it vouches for.
use super::Stream;
use http_exchange::TlsSettings;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use std::{
    fs,
    io::{self, Read, Write},
    net::TcpStream,
    path::PathBuf,
    sync::Arc,
};
use tempfile::TempDir;

/// A CA of our own, with a folder for its files.
pub struct Authority {
    /// Signs further certificates.
    pub issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
    folder: TempDir,
}

impl Authority {
    /// A new authority, with its certificate in `ca.pem`.
    #[expect(clippy::new_without_default, reason = "it makes a key and files")]
    pub fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        Self { issuer: Issuer::new(params, key), certificate, folder }
    }

    /// A file of that name in its folder; `ca.pem` is its own certificate.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Settings that believe nobody else.
    pub fn trusted(&self) -> TlsSettings {
        TlsSettings { ca_path: Some(self.file("ca.pem")), ca_only: true, ..TlsSettings::default() }
    }

    /// A server with a certificate for that name.
    pub fn server(&self, name: &str) -> Arc<ServerConfig> {
        self.server_with(&CertificateParams::new([name.to_owned()]).unwrap())
    }

    /// A server with a certificate made from these parameters.
    pub fn server_with(&self, params: &CertificateParams) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        server_config(rustls::DEFAULT_VERSIONS, &certificate, &key)
    }

    /// A server that wants a client certificate of ours.
    pub fn server_for_members(&self) -> Arc<ServerConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let members =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(members)
            .with_single_cert(vec![certificate.der().clone()], private(&key))
            .unwrap();
        Arc::new(config)
    }
}

fn private(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap()
}

/// A server with this certificate, which speaks these versions of TLS.
pub fn server_config(
    versions: &[&'static SupportedProtocolVersion],
    certificate: &rcgen::Certificate,
    key: &KeyPair,
) -> Arc<ServerConfig> {
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private(key))
        .unwrap();
    Arc::new(config)
}

/// The server's side of a handshake.
pub fn accept_tls(stream: TcpStream, config: Arc<ServerConfig>) -> Option<Box<dyn Stream>> {
    Some(Box::new(handshake(stream, config)?))
}

/// As [`accept_tls`], but answers that are no HTTP go onto the wire as they are, and so break TLS.
pub fn accept_breakable_tls(stream: TcpStream, config: Arc<ServerConfig>) -> Option<Box<dyn Stream>> {
    Some(Box::new(Breakable(handshake(stream, config)?)))
}

fn handshake(
    mut stream: TcpStream,
    config: Arc<ServerConfig>,
) -> Option<StreamOwned<ServerConnection, TcpStream>> {
    let mut connection = ServerConnection::new(config).unwrap();
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).ok()?;
    }
    Some(StreamOwned::new(connection, stream))
}

/// A TLS alert of a server that gives up, `internal_error`.
pub const ALERT: &[u8] = b"\x15\x03\x03\x00\x02\x02\x50";

struct Breakable(StreamOwned<ServerConnection, TcpStream>);

impl Read for Breakable {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Breakable {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.starts_with(b"HTTP/") { self.0.write(bytes) } else { self.0.sock.write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
