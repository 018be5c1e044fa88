//! One HTTP/2 connection to the controller, and gRPC calls on it.
use crate::{Error, config::ClientConfig, endpoint::Endpoint, environment::Environment, tls, way};
use bytes::{BufMut, Bytes, BytesMut};
use h2::{RecvStream, client::SendRequest};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use percent_encoding::percent_decode;
use prost::Message;
use rustls::pki_types::ServerName;
use server_trust::handshake_refusal;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// The service of all calls.
const SERVICE: &str = "jumpstarter.client.v1.ClientService";
/// The largest page of a list; a hundred leases need far less.
const LARGEST_PAGE: usize = 2 << 20;
/// The largest of other replies. Once decoded, they take many times their size in memory.
const LARGEST_REPLY: usize = 256 << 10;
const LARGEST_HEADERS: u32 = 64 << 10;
/// One byte for compression, four for the length.
const FRAME_HEADER: usize = 5;

/// Why a call gave no reply.
#[derive(Debug)]
pub(crate) enum CallError {
    /// The controller's answer: a gRPC status and its text.
    Status(u32, String),
    /// The connection can't be used any more.
    Broken(String),
    /// No reply in time.
    Late,
    /// Not a gRPC reply.
    NotGrpc(String),
}

/// An open connection; clones share it.
#[derive(Clone)]
pub(crate) struct Connection {
    sender: SendRequest<Bytes>,
    authority: String,
}

impl Connection {
    /// Connects, through a proxy if one is set, and negotiates TLS and HTTP/2.
    pub(crate) async fn open(
        config: &ClientConfig,
        environment: &Environment,
        patience: Duration,
    ) -> Result<Self, Error> {
        let endpoint = &config.endpoint;
        let opened = timeout(patience, Self::open_unbounded(config, environment)).await;
        opened.unwrap_or_else(|_| {
            Err(Error::Timeout { endpoint: endpoint.clone(), after: patience, sent: false })
        })
    }

    async fn open_unbounded(config: &ClientConfig, environment: &Environment) -> Result<Self, Error> {
        let endpoint = &config.endpoint;
        let unreachable = |why: String| Error::Unreachable { endpoint: endpoint.clone(), why, sent: false };
        let target = Endpoint::parse(endpoint)?;
        let stream = way::open(&target, environment).await?.map_err(unreachable)?;
        let name = config.server_name.as_ref().unwrap_or(&target.name);
        let server_name = ServerName::try_from(name.clone())
            .map_err(|_| Error::Address { what: "The server's name", address: name.clone() })?;
        let tls = TlsConnector::from(Arc::new(tls::client_config(&config.trust, endpoint)?));
        let stream = tls.connect(server_name, stream).await.map_err(|e| handshake_failure(endpoint, &e))?;
        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(Error::Protocol {
                endpoint: endpoint.clone(),
                why: "it does not support HTTP/2".into(),
            });
        }

        // No controller pushes, and none needs long headers.
        let mut http = h2::client::Builder::new();
        http.enable_push(false).max_header_list_size(LARGEST_HEADERS);
        let (sender, driver) =
            http.handshake(stream).await.map_err(|e| unreachable(config.texts().message(&e.to_string())))?;
        // It ends with the connection; the sender's error then says why.
        tokio::spawn(driver);
        let authority = config.server_name.clone().unwrap_or(target.authority);
        Ok(Connection { sender, authority })
    }

    /// False once either side is known to have closed it.
    pub(crate) async fn is_open(&self) -> bool {
        self.sender.clone().ready().await.is_ok()
    }

    /// Makes one unary call.
    pub(crate) async fn call<Q: Message, R: Message + Default>(
        &self,
        config: &ClientConfig,
        method: &str,
        request: &Q,
        patience: Duration,
    ) -> Result<R, CallError> {
        timeout(patience, self.call_unbounded(config, method, request, patience))
            .await
            .unwrap_or(Err(CallError::Late))
    }

    async fn call_unbounded<Q: Message, R: Message + Default>(
        &self,
        config: &ClientConfig,
        method: &str,
        request: &Q,
        patience: Duration,
    ) -> Result<R, CallError> {
        let broken = |e: h2::Error| CallError::Broken(e.to_string());
        let mut sender = self.sender.clone().ready().await.map_err(broken)?;
        let head = self.head(config, method, patience).map_err(|e| CallError::NotGrpc(e.to_string()))?;
        let (response, mut body) = sender.send_request(head, false).map_err(broken)?;
        body.send_data(frame(request), true).map_err(broken)?;
        let response = response.await.map_err(broken)?;
        check_http(&response)?;
        let (head, mut body) = response.into_parts();
        // Nearly every error comes without a body, with its status among the headers.
        check_status(&head.headers)?;
        let largest = if method.starts_with("List") { LARGEST_PAGE } else { LARGEST_REPLY };
        let reply = read_all(&mut body, largest).await?;
        match body.trailers().await.map_err(broken)? {
            Some(trailers) => check_status(&trailers)?,
            None if head.headers.contains_key("grpc-status") => {}
            None => return Err(CallError::Broken("the reply was cut off".into())),
        }
        unframe(&reply)
    }

    fn head(
        &self,
        config: &ClientConfig,
        method: &str,
        patience: Duration,
    ) -> Result<Request<()>, http::Error> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", config.token.expose()))?;
        bearer.set_sensitive(true);
        Request::post(format!("https://{}/{SERVICE}/{method}", self.authority))
            .header(header::CONTENT_TYPE, "application/grpc")
            .header(header::TE, "trailers")
            .header(header::USER_AGENT, concat!("hatci-automation/", env!("CARGO_PKG_VERSION")))
            .header("grpc-timeout", format!("{}m", patience.as_millis()))
            .header(header::AUTHORIZATION, bearer)
            .header("jumpstarter-kind", "Client")
            .header("jumpstarter-namespace", &config.namespace)
            .header("jumpstarter-name", &config.name)
            .body(())
    }
}

fn handshake_failure(endpoint: &str, error: &std::io::Error) -> Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error) => tls::no_trust(endpoint, handshake_refusal(error)),
        // A load balancer whose controller is restarting does so.
        None if error.kind() == std::io::ErrorKind::UnexpectedEof => Error::Unreachable {
            endpoint: endpoint.into(),
            why: "it closed the connection".into(),
            sent: false,
        },
        None => Error::Unreachable { endpoint: endpoint.into(), why: error.to_string(), sent: false },
    }
}

fn frame(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut frame = BytesMut::with_capacity(FRAME_HEADER + length);
    frame.put_u8(0); // not compressed
    // Requests are names and numbers, far below 4 GiB.
    frame.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    frame.put_slice(&message.encode_to_vec());
    frame.freeze()
}

fn unframe<R: Message + Default>(reply: &[u8]) -> Result<R, CallError> {
    let not_grpc = |why: &str| CallError::NotGrpc(why.into());
    let (header, message) = reply.split_at_checked(FRAME_HEADER).ok_or(not_grpc("the reply is too short"))?;
    let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
    if header[0] != 0 || length as usize != message.len() {
        return Err(not_grpc("the reply is compressed, or not one message"));
    }
    R::decode(message).map_err(|e| CallError::NotGrpc(format!("cannot decode the reply: {e}")))
}

async fn read_all(body: &mut RecvStream, largest: usize) -> Result<Vec<u8>, CallError> {
    let broken = |e: h2::Error| CallError::Broken(e.to_string());
    let mut all = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.map_err(broken)?;
        all.extend_from_slice(&chunk);
        if all.len() > largest {
            return Err(CallError::NotGrpc(format!("the reply is larger than {} KiB", largest >> 10)));
        }
        body.flow_control().release_capacity(chunk.len()).map_err(broken)?;
    }
    Ok(all)
}

/// Maps the answer of a proxy or an ingress to a gRPC status, as gRPC does.
fn check_http<B>(response: &Response<B>) -> Result<(), CallError> {
    let content_type = response.headers().get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    match response.status() {
        StatusCode::OK if content_type.starts_with(b"application/grpc") => Ok(()),
        StatusCode::OK => Err(CallError::NotGrpc("the reply is not gRPC".into())),
        StatusCode::UNAUTHORIZED => Err(CallError::Status(16, "HTTP status 401".into())),
        StatusCode::FORBIDDEN => Err(CallError::Status(7, "HTTP status 403".into())),
        StatusCode::NOT_FOUND => Err(CallError::Status(12, "HTTP status 404".into())),
        status if [429, 502, 503, 504].contains(&status.as_u16()) => {
            Err(CallError::Status(14, format!("HTTP status {}", status.as_u16())))
        }
        status => Err(CallError::Status(2, format!("HTTP status {}", status.as_u16()))),
    }
}

fn check_status(headers: &HeaderMap) -> Result<(), CallError> {
    let Some(status) = headers.get("grpc-status") else { return Ok(()) };
    let code = status.to_str().ok().and_then(|s| s.parse().ok());
    let text = headers.get("grpc-message").map_or(&b""[..], HeaderValue::as_bytes);
    match code {
        Some(0) => Ok(()),
        Some(code) => Err(CallError::Status(code, percent_decode(text).decode_utf8_lossy().into_owned())),
        None => Err(CallError::NotGrpc("its grpc-status is not a number".into())),
    }
}
