//! What a request carries in its body: JSON mostly, or bytes that are read anew for each attempt.
use crate::fault::Fault;
use serde_json::Value;
use std::{
    fmt,
    io::{self, Read},
    rc::Rc,
};

/// The body of a request.
#[derive(Clone)]
pub enum Content {
    /// Sent as `application/json`.
    Json(Value),
    /// Sent as it is.
    Bytes {
        /// For the header `Content-Type`.
        media_type: &'static str,
        /// The whole body.
        bytes: Rc<[u8]>,
    },
    /// Read while it is sent, so that it need not fit into memory.
    Stream {
        /// For the header `Content-Type`.
        media_type: &'static str,
        /// In bytes. What the source has beyond them is not sent; if it has less, that is a [`Fault::Content`].
        length: u64,
        /// Called for each attempt; starts at the beginning of the body.
        open: Open,
    },
}

/// Opens a body for one attempt.
pub type Open = Rc<dyn Fn() -> io::Result<Box<dyn Read>>>;

impl Content {
    /// For the header `Content-Type`.
    pub(crate) fn media_type(&self) -> &'static str {
        match self {
            Self::Json(_) => "application/json",
            Self::Bytes { media_type, .. } | Self::Stream { media_type, .. } => media_type,
        }
    }
}

impl From<Value> for Content {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(value) => value.fmt(f),
            Self::Bytes { media_type, bytes } => write!(f, "{} bytes of {media_type}", bytes.len()),
            Self::Stream { media_type, length, .. } => write!(f, "{length} bytes of {media_type}"),
        }
    }
}

/// Reads exactly that many bytes. What goes wrong is a fault of the source, not of the connection.
pub(crate) struct Whole {
    source: Box<dyn Read>,
    left: u64,
}

impl Whole {
    pub(crate) fn open(open: &Open, length: u64) -> Result<Self, Fault> {
        let source = open().map_err(|e| Fault::Content { why: e.to_string() })?;
        Ok(Self { source, left: length })
    }
}

impl Read for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let fault = |why: String| io::Error::other(Fault::Content { why });
        match self.source.read(&mut buffer[..most]).map_err(|e| fault(e.to_string()))? {
            0 if most > 0 => Err(fault(format!("it ends {} bytes too early", self.left))),
            read => {
                self.left -= read as u64;
                Ok(read)
            }
        }
    }
}
