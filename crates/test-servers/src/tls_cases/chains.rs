//! Certificate chains: good and bad intermediate CAs and roots.
use super::Table;
use crate::{
    case::Expected::{Accepted, Refused},
    workshop::{CertificateSpec, FUTURE, Made, PAST, kept},
};

impl Table<'_> {
    pub(super) fn chains(&mut self) {
        const SECTION: &str = "Chains";
        let ca = self.ca.clone();
        let mut chain = |name: &str, middle: CertificateSpec, root: CertificateSpec, ours, python| {
            let root = self.make(&root);
            let middle = self.make(&CertificateSpec { subject: "/CN=Middle CA", by: Some(&root), ..middle });
            let server = self.make(&CertificateSpec { by: Some(&middle), ..CertificateSpec::SERVER });
            let sent = self.workshop.joined(&[&server.cert, &middle.cert]);
            self.case(SECTION, name, &Made { cert: sent, key: server.key }, &root.cert, ours, python);
        };
        let good = CertificateSpec::AUTHORITY;
        let named = |extensions| CertificateSpec { extensions, ..good };
        chain("an intermediate CA, sent by the server", good, good, Accepted, true);
        chain(
            "an expired intermediate CA",
            CertificateSpec { valid: PAST, ..good },
            good,
            Refused("\"Middle CA\" that it sends has expired"),
            false,
        );
        chain(
            "an intermediate CA with CA:FALSE",
            named("basicConstraints=CA:FALSE\n"),
            good,
            Refused("which is not a CA"),
            false,
        );
        chain(
            "an intermediate CA without basicConstraints",
            named("subjectKeyIdentifier=hash\n"),
            good,
            Refused("which is not a CA"),
            false,
        );
        chain(
            "an intermediate CA with an RSA key of 1024 bits",
            CertificateSpec { key: "rsa1024", ..good },
            good,
            Refused("which has an RSA key of 1024 bits"),
            false,
        );
        chain(
            "an intermediate CA signed with SHA-1",
            CertificateSpec { hash: "sha1", ..good },
            CertificateSpec { key: "rsa2048", ..good },
            Refused("is signed with SHA-1"),
            false,
        );
        chain(
            "a CA that allows no intermediate CA",
            good,
            named("basicConstraints=critical,CA:TRUE,pathlen:0\n"),
            Refused("path length"),
            false,
        );
        chain(
            "an intermediate CA whose extended key usage is for clients",
            named("basicConstraints=critical,CA:TRUE\nextendedKeyUsage=clientAuth\n"),
            good,
            Refused("\"Middle CA\" that it sends must not issue certificates for servers"),
            false,
        );
        chain(
            "an intermediate CA with a critical policy",
            named("basicConstraints=critical,CA:TRUE\ncertificatePolicies=critical,1.2.3.4\n"),
            good,
            Refused(
                "\"Middle CA\" that it sends has an unsupported critical extension, certificate policies",
            ),
            true,
        );
        chain(
            "an intermediate CA constrained to other names",
            named("basicConstraints=critical,CA:TRUE\nnameConstraints=critical,permitted;DNS:example.org\n"),
            good,
            Refused("name constraints"),
            false,
        );
        chain(
            "an intermediate CA constrained to this name",
            named(
                "basicConstraints=critical,CA:TRUE\nnameConstraints=critical,permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0\n",
            ),
            good,
            Accepted,
            true,
        );

        for (number, name, ours) in [
            (6, "six intermediate CAs", Accepted),
            (7, "seven intermediate CAs", Refused("has more than 6 intermediate CAs")),
        ] {
            let mut chain = vec![ca.clone()];
            let subjects: Vec<String> = (1..=number).map(|level| format!("/CN=Middle CA {level}")).collect();
            for subject in &subjects {
                chain.push(self.make(&CertificateSpec { subject, by: chain.last(), ..good }));
            }
            let server = self.make(&CertificateSpec { by: chain.last(), ..CertificateSpec::SERVER });
            let made = [&server].into_iter().chain(chain[1..].iter().rev());
            let sent: Vec<_> = made.map(|made| made.cert.as_path()).collect();
            let sent = self.workshop.joined(&sent);
            self.case(SECTION, name, &Made { cert: sent, key: server.key }, &ca.cert, ours, true);
        }

        let middle = self.make(&CertificateSpec { subject: "/CN=Middle CA", by: Some(&ca), ..good });
        let server = self.make(&CertificateSpec { by: Some(&middle), ..CertificateSpec::SERVER });
        self.case(
            SECTION,
            "an intermediate CA, not sent by the server",
            &server,
            &ca.cert,
            Refused("its issuer \"Middle CA\" is not a trusted CA"),
            false,
        );
        self.case(
            SECTION,
            "only the intermediate CA trusted (curl accepts it)",
            &server,
            &middle.cert,
            Accepted,
            false,
        );
        let both = self.workshop.joined(&[&middle.cert, &ca.cert]);
        self.case(SECTION, "both CAs in the CA file, none sent", &server, &both, Accepted, true);
        let reversed = self.workshop.joined(&[&server.cert, &ca.cert, &middle.cert]);
        self.case(
            SECTION,
            "sent in another order, including the root",
            &Made { cert: reversed, key: server.key },
            &ca.cert,
            Accepted,
            true,
        );

        for (name, root, ours, python) in [
            ("an expired CA", CertificateSpec { valid: PAST, ..good }, Refused("has expired"), false),
            (
                "a CA that is not valid yet",
                CertificateSpec { valid: FUTURE, ..good },
                Refused("not valid yet"),
                false,
            ),
            ("a CA with CA:FALSE", named("basicConstraints=CA:FALSE\n"), Refused("which is not a CA"), false),
            (
                "a CA that may not sign",
                named("basicConstraints=CA:TRUE\nkeyUsage=digitalSignature\n"),
                Refused("which is not a CA"),
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
            let server = self.make(&CertificateSpec { by: Some(&root), ..CertificateSpec::SERVER });
            self.case(SECTION, name, &server, &root.cert, ours, python);
        }
        let v1 = Made { cert: kept("v1"), key: kept("P-256") };
        let server = self.make(&CertificateSpec { by: Some(&v1), key: "P-384", ..CertificateSpec::SERVER });
        self.case(SECTION, "a CA of X.509 version 1", &server, &v1.cert, Accepted, true);
        for (name, constraint, ours, python) in [
            (
                "a common name below a CA constrained to that name",
                "permitted;DNS:localhost",
                Refused("is for another name"),
                true,
            ),
            (
                "a common name below a CA constrained to other names (Python ignores it, as it has no dot)",
                "permitted;DNS:example.org",
                Refused("is for another name"),
                true,
            ),
        ] {
            let extensions =
                format!("basicConstraints=critical,CA:TRUE\nnameConstraints=critical,{constraint}\n");
            let root = self.make(&CertificateSpec { extensions: &extensions, ..CertificateSpec::AUTHORITY });
            let spec = CertificateSpec {
                subject: "/CN=localhost",
                extensions: "keyUsage=digitalSignature\n",
                by: Some(&root),
                ..CertificateSpec::SERVER
            };
            let server = self.make(&spec);
            self.case(SECTION, name, &server, &root.cert, ours, python);
        }
    }
}
