//! Server certificates: names, dates, usage, extensions.
use super::Table;
use crate::{
    case::Expected::{Accepted, Refused},
    workshop::{CertificateSpec, FUTURE, Made, PAST, kept},
};

impl Table<'_> {
    pub(super) fn certificates(&mut self) {
        const SECTION: &str = "Server certificates";
        const CN: &str = "/CN=localhost";
        let ca = self.ca.clone();
        let other_name = Refused("is for another name");
        let other_ca = self.make(&CertificateSpec { key: "P-384", ..CertificateSpec::AUTHORITY });
        for (name, spec, ours, python) in [
            (
                "wrong name",
                CertificateSpec {
                    extensions: "subjectAltName=DNS:elsewhere.example\n",
                    ..CertificateSpec::SERVER
                },
                Refused("it lists elsewhere.example"),
                false,
            ),
            (
                "common name only",
                CertificateSpec {
                    subject: CN,
                    extensions: "keyUsage=digitalSignature\n",
                    ..CertificateSpec::SERVER
                },
                Accepted,
                true,
            ),
            (
                "common name, and a wrong DNS name",
                CertificateSpec {
                    subject: CN,
                    extensions: "subjectAltName=DNS:elsewhere.example\n",
                    ..CertificateSpec::SERVER
                },
                other_name,
                false,
            ),
            (
                "common name, and an address as alternative name",
                CertificateSpec {
                    subject: CN,
                    extensions: "subjectAltName=IP:127.0.0.2\n",
                    ..CertificateSpec::SERVER
                },
                Accepted,
                true,
            ),
            (
                "wrong common name only",
                CertificateSpec {
                    subject: "/CN=localhost.example",
                    extensions: "keyUsage=digitalSignature\n",
                    ..CertificateSpec::SERVER
                },
                Refused("it lists localhost.example"),
                false,
            ),
            (
                "expired",
                CertificateSpec { valid: PAST, ..CertificateSpec::SERVER },
                Refused("its certificate has expired"),
                false,
            ),
            (
                "not valid yet",
                CertificateSpec { valid: FUTURE, ..CertificateSpec::SERVER },
                Refused("not valid yet"),
                false,
            ),
            (
                "an unknown critical extension",
                CertificateSpec {
                    extensions: "subjectAltName=DNS:localhost\n1.2.3.4=critical,ASN1:NULL\n",
                    ..CertificateSpec::SERVER
                },
                Refused("unsupported critical extension, 1.2.3.4"),
                false,
            ),
            (
                "an unknown extension",
                CertificateSpec {
                    extensions: "subjectAltName=DNS:localhost\n1.2.3.4=ASN1:NULL\n",
                    ..CertificateSpec::SERVER
                },
                Accepted,
                true,
            ),
            (
                "for clients only",
                CertificateSpec {
                    extensions: "subjectAltName=DNS:localhost\nextendedKeyUsage=clientAuth\n",
                    ..CertificateSpec::SERVER
                },
                Refused("is not for servers"),
                false,
            ),
            (
                "for servers and clients",
                CertificateSpec {
                    extensions: "subjectAltName=DNS:localhost\nextendedKeyUsage=clientAuth,serverAuth\n",
                    ..CertificateSpec::SERVER
                },
                Accepted,
                true,
            ),
            (
                "for signing certificates only",
                CertificateSpec {
                    extensions: "subjectAltName=DNS:localhost\nkeyUsage=critical,keyCertSign\n",
                    ..CertificateSpec::SERVER
                },
                Refused("is not for servers"),
                false,
            ),
            (
                "critical policies (rustls doesn't support them)",
                CertificateSpec {
                    extensions: "subjectAltName=DNS:localhost\ncertificatePolicies=critical,1.2.3.4\n",
                    ..CertificateSpec::SERVER
                },
                Refused("unsupported critical extension, certificate policies (2.5.29.32)"),
                true,
            ),
            (
                "marked as a CA",
                CertificateSpec {
                    extensions: "subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:TRUE\n",
                    ..CertificateSpec::SERVER
                },
                Accepted,
                true,
            ),
        ] {
            let server = self.make(&spec);
            self.case(SECTION, format!("{name}, trusted directly"), &server, &server.cert, ours, python);
            let server = self.make(&CertificateSpec { by: Some(&ca), ..spec });
            self.case(SECTION, format!("{name}, issued by a CA"), &server, &ca.cert, ours, python);
        }
        for (name, extensions, ours, python) in [
            ("an address", "subjectAltName=IP:127.0.0.1\n", Accepted, true),
            (
                "an address as a DNS name",
                "subjectAltName=DNS:127.0.0.1\n",
                Refused("reissued with subjectAltName=IP:127.0.0.1"),
                false,
            ),
            (
                "an address as common name only",
                "keyUsage=digitalSignature\n",
                Refused("reissued with subjectAltName=IP:127.0.0.1"),
                false,
            ),
        ] {
            let server = self.make(&CertificateSpec {
                subject: "/CN=127.0.0.1",
                extensions,
                by: Some(&ca),
                ..CertificateSpec::SERVER
            });
            self.case(SECTION, name, &server, &ca.cert, ours, python).host = "127.0.0.1";
        }
        let server = self.make(&CertificateSpec { by: Some(&other_ca), ..CertificateSpec::SERVER });
        self.case(
            SECTION,
            "issued by another CA of the same name",
            &server,
            &ca.cert,
            Refused("not by the trusted CA of that name"),
            false,
        );
        let server = self.make(&CertificateSpec::SERVER);
        self.case(
            SECTION,
            "self-signed, and not trusted",
            &server,
            &ca.cert,
            Refused("self-signed and not trusted"),
            false,
        );
        let v1 = Made { cert: kept("v1"), key: kept("P-256") };
        self.case(
            SECTION,
            "X.509 version 1, trusted directly",
            &v1,
            &v1.cert,
            Refused("X.509 version 1"),
            true,
        );
        let server = self.make(&CertificateSpec { by: Some(&ca), ..CertificateSpec::SERVER });
        self.case(
            SECTION,
            "trusted directly, issued by an untrusted CA (curl accepts it)",
            &server,
            &server.cert,
            Accepted,
            false,
        );
    }
}
