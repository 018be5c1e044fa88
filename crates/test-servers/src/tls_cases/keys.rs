//! Keys of servers and CAs, and the signatures of CAs.
use super::{GOOD_KEYS, Table};
use crate::{
    case::Expected::{Accepted, Refused},
    workshop::CertificateSpec,
};

impl Table<'_> {
    pub(super) fn keys(&mut self) {
        let ca = self.ca.clone();
        let few = "no cipher suite, curve or key type in common";
        for key in GOOD_KEYS {
            for tls12 in [false, true] {
                let version = if tls12 { ", TLS 1.2" } else { "" };
                let server = self.make(&CertificateSpec { key, by: Some(&ca), ..CertificateSpec::SERVER });
                self.case("Server keys", format!("{key}{version}"), &server, &ca.cert, Accepted, true)
                    .tls12 = tls12;
            }
            let server = self.make(&CertificateSpec { key, ..CertificateSpec::SERVER });
            self.case("Server keys", format!("{key}, self-signed"), &server, &server.cert, Accepted, true);
        }
        for (key, ours) in [
            ("rsa1024", Refused("an RSA key of 1024 bits")),
            ("P-192", Refused(few)),
            ("P-224", Refused(few)),
            ("secp256k1", Refused(few)),
            ("ed448", Refused(few)),
            ("rsa-pss", Refused(few)),
        ] {
            let server = self.make(&CertificateSpec { key, by: Some(&ca), ..CertificateSpec::SERVER });
            let python = ["ed448", "rsa-pss"].contains(&key);
            self.case("Server keys", key, &server, &ca.cert, ours, python);
        }
        for key in GOOD_KEYS {
            let ca = self.make(&CertificateSpec { key, ..CertificateSpec::AUTHORITY });
            let server = self.make(&CertificateSpec { by: Some(&ca), ..CertificateSpec::SERVER });
            self.case("CA keys", key, &server, &ca.cert, Accepted, true);
        }
        for (key, words, python) in [
            ("rsa1024", "which has an RSA key of 1024 bits", false),
            ("P-192", "which has an EC key on the curve P-192", false),
            ("P-224", "which has an EC key on the curve P-224", true),
            ("secp256k1", "which has an EC key on the curve secp256k1", true),
            ("ed448", "which has an Ed448 key", true),
            ("rsa-pss", "which has an RSA key for PSS signatures only", true),
        ] {
            let ca = self.make(&CertificateSpec { key, ..CertificateSpec::AUTHORITY });
            let server = self.make(&CertificateSpec { by: Some(&ca), ..CertificateSpec::SERVER });
            self.case("CA keys", key, &server, &ca.cert, Refused(words), python);
        }
        for (salt, ours) in [("digest", Accepted), ("20", Refused("is signed with RSA-PSS with a salt"))] {
            let salted = format!("rsa_pss_saltlen:{salt}");
            let ca = self.make(&CertificateSpec { key: "rsa2048", ..CertificateSpec::AUTHORITY });
            let signed_so: &[&str] = &["rsa_padding_mode:pss", &salted];
            let spec = CertificateSpec { by: Some(&ca), signed_so, ..CertificateSpec::SERVER };
            let server = self.make(&spec);
            let name = format!("rsa2048 with RSA-PSS, salt {salt}");
            self.case("CA signatures", name, &server, &ca.cert, ours, true);
        }
        for key in ["rsa2048", "P-256", "P-384", "P-521"] {
            for (hash, ours, python) in [
                ("sha256", Accepted, true),
                ("sha384", Accepted, true),
                ("sha512", Accepted, true),
                ("sha224", Refused("is signed with SHA-224"), true),
                ("sha1", Refused("is signed with SHA-1"), false),
            ] {
                let ca = self.make(&CertificateSpec { key, ..CertificateSpec::AUTHORITY });
                let server = self.make(&CertificateSpec { by: Some(&ca), hash, ..CertificateSpec::SERVER });
                self.case("CA signatures", format!("{key} with {hash}"), &server, &ca.cert, ours, python);
            }
        }
    }
}
