//! Fuzz target: no certificate or key file makes its parser panic.
use crate::{Certificates, certificate::Certificate, pem::sections};

#[test]
fn pem() {
    fuzzing::run(env!("CARGO_MANIFEST_DIR"), "pem", |bytes| {
        for der in sections(bytes).iter().filter_map(|section| section.der.as_ref()) {
            let Some(certificate) = Certificate::read(der) else { continue };
            certificate.key();
            certificate.weak_signature();
            certificate.may_sign();
            certificate.path_length();
            certificate.signature();
            certificate.is_for_servers();
            certificate.constrains_names();
        }
        drop(Certificates::of_pem(bytes, "file"));
    });
}
