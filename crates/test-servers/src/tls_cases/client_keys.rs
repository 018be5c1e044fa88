//! Client certificates and keys in various formats.
use super::{GOOD_KEYS, Table};
use crate::{
    case::Expected::{Accepted, Refused},
    workshop::{CertificateSpec, kept},
};
use fs_err as fs;
use std::path::PathBuf;

impl Table<'_> {
    pub(super) fn client_keys(&mut self) {
        const SECTION: &str = "Client certificates and keys";
        let ca = self.ca.clone();
        let server = self.make(&CertificateSpec { by: Some(&ca), ..CertificateSpec::SERVER });
        let add = |table: &mut Self, name: String, cert: PathBuf, key: PathBuf, ours, python, tls12| {
            let case = table.case(SECTION, name, &server, &ca.cert, ours, python);
            case.client = Some((cert, key));
            case.members = Some(ca.cert.clone());
            case.tls12 = tls12;
        };
        let member = |table: &Self, key| {
            let spec = CertificateSpec {
                key,
                subject: "/CN=bench 7",
                extensions: "keyUsage=digitalSignature\n",
                by: Some(&ca),
                ..CertificateSpec::SERVER
            };
            table.make(&spec)
        };
        for key in GOOD_KEYS {
            for tls12 in [false, true] {
                let made = member(self, key);
                let version = if tls12 { ", TLS 1.2" } else { "" };
                add(self, format!("{key}{version}"), made.cert, made.key, Accepted, true, tls12);
            }
        }
        for (key, words, python) in [
            ("rsa1024", "its key is an RSA key of 1024 bits", false),
            ("P-192", "its key is an EC key on the curve P-192", false),
            ("P-224", "its key is an EC key on the curve P-224", false),
            ("secp256k1", "its key is an EC key on the curve secp256k1", false),
            ("ed448", "its key is an Ed448 key", true),
            ("rsa-pss", "its key is an RSA key for PSS signatures only", true),
        ] {
            let made = member(self, key);
            add(self, key.into(), made.cert, made.key, Refused(words), python, false);
        }
        for (key, old) in [("rsa2048", "rsa -traditional"), ("P-256", "ec"), ("P-521", "ec")] {
            let made = member(self, key);
            let traditional = self.workshop.openssl(old, &made.key);
            let parameters =
                b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n".to_vec();
            let cert = fs::read(&made.cert).unwrap();
            let crlf = String::from_utf8(traditional.clone()).unwrap().replace('\n', "\r\n").into_bytes();
            let kept = fs::read(&made.key).unwrap();
            let family = if key.starts_with("rsa") { "RSA" } else { "EC" };
            let labelled =
                String::from_utf8(kept.clone()).unwrap().replace(" PRIVATE", &format!(" {family} PRIVATE"));
            for (name, content, ours, python) in [
                ("PKCS#1 or SEC1", traditional.clone(), Accepted, true),
                ("PKCS#1 or SEC1, CRLF", crlf, Accepted, true),
                ("PKCS#8 with the older label", labelled.into_bytes(), Accepted, true),
                ("parameters before it", [parameters, traditional.clone()].concat(), Accepted, true),
                ("a certificate before it", [cert.clone(), kept.clone()].concat(), Accepted, true),
                ("a certificate after it", [kept.clone(), cert].concat(), Accepted, true),
                (
                    "DER",
                    self.workshop.openssl("pkey -outform der", &made.key),
                    Refused("it is not PEM"),
                    false,
                ),
                (
                    "encrypted, PKCS#8",
                    self.workshop.openssl("pkcs8 -topk8 -passout pass:x", &made.key),
                    Refused("encrypted with a passphrase"),
                    false,
                ),
                (
                    "encrypted, traditional format",
                    self.workshop.openssl(&format!("{old} -aes128 -passout pass:x"), &made.key),
                    Refused("encrypted with a passphrase"),
                    false,
                ),
                (
                    "of another certificate",
                    fs::read(kept_other(key)).unwrap(),
                    Refused("the key belongs to another certificate"),
                    false,
                ),
                ("empty", Vec::new(), Refused("contains no private key"), false),
            ] {
                let file = self.workshop.write(content);
                add(self, format!("{key}, {name}"), made.cert.clone(), file, ours, python, false);
            }
        }
        let made = member(self, "P-384");
        for (name, files) in [
            ("one file, certificate first", [&made.cert, &made.key]),
            ("one file, key first", [&made.key, &made.cert]),
        ] {
            let file = self.workshop.joined(&files.map(PathBuf::as_path));
            add(self, name.into(), file.clone(), file, Accepted, true, false);
        }
        let v1 = kept("v1");
        let case = self.case(SECTION, "X.509 version 1", &server, &ca.cert, Accepted, true);
        case.client = Some((v1.clone(), kept("P-256")));
        case.members = Some(v1);
    }
}

/// A key other than this one.
fn kept_other(key: &str) -> PathBuf {
    kept(if key == "P-384" { "P-256" } else { "P-384" })
}
