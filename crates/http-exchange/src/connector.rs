//! The connection under ureq: our own TLS on it, and an honest answer to "was any of the request sent?".
//!
//! ureq calls `transmit_output` of the outermost transport only after DNS, TCP, proxy tunnel and TLS handshake are
//! done. So the first such call is the moment from which a server may act.
use crate::{
    base_url::Origin,
    fault::Fault,
    forward::Forward,
    tls::{TlsSettings, client_config},
};
use rustls::{ClientConfig, ClientConnection, StreamOwned, pki_types::ServerName};
use std::{
    fmt,
    io::{Read, Write},
    net::SocketAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};
use ureq::{
    Error,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{
            Buffers, ConnectProxyConnector, ConnectionDetails, Connector, LazyBuffers, NextTimeout,
            TcpConnector, Transport, TransportAdapter,
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
    let tunnel = config.proxy().is_some();
    let connector =
        ().chain(ConnectProxyConnector::default())
            .chain(TcpConnector::default())
            .chain(Secure { settings: tls, config: OnceLock::new() })
            .chain(Forward(forward_to))
            .chain(Watch { sent, tunnel });
    ureq::Agent::with_parts(config, connector, Names(DefaultResolver::default()))
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

/// TLS on top of a connection to an https server. The certificates are read at the first one.
struct Secure {
    settings: TlsSettings,
    config: OnceLock<Arc<ClientConfig>>,
}

impl fmt::Debug for Secure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secure")
    }
}

impl<In: Transport> Connector<In> for Secure {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails, below: Option<In>) -> Result<Option<Self::Out>, Error> {
        let Some(below) = below else { return Ok(None) };
        if !details.needs_tls() || below.is_tls() {
            return Ok(Some(below.boxed()));
        }
        let other = |fault: Fault| Error::Other(Box::new(fault));
        let config = if let Some(config) = self.config.get() {
            config.clone()
        } else {
            let fresh = Arc::new(client_config(&self.settings).map_err(other)?);
            self.config.get_or_init(|| fresh).clone()
        };
        let origin = Origin::of(details.uri).ok_or(Error::HostNotFound)?;
        let name = ServerName::try_from(origin.bare_host().to_owned()).map_err(|_| {
            other(Fault::Tls {
                host: origin.host.clone(),
                why: "this is no name that a certificate can be for".into(),
                remedy: "Use the host name that stands in the server's certificate",
            })
        })?;
        let mut connection = ClientConnection::new(config, name).map_err(std::io::Error::other)?;
        let mut socket = TransportAdapter::new(below.boxed(), details.current_time.clone());
        socket.set_timeout(details.timeout);
        connection.complete_io(&mut socket)?;
        let stream = StreamOwned::new(connection, socket);
        Ok(Some(Box::new(SecureTransport { buffers: buffers(details), stream })))
    }
}

pub(crate) fn buffers(details: &ConnectionDetails) -> LazyBuffers {
    LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size())
}

struct SecureTransport {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl fmt::Debug for SecureTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecureTransport")
    }
}

impl Transport for SecureTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.sock.set_timeout(timeout);
        let output = &self.buffers.output()[..amount];
        Ok(self.stream.write_all(output)?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.sock.set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
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
        Ok(Some(if to_proxy { below.boxed() } else { Box::new(Watched { below, sent: self.sent.clone() }) }))
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
