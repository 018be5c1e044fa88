//! Resolves a host name in a thread of its own: if none can be started, that is an error instead of a panic.
use crate::Error;
use std::{
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
};
use tokio::sync::oneshot;

/// The addresses of a host; the name server's error is the inner one.
pub(crate) async fn resolve(host: &str, port: u16) -> Result<io::Result<Vec<SocketAddr>>, Error> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(Ok(vec![SocketAddr::new(address, port)]));
    }
    let (tell, told) = oneshot::channel();
    let asked = (host.to_owned(), port);
    let look_up = move || {
        // The receiver is gone if it has timed out.
        let _ = tell.send(asked.to_socket_addrs().map(Iterator::collect));
    };
    let started = std::thread::Builder::new().spawn(look_up);
    started.map_err(|e| Error::system(format!("Cannot look up the name {host}"), &e))?;
    Ok(told.await.unwrap_or_else(|_| Err(io::Error::other("the lookup was aborted"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_stand_for_themselves_and_names_are_looked_up() {
        assert_eq!(resolve("::1", 7).await.unwrap().unwrap(), ["[::1]:7".parse().unwrap()]);
        assert!(resolve("localhost", 7).await.unwrap().unwrap().iter().all(|address| address.port() == 7));
        assert!(resolve("no.such.name.invalid", 7).await.unwrap().is_err());
    }
}
