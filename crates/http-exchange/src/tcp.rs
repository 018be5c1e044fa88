//! TCP connections whose answers are not held up: by an address that is dead, nor by our own acknowledgements.
use crate::transport::{buffers, time_left};
use std::{
    io::{self, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    os::linux::net::TcpStreamExt as _,
    time::Duration,
};
use ureq::{
    Error,
    unversioned::transport::{
        Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
    },
};

/// Longer than any timeout that is asked for, and within what the system takes.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// Connects to the first of a host's addresses that answers.
#[derive(Debug)]
pub(crate) struct Tcp;

impl<In: Transport> Connector<In> for Tcp {
    type Out = Either<In, TcpTransport>;

    fn connect(&self, details: &ConnectionDetails, below: Option<In>) -> Result<Option<Self::Out>, Error> {
        if let Some(tunnel) = below {
            return Ok(Some(Either::A(tunnel)));
        }
        let socket = connect(&details.addrs, || time_left(details))?;
        socket.set_nodelay(true)?;
        Ok(Some(Either::B(TcpTransport { socket, buffers: buffers(details) })))
    }
}

fn connect(addresses: &[SocketAddr], left: impl Fn() -> NextTimeout) -> Result<TcpStream, Error> {
    let mut last = Error::HostNotFound;
    for (index, address) in addresses.iter().enumerate() {
        let is_last = index + 1 == addresses.len();
        match connect_one(address, left(), is_last) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The last address may take all the time that is left, another one half of it.
fn connect_one(address: &SocketAddr, left: NextTimeout, is_last: bool) -> Result<TcpStream, Error> {
    let time = within(left)?;
    TcpStream::connect_timeout(address, if is_last { time } else { time / 2 }).map_err(|e| fault(e, left))
}

/// A connection that acknowledges at once. A server that sends head and body of an answer apart, and that gathers small
/// packets, sends the body only after the head was acknowledged, for which the system would take 40 ms.
#[derive(Debug)]
pub(crate) struct TcpTransport {
    socket: TcpStream,
    buffers: LazyBuffers,
}

impl Transport for TcpTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.socket.set_write_timeout(Some(within(timeout)?))?;
        match self.socket.write_all(&self.buffers.output()[..amount]) {
            // A server that answers before it has read all, such as 413, takes no more. That answer says what is wrong.
            Err(e) if is_broken(&e) && matches!(self.peek(), Ok(1..)) => Ok(()),
            written => written.map_err(|e| fault(e, timeout)),
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.socket.set_read_timeout(Some(within(timeout)?))?;
        // The system forgets this with each packet that is sent.
        self.socket.set_quickack(true)?;
        let free = self.buffers.input_append_buf();
        let amount = loop {
            match self.socket.read(free) {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                read => break read.map_err(|e| fault(e, timeout))?,
            }
        };
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// Whether nothing has come that was not asked for, not even the end.
    fn is_open(&mut self) -> bool {
        matches!(self.peek(), Err(e) if e.kind() == ErrorKind::WouldBlock)
    }
}

impl TcpTransport {
    /// How much there is to be read, 1 at the most; 0 at the end.
    fn peek(&self) -> io::Result<usize> {
        self.socket.set_nonblocking(true)?;
        let seen = self.socket.peek(&mut [0]);
        self.socket.set_nonblocking(false)?;
        seen
    }
}

fn is_broken(e: &io::Error) -> bool {
    matches!(e.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
}

/// The time that is left, if any is.
fn within(timeout: NextTimeout) -> Result<Duration, Error> {
    match (*timeout.after).min(LONGEST_TIMEOUT) {
        Duration::ZERO => Err(Error::Timeout(timeout.reason)),
        time => Ok(time),
    }
}

fn fault(e: io::Error, timeout: NextTimeout) -> Error {
    match e.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Error::Timeout(timeout.reason),
        _ => Error::Io(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use ureq::Timeout;

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    fn in_seconds(seconds: u64) -> NextTimeout {
        NextTimeout {
            after: Duration::from_secs(seconds).into(),
            reason: Timeout::Global,
            ..NextTimeout::default()
        }
    }

    #[test]
    fn the_next_address_is_taken_where_one_is_dead() {
        let ((dead, nobody), (_alive, somebody)) = (listener(), listener());
        drop(dead);
        let socket = connect(&[nobody, somebody], || in_seconds(10)).unwrap();
        assert_eq!(socket.peer_addr().unwrap(), somebody);
        assert!(matches!(connect(&[nobody], || in_seconds(10)), Err(Error::Io(_))));
    }

    #[test]
    fn without_time_nothing_is_tried() {
        let (_alive, somebody) = listener();
        assert!(matches!(connect(&[somebody], || in_seconds(0)), Err(Error::Timeout(Timeout::Global))));
    }

    #[test]
    fn what_is_waited_for_is_acknowledged_at_once_also_after_sending() {
        let (listener, address) = listener();
        let mut transport = TcpTransport {
            socket: connect(&[address], || in_seconds(10)).unwrap(),
            buffers: LazyBuffers::new(64, 64),
        };
        let (mut server, _) = listener.accept().unwrap();
        for _ in 0..3 {
            server.write_all(b"x").unwrap();
            assert!(transport.await_input(in_seconds(10)).unwrap());
            assert!(transport.socket.quickack().unwrap());
            transport.buffers.output()[0] = b'y';
            transport.transmit_output(1, in_seconds(10)).unwrap();
        }
    }

    #[test]
    fn a_connection_with_something_to_be_read_is_not_to_be_used_again() {
        let (listener, address) = listener();
        let mut transport = TcpTransport {
            socket: connect(&[address], || in_seconds(10)).unwrap(),
            buffers: LazyBuffers::new(64, 64),
        };
        let (server, _) = listener.accept().unwrap();
        assert!(transport.is_open());
        drop(server);
        assert!(matches!(transport.await_input(in_seconds(10)), Ok(false)));
        assert!(!transport.is_open());
    }
}
