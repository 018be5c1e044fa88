//! The table of what TLS accepts: keys, certificates, CA files and client keys, made as people make them.
use crate::{
    case::{Case, Expected},
    workshop::{FUTURE, Made, PAST, Wanted, Workshop, kept},
};
use Expected::{Accepted, Refused};
use fs_err as fs;
use std::path::{Path, PathBuf};

/// The keys that both we and Python take.
const GOOD_KEYS: [&str; 8] =
    ["rsa2048", "rsa3072", "rsa4096", "rsa8192", "P-256", "P-384", "P-521", "ed25519"];

/// Makes all files in the workshop.
pub fn tls_cases(workshop: &Workshop) -> Vec<Case> {
    let mut table = Table { workshop, ca: workshop.make(&Wanted::AUTHORITY), cases: Vec::new() };
    table.keys();
    table.certificates();
    table.chains();
    table.ca_files();
    table.client_keys();
    table.cases
}

struct Table<'a> {
    workshop: &'a Workshop,
    /// Vouches for whatever isn't about the CA.
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

    fn make(&self, wanted: &Wanted) -> Made {
        self.workshop.make(wanted)
    }

    /// A file that holds the CA's certificate in some form.
    fn ca_file(&self, content: impl AsRef<[u8]>) -> PathBuf {
        self.workshop.write(content)
    }

    fn keys(&mut self) {
        let ca = self.ca.clone();
        let few = "no cipher, curve or kind of key that both sides support";
        for key in GOOD_KEYS {
            for tls12 in [false, true] {
                let version = if tls12 { ", TLS 1.2" } else { "" };
                let server = self.make(&Wanted { key, by: Some(&ca), ..Wanted::SERVER });
                self.case("Keys of servers", format!("{key}{version}"), &server, &ca.cert, Accepted, true)
                    .tls12 = tls12;
            }
            let server = self.make(&Wanted { key, ..Wanted::SERVER });
            self.case(
                "Keys of servers",
                format!("{key}, signed by itself"),
                &server,
                &server.cert,
                Accepted,
                true,
            );
        }
        for (key, ours) in [
            ("rsa1024", Refused("an RSA key of 1024 bits")),
            ("P-192", Refused(few)),
            ("P-224", Refused(few)),
            ("secp256k1", Refused(few)),
            ("ed448", Refused(few)),
            ("rsa-pss", Refused(few)),
        ] {
            let server = self.make(&Wanted { key, by: Some(&ca), ..Wanted::SERVER });
            let python = ["ed448", "rsa-pss"].contains(&key);
            self.case("Keys of servers", key, &server, &ca.cert, ours, python);
        }
        for key in GOOD_KEYS {
            let ca = self.make(&Wanted { key, ..Wanted::AUTHORITY });
            let server = self.make(&Wanted { by: Some(&ca), ..Wanted::SERVER });
            self.case("Keys of CAs", key, &server, &ca.cert, Accepted, true);
        }
        for (key, words, python) in [
            ("rsa1024", "which has an RSA key of 1024 bits", false),
            ("P-192", "which has an EC key on the curve P-192", false),
            ("P-224", "which has an EC key on the curve P-224", true),
            ("secp256k1", "which has an EC key on the curve secp256k1", true),
            ("ed448", "is signed with Ed448", true),
            ("rsa-pss", "which has an RSA key for PSS signatures only", true),
        ] {
            let ca = self.make(&Wanted { key, ..Wanted::AUTHORITY });
            let server = self.make(&Wanted { by: Some(&ca), ..Wanted::SERVER });
            self.case("Keys of CAs", key, &server, &ca.cert, Refused(words), python);
        }
        for key in ["rsa2048", "P-256", "P-384", "P-521"] {
            for (hash, ours, python) in [
                ("sha256", Accepted, true),
                ("sha384", Accepted, true),
                ("sha512", Accepted, true),
                ("sha224", Refused("is signed with SHA-224"), true),
                ("sha1", Refused("is signed with SHA-1"), false),
            ] {
                let ca = self.make(&Wanted { key, ..Wanted::AUTHORITY });
                let server = self.make(&Wanted { by: Some(&ca), hash, ..Wanted::SERVER });
                self.case("Signatures of CAs", format!("{key} with {hash}"), &server, &ca.cert, ours, python);
            }
        }
    }

    fn certificates(&mut self) {
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

    fn chains(&mut self) {
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

    fn ca_files(&mut self) {
        const SECTION: &str = "CA files";
        let ca = self.ca.clone();
        let server = self.make(&Wanted { by: Some(&ca), ..Wanted::SERVER });
        let pem = fs::read_to_string(&ca.cert).unwrap();
        let old = fs::read_to_string(self.make(&Wanted { valid: PAST, ..Wanted::AUTHORITY }).cert).unwrap();
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
        let none = "holds no certificate";
        for (name, content, ours, python) in [
            ("as openssl writes it", pem.clone().into_bytes(), Accepted, true),
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
                Refused("is not to be trusted for servers"),
                false,
            ),
            (
                "TRUSTED CERTIFICATE, rejected for servers",
                rejected.into_bytes(),
                Refused("is not to be trusted for servers"),
                false,
            ),
            ("an expired CA of the same name before it", format!("{old}{pem}").into_bytes(), Accepted, true),
            ("an expired CA of the same name after it", format!("{pem}{old}").into_bytes(), Accepted, true),
            ("a key before it", format!("{key}{pem}").into_bytes(), Accepted, true),
            ("a key after it", format!("{pem}{key}").into_bytes(), Accepted, true),
            (
                "no X.509 beside it (Python refuses the file)",
                format!("{garbage}{pem}").into_bytes(),
                Accepted,
                false,
            ),
            (
                "a broken one beside it (Python refuses the file)",
                format!("{broken}{pem}").into_bytes(),
                Accepted,
                false,
            ),
            ("no X.509 in it", garbage.clone().into_bytes(), Refused("no X.509 certificate"), false),
            ("broken", broken.into_bytes(), Refused("is not valid PEM"), false),
            ("only a key", key.into_bytes(), Refused(none), false),
            ("empty", Vec::new(), Refused(none), false),
            ("DER", der, Refused("DER form, not in PEM"), false),
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

    fn client_keys(&mut self) {
        const SECTION: &str = "Client certificates and keys";
        let ca = self.ca.clone();
        let server = self.make(&Wanted { by: Some(&ca), ..Wanted::SERVER });
        let add = |table: &mut Self, name: String, cert: PathBuf, key: PathBuf, ours, python, tls12| {
            let case = table.case(SECTION, name, &server, &ca.cert, ours, python);
            case.client = Some((cert, key));
            case.members = Some(ca.cert.clone());
            case.tls12 = tls12;
        };
        let member = |table: &Self, key| {
            let wanted = Wanted {
                key,
                subject: "/CN=bench 7",
                extensions: "keyUsage=digitalSignature\n",
                by: Some(&ca),
                ..Wanted::SERVER
            };
            table.make(&wanted)
        };
        for key in GOOD_KEYS {
            for tls12 in [false, true] {
                let made = member(self, key);
                let version = if tls12 { ", TLS 1.2" } else { "" };
                add(self, format!("{key}{version}"), made.cert, made.key, Accepted, true, tls12);
            }
        }
        for (key, words, python) in [
            ("rsa1024", "it is for an RSA key of 1024 bits", false),
            ("P-192", "it is for an EC key on the curve P-192", false),
            ("P-224", "it is for an EC key on the curve P-224", false),
            ("secp256k1", "it is for an EC key on the curve secp256k1", false),
            ("ed448", "it is for an Ed448 key", true),
            ("rsa-pss", "it is for an RSA key for PSS signatures only", true),
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
            for (name, content, ours, python) in [
                ("PKCS#1 or SEC1", traditional.clone(), Accepted, true),
                ("PKCS#1 or SEC1, CRLF", crlf, Accepted, true),
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
                    "encrypted, the old way",
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
                ("empty", Vec::new(), Refused("holds no private key"), false),
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

/// A key that is not this one.
fn kept_other(key: &str) -> PathBuf {
    kept(if key == "P-384" { "P-256" } else { "P-384" })
}
