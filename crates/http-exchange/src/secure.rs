//! TLS by rustls on top of a connection.
use crate::{
    base_url::Origin,
    fault::Fault,
    tls::{TlsSettings, client_config},
    transport::{buffers, is_quiet, time_left},
};
use rustls::{ClientConfig, ClientConnection, StreamOwned, pki_types::ServerName};
use std::{
    fmt,
    io::{self, Read, Write},
    sync::{Arc, OnceLock},
};
use ureq::{
    Error,
    unversioned::transport::{
        Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport, TransportAdapter,
    },
};

/// Puts TLS on connections to https servers. The certificates are read for the first one.
pub(crate) struct Secure {
    settings: TlsSettings,
    config: OnceLock<Arc<ClientConfig>>,
}

impl Secure {
    pub(crate) fn new(settings: TlsSettings) -> Self {
        Self { settings, config: OnceLock::new() }
    }

    fn config(&self) -> Result<Arc<ClientConfig>, Fault> {
        if let Some(config) = self.config.get() {
            return Ok(config.clone());
        }
        let fresh = Arc::new(client_config(&self.settings)?);
        Ok(self.config.get_or_init(|| fresh).clone())
    }
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
        let origin = Origin::of(details.uri).ok_or(Error::HostNotFound)?;
        let name = ServerName::try_from(origin.bare_host().to_owned()).map_err(|_| {
            other(Fault::Tls {
                host: origin.host.clone(),
                why: "no certificate can be issued for this name".into(),
                remedy: "Use the host name that is listed in the server's certificate".into(),
            })
        })?;
        let mut connection =
            ClientConnection::new(self.config().map_err(other)?, name).map_err(io::Error::other)?;
        let mut socket = TransportAdapter::new(below.boxed(), details.current_time.clone());
        socket.set_timeout(time_left(details));
        connection.complete_io(&mut socket)?;
        let stream = StreamOwned::new(connection, socket);
        Ok(Some(Box::new(SecureTransport { buffers: buffers(details), stream })))
    }
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
        // Decrypted already, or not yet.
        let decrypted = self.stream.conn.process_new_packets().map(|state| state.plaintext_bytes_to_read());
        matches!(decrypted, Ok(0)) && is_quiet(self.stream.sock.get_mut())
    }

    fn is_tls(&self) -> bool {
        true
    }
}
