//! CA files in various formats.
use super::Table;
use crate::{
    case::Expected::{Accepted, Refused},
    workshop::{CertificateSpec, Made, PAST, kept},
};
use fs_err as fs;
use std::path::PathBuf;

impl Table<'_> {
    pub(super) fn ca_files(&mut self) {
        const SECTION: &str = "CA files";
        let ca = self.ca.clone();
        let server = self.make(&CertificateSpec { by: Some(&ca), ..CertificateSpec::SERVER });
        let pem = fs::read_to_string(&ca.cert).unwrap();
        let old = fs::read_to_string(
            self.make(&CertificateSpec { valid: PAST, ..CertificateSpec::AUTHORITY }).cert,
        )
        .unwrap();
        let key = fs::read_to_string(kept("rsa2048")).unwrap();
        let text = |what: &str, ca: &Made| String::from_utf8(self.workshop.openssl(what, &ca.cert)).unwrap();
        let with_text = text("x509 -text", &ca);
        let trusted = text("x509 -trustout", &ca);
        let rejected = text("x509 -trustout -addreject serverAuth", &ca);
        let for_mail = text("x509 -trustout -addtrust emailProtection", &ca);
        let for_servers = text("x509 -trustout -addtrust serverAuth -setalias x", &ca);
        let der = self.workshop.openssl("x509 -outform der", &ca.cert);
        let garbage = pem.replacen("\nMII", "\nMIA", 1);
        let broken = pem.replacen("\nMII", "\n!!!", 1);
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(pem.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let pkcs12 = fs::read(self.pkcs12_of(&ca)).unwrap();
        let pkcs7 = "-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n".to_owned();
        let none = "contains no certificate";
        for (name, content, ours, python) in [
            ("as written by openssl", pem.clone().into_bytes(), Accepted, true),
            (
                "text before and after",
                format!("Our CA:\n{with_text}\nThat's all.\n").into_bytes(),
                Accepted,
                true,
            ),
            ("CRLF", pem.replace('\n', "\r\n").into_bytes(), Accepted, true),
            ("a byte-order mark", format!("\u{feff}{pem}").into_bytes(), Accepted, true),
            ("blanks at the ends of lines", pem.replace('\n', "  \n").into_bytes(), Accepted, true),
            ("no line break at the end", pem.trim_end().to_owned().into_bytes(), Accepted, true),
            ("X509 CERTIFICATE", pem.replace(" CERT", " X509 CERT").into_bytes(), Accepted, true),
            ("TRUSTED CERTIFICATE", trusted.into_bytes(), Accepted, true),
            ("TRUSTED CERTIFICATE, for servers", for_servers.into_bytes(), Accepted, true),
            (
                "TRUSTED CERTIFICATE, for mail only",
                for_mail.into_bytes(),
                Refused("that may be trusted for servers"),
                false,
            ),
            (
                "TRUSTED CERTIFICATE, rejected for servers",
                rejected.into_bytes(),
                Refused("that may be trusted for servers"),
                false,
            ),
            ("an expired CA of the same name before it", format!("{old}{pem}").into_bytes(), Accepted, true),
            ("an expired CA of the same name after it", format!("{pem}{old}").into_bytes(), Accepted, true),
            ("a key before it", format!("{key}{pem}").into_bytes(), Accepted, true),
            ("a key after it", format!("{pem}{key}").into_bytes(), Accepted, true),
            (
                "with another section that isn't X.509 (Python rejects the file)",
                format!("{garbage}{pem}").into_bytes(),
                Accepted,
                false,
            ),
            (
                "with a broken certificate (Python rejects the file)",
                format!("{broken}{pem}").into_bytes(),
                Accepted,
                false,
            ),
            ("no X.509 certificate", garbage.clone().into_bytes(), Refused("no X.509 certificate"), false),
            ("broken", broken.into_bytes(), Refused("is not valid PEM"), false),
            ("only a key", key.into_bytes(), Refused(none), false),
            ("empty", Vec::new(), Refused(none), false),
            ("DER", der, Refused("DER format, not PEM"), false),
            ("PKCS#12", pkcs12, Refused("looks like DER or PKCS#12"), false),
            ("PKCS#7", pkcs7.into_bytes(), Refused("PKCS#7"), false),
            ("UTF-16", utf16, Refused("UTF-16"), false),
        ] {
            let file = self.ca_file(content);
            self.case(SECTION, name, &server, &file, ours, python);
        }
    }

    fn pkcs12_of(&self, ca: &Made) -> PathBuf {
        let path = self.workshop.file("p12");
        let out = format!("pkcs12 -export -nokeys -passout pass: -out {}", path.display());
        self.workshop.openssl(&out, &ca.cert);
        path
    }
}
