//! The root certificates of this machine, from `SSL_CERT_FILE` and `SSL_CERT_DIR` if set, else from the usual places.
//!
//! Many systems keep each CA certificate in a file of its own and all of them in one bundle. Reading both takes some
//! 8 ms, the bundle alone less than 1. So the bundle comes first, and the rest only when a server's issuer isn't in it.
//! Unreadable files are skipped, and reported only when there is nothing else.
use crate::{certificates::Certificates, file, refusal::Refusal};
use rustls::pki_types::CertificateDer;
use std::{
    collections::HashSet,
    env, fs,
    path::{Path, PathBuf},
};

/// Where this machine keeps its trusted certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemRoots {
    file: Option<PathBuf>,
    folders: Vec<PathBuf>,
}

impl SystemRoots {
    /// The places set in this process's environment, else the usual ones.
    pub fn of_this_process() -> Self {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self::at(set("SSL_CERT_FILE"), set("SSL_CERT_DIR").as_deref())
    }

    /// This bundle and this colon-separated list of folders; the usual places if neither is given.
    pub fn at(file: Option<PathBuf>, folders: Option<&Path>) -> Self {
        if file.is_none() && folders.is_none() {
            let usual = openssl_probe::probe();
            return Self { file: usual.cert_file, folders: usual.cert_dir };
        }
        Self { file, folders: folders.iter().flat_map(|list| env::split_paths(list)).collect() }
    }

    /// The certificates of the bundle, or of the folders if the bundle has none.
    pub(crate) fn first(&self) -> Result<Vec<CertificateDer<'static>>, Refusal> {
        let bundle = self.file.as_deref().map(|path| Certificates::read(path, "certificate bundle"));
        if let Some(Ok(bundle)) = bundle {
            return Ok(bundle.0);
        }
        let rest = self.rest();
        if rest.is_empty() {
            let why = match bundle {
                Some(Err(refusal)) => refusal.why,
                _ if self.folders.is_empty() => "none of the usual places exists".into(),
                _ => {
                    let folders: Vec<_> =
                        self.folders.iter().map(|folder| folder.display().to_string()).collect();
                    format!("{} has none", folders.join(", "))
                }
            };
            return Err(Refusal::new(
                format!("this machine has no trusted CA certificates ({why})"),
                "Install the ca-certificates package, set SSL_CERT_FILE, or provide the CA file of the server",
            ));
        }
        Ok(rest)
    }

    /// The certificates of the folders, without duplicates.
    pub(crate) fn rest(&self) -> Vec<CertificateDer<'static>> {
        let mut seen = HashSet::new();
        let files = self.folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        // Hash-named links and the files they point to.
        let files = files
            .filter_map(|entry| entry.path().canonicalize().ok())
            .filter(|path| seen.insert(path.clone()));
        files.filter_map(|path: PathBuf| readable(&path)).flatten().collect()
    }
}

fn readable(path: &Path) -> Option<Vec<CertificateDer<'static>>> {
    let text = file::read(path, "certificate").ok()?;
    Some(Certificates::of_pem(&text, "certificate").ok()?.0)
}
