//! TCP connections that can be broken on purpose: reset before an answer, or cut in the middle of one.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// What happens to the next answer on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fate {
    #[default]
    Sent,
    /// The client sees "connection reset" instead of the answer.
    Reset,
    /// The client gets the answer without its last bytes, then the end of the stream.
    Cut { bytes: usize },
    /// The rest of a cut answer is never sent.
    Closed,
}

/// A handle to a request's connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection(Arc<Mutex<Fate>>);

impl Connection {
    /// Resets the connection instead of sending the answer.
    pub(crate) fn reset(&self) {
        self.set(Fate::Reset);
    }

    /// Closes the connection after all but the last `bytes` of the answer have been sent.
    pub(crate) fn cut(&self, bytes: usize) {
        self.set(Fate::Cut { bytes });
    }

    fn set(&self, fate: Fate) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fate;
    }

    fn fate(&self) -> Fate {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connected<IncomingStream<'_, BreakableListener>> for Connection {
    fn connect_info(stream: IncomingStream<'_, BreakableListener>) -> Self {
        stream.io().connection.clone()
    }
}

/// A listener whose connections can be broken.
pub(crate) struct BreakableListener(pub(crate) TcpListener);

impl Listener for BreakableListener {
    type Io = BreakableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (BreakableStream, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Small answers on a kept-alive connection would otherwise wait for the client's delayed ACK.
        let _ = stream.set_nodelay(true);
        (BreakableStream { stream, connection: Connection::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A connection that checks its fate before each write.
pub(crate) struct BreakableStream {
    stream: TcpStream,
    connection: Connection,
}

impl AsyncWrite for BreakableStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        match self.connection.fate() {
            Fate::Sent => Pin::new(&mut self.stream).poll_write(cx, buffer),
            Fate::Reset => {
                // Without lingering, closing the socket sends RST.
                self.stream.set_zero_linger()?;
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            Fate::Cut { bytes } => {
                // hyper passes a small answer, head and body, in one buffer.
                let kept = &buffer[..buffer.len().saturating_sub(bytes)];
                let written = Pin::new(&mut self.stream).poll_write(cx, kept);
                if matches!(written, Poll::Ready(Ok(count)) if count == kept.len()) {
                    self.connection.set(Fate::Closed);
                }
                written
            }
            Fate::Closed => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncRead for BreakableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}
