//! The cases of the TLS table: keys, certificates, CA files and client keys, made with openssl.
mod ca_files;
mod certificates;
mod chains;
mod client_keys;
mod keys;
mod rare;

use crate::{
    case::{Case, Expected},
    workshop::{CertificateSpec, Made, Workshop},
};
use std::path::{Path, PathBuf};

/// The keys that both we and Python accept.
const GOOD_KEYS: [&str; 8] =
    ["rsa2048", "rsa3072", "rsa4096", "rsa8192", "P-256", "P-384", "P-521", "ed25519"];

/// Creates all files in the workshop.
pub fn tls_cases(workshop: &Workshop) -> Vec<Case> {
    let mut table = Table { workshop, ca: workshop.make(&CertificateSpec::AUTHORITY), cases: Vec::new() };
    table.keys();
    table.certificates();
    table.chains();
    table.ca_files();
    table.client_keys();
    table.rare();
    table.cases
}

struct Table<'a> {
    workshop: &'a Workshop,
    /// The CA of all cases that aren't about CAs.
    ca: Made,
    cases: Vec<Case>,
}

impl Table<'_> {
    fn case(
        &mut self,
        section: &'static str,
        name: impl Into<String>,
        server: &Made,
        ca: &Path,
        ours: Expected,
        python: bool,
    ) -> &mut Case {
        self.cases.push(Case {
            section,
            name: name.into(),
            host: "localhost",
            chain: server.cert.clone(),
            key: server.key.clone(),
            tls12: false,
            ca: ca.to_owned(),
            client: None,
            members: None,
            ours,
            python,
        });
        self.cases.last_mut().unwrap()
    }

    fn make(&self, spec: &CertificateSpec) -> Made {
        self.workshop.make(spec)
    }

    /// Writes a file with the CA's certificate in some format.
    fn ca_file(&self, content: impl AsRef<[u8]>) -> PathBuf {
        self.workshop.write(content)
    }
}
