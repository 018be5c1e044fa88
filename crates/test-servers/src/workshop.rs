//! Makes certificates with openssl, in a folder of its own.
use fs_err as fs;
use std::{
    cell::Cell,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// A folder with the files made so far.
pub struct Workshop {
    folder: TempDir,
    /// The number of its files.
    count: Cell<u32>,
}

/// A certificate and its key, as PEM files.
#[derive(Clone, Debug)]
pub struct Made {
    /// The certificate alone.
    pub cert: PathBuf,
    /// PKCS#8, not encrypted.
    pub key: PathBuf,
}

/// The certificate to make.
#[derive(Clone, Copy)]
pub struct CertificateSpec<'a> {
    /// The file stem of one of the kept keys.
    pub key: &'a str,
    /// In the format of `-subj`.
    pub subject: &'a str,
    /// The lines of an extension file.
    pub extensions: &'a str,
    /// The issuer; `None` for self-signed.
    pub by: Option<&'a Made>,
    /// The hash of the signature; `default` is the key's default.
    pub hash: &'a str,
    /// OpenSSL's options of the signature, such as `rsa_padding_mode:pss`.
    pub signed_so: &'a [&'a str],
    /// The validity period, in the format of `openssl ca`.
    pub valid: (&'a str, &'a str),
}

/// The server's own name and address.
pub(crate) const NAMES: &str = "subjectAltName=DNS:localhost,IP:127.0.0.1\n";
/// The extensions of a CA.
pub(crate) const CA: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
/// A hundred years.
pub(crate) const LONG: (&str, &str) = ("20200101000000Z", "21200101000000Z");
/// Expired.
pub(crate) const PAST: (&str, &str) = ("20200101000000Z", "20210101000000Z");
/// Not valid yet.
pub(crate) const FUTURE: (&str, &str) = ("21000101000000Z", "21200101000000Z");

impl CertificateSpec<'_> {
    /// A valid, self-signed server certificate.
    pub const SERVER: Self = Self {
        key: "P-256",
        subject: "/CN=a server",
        extensions: NAMES,
        by: None,
        hash: "default",
        signed_so: &[],
        valid: LONG,
    };
    /// A valid, self-signed CA certificate.
    pub const AUTHORITY: Self = Self { subject: "/CN=Test CA", extensions: CA, ..Self::SERVER };
}

const CONFIG: &str = "\
[ca]\ndefault_ca=this\n[this]\ndatabase=FOLDER/index\nnew_certs_dir=FOLDER\nrand_serial=yes\nunique_subject=no\npolicy=any\nemail_in_dn=no
[any]\ncommonName=optional\norganizationName=optional\n[req]\ndistinguished_name=any\n";

impl Workshop {
    /// An empty workshop.
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = CONFIG.replace("FOLDER", &folder.path().display().to_string());
        fs::write(folder.path().join("config"), config).unwrap();
        fs::write(folder.path().join("index"), "").unwrap();
        Self { folder, count: Cell::new(0) }
    }

    /// An unused file name in its folder, with this ending.
    pub fn file(&self, ending: &str) -> PathBuf {
        self.count.set(self.count.get() + 1);
        self.folder.path().join(format!("{}.{ending}", self.count.get()))
    }

    /// Writes a new file with this content in its folder.
    pub fn write(&self, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file("pem");
        fs::write(&path, content).unwrap();
        path
    }

    /// Makes a certificate.
    pub fn make(&self, spec: &CertificateSpec) -> Made {
        let key = kept(spec.key);
        let request = self.file("csr");
        let cert = self.file("pem");
        let extensions = self.write(spec.extensions);
        let config = self.folder.path().join("config");
        openssl(
            Command::new("openssl")
                .args(["req", "-new", "-subj", spec.subject])
                .arg("-key")
                .arg(&key)
                .arg("-config")
                .arg(&config)
                .arg("-out")
                .arg(&request),
        );
        let mut ca = Command::new("openssl");
        ca.args(["ca", "-batch", "-notext", "-startdate", spec.valid.0, "-enddate", spec.valid.1])
            .args(["-md", spec.hash])
            .args(spec.signed_so.iter().flat_map(|option| ["-sigopt", option]))
            .arg("-config")
            .arg(&config)
            .arg("-in")
            .arg(&request)
            .arg("-extfile")
            .arg(&extensions)
            .arg("-out")
            .arg(&cert);
        match spec.by {
            Some(issuer) => ca.arg("-cert").arg(&issuer.cert).arg("-keyfile").arg(&issuer.key),
            None => ca.arg("-selfsign").arg("-keyfile").arg(&key),
        };
        openssl(&mut ca);
        Made { cert, key }
    }

    /// The output of openssl for these arguments.
    pub fn openssl(&self, arguments: &str, file: &Path) -> Vec<u8> {
        openssl(Command::new("openssl").args(arguments.split(' ')).arg("-in").arg(file))
    }

    /// These files, concatenated.
    pub fn joined(&self, files: &[&Path]) -> PathBuf {
        let all: Vec<_> = files.iter().flat_map(|file| fs::read(file).unwrap()).collect();
        self.write(all)
    }
}

/// One of the keys, or the version 1 certificate, kept beside this crate's sources.
pub(crate) fn kept(stem: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("keys").join(format!("{stem}.pem"))
}

fn openssl(command: &mut Command) -> Vec<u8> {
    let ran = command.stdin(Stdio::null()).output().expect("the tests need the program openssl");
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
    ran.stdout
}
