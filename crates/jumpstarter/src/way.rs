//! Connects to the controller: over TCP, through a proxy if one is set, or over a Unix socket.
use crate::{
    Error,
    address::Address,
    endpoint::{Endpoint, Place},
    environment::Environment,
    proxy, resolve,
};
use std::{
    io,
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixStream as Socket},
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};

/// A byte stream to the controller.
pub(crate) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// Connects to the first of the endpoint's addresses that can be reached; the inner error is that of the last one.
pub(crate) async fn open(
    endpoint: &Endpoint,
    environment: &Environment,
) -> Result<Result<Box<dyn Bytes>, String>, Error> {
    let mut outcome = Err("it has no address".to_owned());
    for place in &endpoint.places {
        outcome = match place {
            Place::Tcp(address) => {
                over_tcp(address, environment).await?.map(|tcp| Box::new(tcp) as Box<dyn Bytes>)
            }
            Place::Unix(path) => boxed(UnixStream::connect(path).await),
            Place::Abstract(name) => boxed(to_abstract(name)),
        };
        if outcome.is_ok() {
            break;
        }
    }
    Ok(outcome)
}

fn boxed(socket: io::Result<UnixStream>) -> Result<Box<dyn Bytes>, String> {
    socket.map(|socket| Box::new(socket) as Box<dyn Bytes>).map_err(|e| e.to_string())
}

fn to_abstract(name: &str) -> io::Result<UnixStream> {
    let socket = Socket::connect_addr(&SocketAddr::from_abstract_name(name)?)?;
    socket.set_nonblocking(true)?;
    UnixStream::from_std(socket)
}

async fn over_tcp(address: &Address, environment: &Environment) -> Result<Result<TcpStream, String>, Error> {
    let proxy = proxy::choose(environment, address)?;
    let next = proxy.as_ref().map_or(address, |proxy| &proxy.address);
    let connected = match &resolve::resolve(&next.host, next.port).await? {
        Ok(addresses) => TcpStream::connect(&addresses[..]).await,
        Err(e) => Err(io::Error::other(e.to_string())),
    };
    let mut tcp = match (connected, &proxy) {
        (Ok(tcp), _) => tcp,
        (Err(e), Some(_)) => return Ok(Err(format!("the proxy {}: {e}", next.text()))),
        (Err(e), None) => return Ok(Err(e.to_string())),
    };
    // Small calls must not wait for each other's acknowledgement; if this fails, they do.
    let _ = tcp.set_nodelay(true);
    if let Some(proxy) = proxy
        && let Err(why) = proxy.tunnel(&mut tcp, address).await
    {
        return Ok(Err(why));
    }
    Ok(Ok(tcp))
}
