//! What is seldom met, and where Python's `ssl` often decides otherwise.
use super::Table;
use crate::{
    case::Expected::{Accepted, Refused},
    workshop::{CA, CertificateSpec, Made},
};
use fs_err as fs;

const SECTION: &str = "Rare kinds";
const NAME: &str = "subjectAltName=DNS:localhost\n";
const BEFORE_1970: (&str, &str) = ("19600101000000Z", "21200101000000Z");
/// More than is read of a CA file.
const LARGE: usize = (1 << 20) + 1;

impl Table<'_> {
    pub(super) fn rare(&mut self) {
        self.rare_servers();
        self.rare_authorities();
        self.rare_files();
    }

    fn rare_servers(&mut self) {
        let ca = self.ca.clone();
        let good = CertificateSpec { by: Some(&ca), ..CertificateSpec::SERVER };
        let policies = Refused("unsupported critical extension");
        for (name, extensions, ours, python) in [
            (
                "critical policy constraints",
                "policyConstraints=critical,requireExplicitPolicy:3\n",
                policies,
                true,
            ),
            ("critical inhibitAnyPolicy", "inhibitAnyPolicy=critical,2\n", policies, true),
            (
                "extended key usage for SGC only",
                "extendedKeyUsage=msSGC\n",
                Refused("is not for servers"),
                true,
            ),
            ("a wrong authority key identifier", "2.5.29.35=DER:30:06:80:04:01:02:03:04\n", Accepted, false),
        ] {
            let server = self.make(&CertificateSpec { extensions: &format!("{NAME}{extensions}"), ..good });
            self.case(SECTION, name, &server, &ca.cert, ours, python);
        }
        let server = self.make(&CertificateSpec { key: "rsa2047", ..good });
        self.case(
            SECTION,
            "an RSA key of 2047 bits",
            &server,
            &ca.cert,
            Refused("an RSA key of 2047 bits"),
            true,
        );
        let server = self.make(&CertificateSpec { valid: BEFORE_1970, ..good });
        self.case(SECTION, "valid since before 1970", &server, &ca.cert, Refused("a date before 1970"), true);
    }

    fn rare_authorities(&mut self) {
        let by_name = "nameConstraints=critical,permitted;dirName:names\n[names]\ncommonName=a server\n";
        for (name, extensions, ours, python) in [
            ("a CA constrained to names of directories", by_name, Refused("name constraints"), true),
            (
                "a CA whose extended key usage is for clients",
                "extendedKeyUsage=clientAuth\n",
                Accepted,
                false,
            ),
        ] {
            let ca = self.make(&CertificateSpec {
                extensions: &format!("{CA}{extensions}"),
                ..CertificateSpec::AUTHORITY
            });
            let server = self.make(&CertificateSpec { by: Some(&ca), ..CertificateSpec::SERVER });
            self.case(SECTION, name, &server, &ca.cert, ours, python);
        }
        // The same CA, but for how its name is written.
        let other = self.make(&CertificateSpec { subject: "/CN=TEST ca", ..CertificateSpec::AUTHORITY });
        let server = self.make(&CertificateSpec { by: Some(&other), ..CertificateSpec::SERVER });
        let trusted = self.ca.cert.clone();
        self.case(
            SECTION,
            "the issuer's name in other capitals",
            &server,
            &trusted,
            Refused("is not a trusted CA"),
            true,
        );
    }

    fn rare_files(&mut self) {
        let ca = self.ca.clone();
        let server = self.make(&CertificateSpec { by: Some(&ca), ..CertificateSpec::SERVER });
        let pem = fs::read_to_string(&ca.cert).unwrap();
        let rejected = self.workshop.openssl("x509 -trustout -addreject serverAuth", &ca.cert);
        let both = self.ca_file([rejected, pem.clone().into_bytes()].concat());
        let name = "a CA file with a TRUSTED CERTIFICATE, rejected for servers, and the same CA after it";
        self.case(SECTION, name, &server, &both, Accepted, false);
        let large = self.ca_file(pem + &"# A comment.\n".repeat(LARGE / 13));
        self.case(SECTION, "a CA file above 1 MiB", &server, &large, Refused("1 MiB"), true);
        let member = self.make(&CertificateSpec {
            key: "rsa2048-of-3-primes",
            subject: "/CN=bench 7",
            extensions: "keyUsage=digitalSignature\n",
            by: Some(&ca),
            ..CertificateSpec::SERVER
        });
        let name = "a client's RSA key of 3 primes";
        let Made { cert, key } = member;
        let case = self.case(SECTION, name, &server, &ca.cert, Refused("or of an unsupported type"), true);
        case.client = Some((cert, key));
        case.members = Some(ca.cert.clone());
    }
}
