//! The connection under ureq: who answers to a name, what lies on top of what, and whether any of a request was sent.
//!
//! ureq calls `transmit_output` of the outermost transport only after DNS, TCP, proxy tunnel and TLS handshake are
//! done. So the first such call is the moment from which a server may act.
use crate::{
    base_url::Origin, fault::Fault, forward::Forward, secure::Secure, tcp::Tcp, tls::TlsSettings,
    tunnel::Tunnel,
};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use ureq::{
    Error, Timeout,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{
            Buffers, ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, Transport,
            time::Instant,
        },
    },
};

/// Set once any byte of a request went out. One exchange at a time uses it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent(Arc<AtomicBool>);

impl Sent {
    pub(crate) fn reset(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// An agent whose connections are made here. `forward_to` is the origin to put before each path, for a plain-http
/// server behind a proxy.
pub(crate) fn agent(config: Config, tls: TlsSettings, forward_to: Option<String>, sent: Sent) -> ureq::Agent {
    let chain = chain(&config, tls, forward_to, sent);
    ureq::Agent::with_parts(config, chain, Names(DefaultResolver::default()))
}

fn chain(
    config: &Config,
    tls: TlsSettings,
    forward_to: Option<String>,
    sent: Sent,
) -> impl Connector<Out = Box<dyn Transport>> {
    let tunnel = config.proxy().is_some();
    ().chain(ConnectProxyConnector::default())
        .chain(Tcp)
        .chain(Secure::new(tls))
        .chain(Forward(forward_to))
        .chain(Watch { sent, tunnel })
}

/// A connection to `uri` on its own, as the agent's: through the proxy of `config`, and with TLS where the scheme has it.
pub(crate) fn connect(
    config: &Config,
    tls: TlsSettings,
    uri: &Uri,
    timeout: Duration,
) -> Result<Box<dyn Transport>, Error> {
    let now = Instant::now();
    let timeout = NextTimeout { after: timeout.into(), reason: Timeout::Connect, ..NextTimeout::default() };
    let names = Names(DefaultResolver::default());
    // A proxy looks the name up itself.
    let addrs = if config.proxy().is_some() { names.empty() } else { names.resolve(uri, config, timeout)? };
    let chain = Arc::new(chain(config, tls, None, Sent::default()));
    let to_proxy = chain.clone();
    let details = ConnectionDetails {
        uri,
        addrs,
        resolver: &names,
        config,
        request_level: false,
        now,
        timeout,
        current_time: Arc::new(Instant::now),
        run_connector: Arc::new(move |details| connected(&*to_proxy, details)),
        register_shutdown: Arc::new(|_| Ok(())),
    };
    connected(&*chain, &details)
}

fn connected(
    chain: &impl Connector<Out = Box<dyn Transport>>,
    details: &ConnectionDetails,
) -> Result<Box<dyn Transport>, Error> {
    chain.connect(details, None)?.ok_or(Error::ConnectionFailed)
}

/// The system's name service, with its failures told apart from those of connections.
#[derive(Debug)]
struct Names(DefaultResolver);

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let fault = |why: String| {
            let host = uri.host().unwrap_or_default().to_owned();
            Error::Other(Box::new(Fault::NameNotResolved { host, why }))
        };
        if let Some(address) = literal(uri) {
            let mut addresses = self.0.empty();
            addresses.push(address);
            return Ok(addresses);
        }
        self.0.resolve(uri, config, timeout).map_err(|e| match e {
            Error::Io(e) => fault(e.to_string()),
            Error::HostNotFound => fault("it has no address".into()),
            e => e,
        })
    }
}

/// The address that a URL names by its numbers. To look it up would cost a thread.
fn literal(uri: &Uri) -> Option<SocketAddr> {
    let origin = Origin::of(uri)?;
    Some(SocketAddr::new(origin.bare_host().parse().ok()?, origin.port))
}

/// Sees when a request starts to leave.
#[derive(Debug)]
struct Watch {
    sent: Sent,
    tunnel: bool,
}

impl<In: Transport> Connector<In> for Watch {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails, below: Option<In>) -> Result<Option<Self::Out>, Error> {
        let Some(below) = below else { return Ok(None) };
        // The connection to a tunnelling proxy itself comes through here too, with the proxy taken out of its
        // config. What it carries first is the CONNECT, not the request.
        let to_proxy = self.tunnel && details.config.proxy().is_none();
        Ok(Some(if to_proxy {
            Tunnel::new(below, details).boxed()
        } else {
            Watched { below, sent: self.sent.clone() }.boxed()
        }))
    }
}

#[derive(Debug)]
struct Watched<T> {
    below: T,
    sent: Sent,
}

impl<T: Transport> Transport for Watched<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.below.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.sent.0.store(true, Ordering::Relaxed);
        self.below.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.below.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.below.is_open()
    }

    fn is_tls(&self) -> bool {
        self.below.is_tls()
    }
}
