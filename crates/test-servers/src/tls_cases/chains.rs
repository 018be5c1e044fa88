//! Who vouches for a server's certificate: intermediate CAs and roots, good and bad.
use super::Table;
use crate::{
    case::Expected::{Accepted, Refused},
    workshop::{FUTURE, Made, PAST, Wanted, kept},
};

impl Table<'_> {
    pub(super) fn chains(&mut self) {
        const SECTION: &str = "Chains";
        let ca = self.ca.clone();
        let mut chain = |name: &str, middle: Wanted, root: Wanted, ours, python| {
            let root = self.make(&root);
            let middle = self.make(&Wanted { subject: "/CN=Middle CA", by: Some(&root), ..middle });
            let server = self.make(&Wanted { by: Some(&middle), ..Wanted::SERVER });
            let sent = self.workshop.joined(&[&server.cert, &middle.cert]);
            self.case(SECTION, name, &Made { cert: sent, key: server.key }, &root.cert, ours, python);
        };
        let good = Wanted::AUTHORITY;
        let named = |extensions| Wanted { extensions, ..good };
        chain("an intermediate CA, sent along", good, good, Accepted, true);
        chain(
            "an intermediate CA that has expired",
            Wanted { valid: PAST, ..good },
            good,
            Refused("\"Middle CA\" that it sends with its own has expired"),
            false,
        );
        chain(
            "an intermediate CA that is none",
            named("basicConstraints=CA:FALSE\n"),
            good,
            Refused("not that of a CA"),
            false,
        );
        chain(
            "an intermediate CA that doesn't say so",
            named("subjectKeyIdentifier=hash\n"),
            good,
            Refused("not that of a CA"),
            false,
        );
        chain(
            "an intermediate CA with an RSA key of 1024 bits",
            Wanted { key: "rsa1024", ..good },
            good,
            Refused("which has an RSA key of 1024 bits"),
            false,
        );
        chain(
            "an intermediate CA that is signed with SHA-1",
            Wanted { hash: "sha1", ..good },
            Wanted { key: "rsa2048", ..good },
            Refused("is signed with SHA-1"),
            false,
        );
        chain(
            "a CA that allows no other below it",
            good,
            named("basicConstraints=critical,CA:TRUE,pathlen:0\n"),
            Refused("path length"),
            false,
        );
        chain(
            "an intermediate CA for other names",
            named("basicConstraints=critical,CA:TRUE\nnameConstraints=critical,permitted;DNS:example.org\n"),
            good,
            Refused("name constraints"),
            false,
        );
        chain(
            "an intermediate CA for this name",
            named(
                "basicConstraints=critical,CA:TRUE\nnameConstraints=critical,permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0\n",
            ),
            good,
            Accepted,
            true,
        );

        let middle = self.make(&Wanted { subject: "/CN=Middle CA", by: Some(&ca), ..good });
        let server = self.make(&Wanted { by: Some(&middle), ..Wanted::SERVER });
        self.case(
            SECTION,
            "an intermediate CA, not sent along",
            &server,
            &ca.cert,
            Refused("its issuer, \"Middle CA\", is neither"),
            false,
        );
        self.case(
            SECTION,
            "only the intermediate CA given (curl takes it)",
            &server,
            &middle.cert,
            Accepted,
            false,
        );
        let both = self.workshop.joined(&[&middle.cert, &ca.cert]);
        self.case(SECTION, "both CAs given, none sent", &server, &both, Accepted, true);
        let reversed = self.workshop.joined(&[&server.cert, &ca.cert, &middle.cert]);
        self.case(
            SECTION,
            "sent in another order, the root too",
            &Made { cert: reversed, key: server.key },
            &ca.cert,
            Accepted,
            true,
        );

        for (name, root, ours, python) in [
            ("a CA that has expired", Wanted { valid: PAST, ..good }, Refused("has expired"), false),
            ("a CA that is not valid yet", Wanted { valid: FUTURE, ..good }, Refused("not valid yet"), false),
            ("a CA that is none", named("basicConstraints=CA:FALSE\n"), Refused("not that of a CA"), false),
            (
                "a CA that may not sign",
                named("basicConstraints=CA:TRUE\nkeyUsage=digitalSignature\n"),
                Refused("not that of a CA"),
                false,
            ),
            (
                "a CA with an unknown critical extension",
                named("basicConstraints=CA:TRUE\n1.2.3.4=critical,ASN1:NULL\n"),
                Refused("1.2.3.4"),
                false,
            ),
        ] {
            let root = self.make(&root);
            let server = self.make(&Wanted { by: Some(&root), ..Wanted::SERVER });
            self.case(SECTION, name, &server, &root.cert, ours, python);
        }
        let v1 = Made { cert: kept("v1"), key: kept("P-256") };
        let server = self.make(&Wanted { by: Some(&v1), key: "P-384", ..Wanted::SERVER });
        self.case(SECTION, "a CA of X.509 version 1", &server, &v1.cert, Accepted, true);
        for (name, constraint, ours, python) in [
            (
                "a common name below a CA for that name only",
                "permitted;DNS:localhost",
                Refused("is for another name"),
                true,
            ),
            (
                "a common name below a CA for other names only (Python doesn't look, as it has no dot)",
                "permitted;DNS:example.org",
                Refused("is for another name"),
                true,
            ),
        ] {
            let extensions =
                format!("basicConstraints=critical,CA:TRUE\nnameConstraints=critical,{constraint}\n");
            let root = self.make(&Wanted { extensions: &extensions, ..Wanted::AUTHORITY });
            let wanted = Wanted {
                subject: "/CN=localhost",
                extensions: "keyUsage=digitalSignature\n",
                by: Some(&root),
                ..Wanted::SERVER
            };
            let server = self.make(&wanted);
            self.case(SECTION, name, &server, &root.cert, ours, python);
        }
    }
}
