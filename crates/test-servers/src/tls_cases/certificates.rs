//! What a server's certificate says: names, dates, uses, extensions.
use super::Table;
use crate::{
    case::Expected::{Accepted, Refused},
    workshop::{FUTURE, Made, PAST, Wanted, kept},
};

impl Table<'_> {
    pub(super) fn certificates(&mut self) {
        const SECTION: &str = "Certificates of servers";
        const CN: &str = "/CN=localhost";
        let ca = self.ca.clone();
        let other_name = Refused("is for another name");
        let other_ca = self.make(&Wanted { key: "P-384", ..Wanted::AUTHORITY });
        for (name, wanted, ours, python) in [
            (
                "another name",
                Wanted { extensions: "subjectAltName=DNS:elsewhere.example\n", ..Wanted::SERVER },
                Refused("it names elsewhere.example"),
                false,
            ),
            (
                "common name only",
                Wanted { subject: CN, extensions: "keyUsage=digitalSignature\n", ..Wanted::SERVER },
                Accepted,
                true,
            ),
            (
                "common name, and another DNS name",
                Wanted {
                    subject: CN,
                    extensions: "subjectAltName=DNS:elsewhere.example\n",
                    ..Wanted::SERVER
                },
                other_name,
                false,
            ),
            (
                "common name, and an address as alternative name",
                Wanted { subject: CN, extensions: "subjectAltName=IP:127.0.0.2\n", ..Wanted::SERVER },
                Accepted,
                true,
            ),
            (
                "another common name only",
                Wanted {
                    subject: "/CN=localhost.example",
                    extensions: "keyUsage=digitalSignature\n",
                    ..Wanted::SERVER
                },
                Refused("it names localhost.example"),
                false,
            ),
            (
                "expired",
                Wanted { valid: PAST, ..Wanted::SERVER },
                Refused("its certificate has expired"),
                false,
            ),
            ("not valid yet", Wanted { valid: FUTURE, ..Wanted::SERVER }, Refused("not valid yet"), false),
            (
                "a critical extension that nobody knows",
                Wanted {
                    extensions: "subjectAltName=DNS:localhost\n1.2.3.4=critical,ASN1:NULL\n",
                    ..Wanted::SERVER
                },
                Refused("(critical) but isn't, 1.2.3.4"),
                false,
            ),
            (
                "an extension that nobody knows",
                Wanted { extensions: "subjectAltName=DNS:localhost\n1.2.3.4=ASN1:NULL\n", ..Wanted::SERVER },
                Accepted,
                true,
            ),
            (
                "for clients only",
                Wanted {
                    extensions: "subjectAltName=DNS:localhost\nextendedKeyUsage=clientAuth\n",
                    ..Wanted::SERVER
                },
                Refused("is not for servers"),
                false,
            ),
            (
                "for servers and clients",
                Wanted {
                    extensions: "subjectAltName=DNS:localhost\nextendedKeyUsage=clientAuth,serverAuth\n",
                    ..Wanted::SERVER
                },
                Accepted,
                true,
            ),
            (
                "for signing certificates only",
                Wanted {
                    extensions: "subjectAltName=DNS:localhost\nkeyUsage=critical,keyCertSign\n",
                    ..Wanted::SERVER
                },
                Refused("is not for servers"),
                false,
            ),
            (
                "critical policies (rustls doesn't understand them)",
                Wanted {
                    extensions: "subjectAltName=DNS:localhost\ncertificatePolicies=critical,1.2.3.4\n",
                    ..Wanted::SERVER
                },
                Refused("(critical) but isn't, certificate policies (2.5.29.32)"),
                true,
            ),
            (
                "says that it is a CA",
                Wanted {
                    extensions: "subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:TRUE\n",
                    ..Wanted::SERVER
                },
                Accepted,
                true,
            ),
        ] {
            let server = self.make(&wanted);
            self.case(SECTION, format!("{name}, given itself"), &server, &server.cert, ours, python);
            let server = self.make(&Wanted { by: Some(&ca), ..wanted });
            self.case(SECTION, format!("{name}, by a CA"), &server, &ca.cert, ours, python);
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
            let server =
                self.make(&Wanted { subject: "/CN=127.0.0.1", extensions, by: Some(&ca), ..Wanted::SERVER });
            self.case(SECTION, name, &server, &ca.cert, ours, python).host = "127.0.0.1";
        }
        let server = self.make(&Wanted { by: Some(&other_ca), ..Wanted::SERVER });
        self.case(
            SECTION,
            "by another CA of the same name",
            &server,
            &ca.cert,
            Refused("another of that name"),
            false,
        );
        let server = self.make(&Wanted::SERVER);
        self.case(
            SECTION,
            "signed by itself, and not given",
            &server,
            &ca.cert,
            Refused("signed by nobody we trust, only by itself"),
            false,
        );
        let v1 = Made { cert: kept("v1"), key: kept("P-256") };
        self.case(SECTION, "X.509 version 1, given itself", &v1, &v1.cert, Refused("X.509 version 1"), true);
        let server = self.make(&Wanted { by: Some(&ca), ..Wanted::SERVER });
        self.case(
            SECTION,
            "given itself, by a CA that is not (curl takes it)",
            &server,
            &server.cert,
            Accepted,
            false,
        );
    }
}
