//! The mirror of OpenShift's releases: which release a channel means, and the installer's archive with its hash.
use crate::{Error, Version};
use http_exchange::{
    AnswerSize, Authorization, Call, Error as ExchangeError, KeySupport, Kind, Policy, ProxyVariables,
    RetryNotice, Server, Settings, SystemClock, TlsSettings,
};
use std::{ops::ControlFlow, rc::Rc, time::Duration};

/// A folder for each release and each channel, as on mirror.openshift.com.
pub struct Mirror {
    server: Server,
    url: String,
    policy: Policy,
    trouble: Box<dyn Fn(&RetryNotice)>,
}

/// The archive of an installer for this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    path: String,
    /// In hex, as the mirror's list has it.
    pub(crate) sha256: String,
}

impl Mirror {
    /// The one that is used unless another is named.
    pub const PUBLIC: &'static str = "https://mirror.openshift.com/pub/openshift-v4/clients/ocp";

    /// Nothing is sent yet. `timeout` is for one small file, `trouble` hears of each attempt that will be repeated.
    pub fn new(
        url: &str,
        tls: TlsSettings,
        timeout: Duration,
        policy: Policy,
        trouble: impl Fn(&RetryNotice) + 'static,
    ) -> Result<Self, Error> {
        let server = Server::new(Settings {
            base_url: url.to_owned(),
            authorization: Authorization::None,
            tls,
            timeout,
            proxies: ProxyVariables::of_this_process(),
            keys: KeySupport::Auto,
            keep_alive: true,
            user_agent: concat!("hatci.automation/", env!("CARGO_PKG_VERSION")),
            clock: Rc::new(SystemClock::default()),
        })?;
        let url = url.trim_end_matches('/').to_owned();
        Ok(Mirror { server, url, policy, trouble: Box::new(trouble) })
    }

    /// What the user should know about the settings.
    pub fn warnings(&self) -> &[String] {
        self.server.warnings()
    }

    /// The release that a channel such as `stable-4.18` means now.
    pub fn version_of(&self, channel: &str) -> Result<Version, Error> {
        let text = self.read(channel, "release.txt")?;
        let name = text.lines().find_map(|line| line.trim().strip_prefix("Name:")).map(str::trim);
        name.and_then(Version::parse).ok_or_else(|| {
            Error::Unusable(format!(
                "{}/{channel}/release.txt names no version. Check that this is a mirror of OpenShift's releases, or give `version`.",
                self.url
            ))
        })
    }

    /// The archive of this release's installer, and its hash.
    pub fn archive_of(&self, version: &Version) -> Result<Archive, Error> {
        let text = self.read(version.as_str(), "sha256sum.txt")?;
        let hash_of = |file: &str| {
            text.lines().find_map(|line| {
                let (hash, name) = line.split_once(char::is_whitespace)?;
                (name.trim().trim_start_matches('*') == file).then(|| hash.to_ascii_lowercase())
            })
        };
        let is_hash = |hash: &String| hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        let with_version = format!("openshift-install-linux-{version}.tar.gz");
        let files = [with_version.as_str(), "openshift-install-linux.tar.gz"];
        let found = files.iter().find_map(|file| Some((file, hash_of(file).filter(is_hash)?)));
        found.map(|(file, sha256)| Archive { path: format!("/{version}/{file}"), sha256 }).ok_or_else(|| {
            Error::NoRelease(format!(
                "{}/{version}/sha256sum.txt lists no {with_version} with a hash. Check the version, or give the path of a program as `installer`.",
                self.url
            ))
        })
    }

    /// Hands the archive over, piece by piece.
    pub(crate) fn download(
        &self,
        archive: &Archive,
        patience: Duration,
        take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        Ok(self.server.download(&archive.path, patience, take)?)
    }

    fn read(&self, folder: &str, file: &str) -> Result<String, Error> {
        let headers = vec![("accept".to_owned(), "text/plain, */*".to_owned())];
        let call = Call { answer: AnswerSize::Text, headers, ..Call::get(format!("/{folder}/{file}")) };
        let reply = self.server.exchange(&call, &self.policy, &*self.trouble);
        let missing = |e: ExchangeError| match e.kind() {
            Kind::NotFound => Error::NoRelease(format!(
                "{} has no {folder}: {folder}/{file} is missing. Check the version or the channel, or give another `mirror`.",
                self.url
            )),
            _ => e.into(),
        };
        Ok(reply.map_err(missing)?.text().to_owned())
    }
}
