//! The scripted server: it answers one call after the other as it is told, and the client that calls it.
use jumpstarter::{Choice, Client, ConfigSource, Environment};
use std::{collections::VecDeque, sync::Arc};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::Mutex};

/// One answer to one call.
#[derive(Clone, Default)]
pub(crate) struct Answer {
    pub(crate) http_status: u16,
    pub(crate) content_type: &'static str,
    /// The gRPC status, among the headers if there is no body, else among the trailers; `None` ends the stream without.
    pub(crate) status: Option<(u32, &'static str)>,
    pub(crate) body: Vec<u8>,
    /// Break the connection instead of answering.
    pub(crate) breaks: bool,
    /// Never answer.
    pub(crate) silent: bool,
}

pub(crate) fn grpc(body: Vec<u8>, status: (u32, &'static str)) -> Answer {
    Answer {
        http_status: 200,
        content_type: "application/grpc",
        status: Some(status),
        body,
        ..Answer::default()
    }
}

pub(crate) fn refused(code: u32, text: &'static str) -> Answer {
    grpc(vec![], (code, text))
}

pub(crate) fn http(status: u16, content_type: &'static str) -> Answer {
    Answer { http_status: status, content_type, body: b"<html>".to_vec(), ..Answer::default() }
}

/// A message in its frame; `compressed` is gRPC's flag.
pub(crate) fn framed(message: &[u8], compressed: u8) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[compressed], &length[..], message].concat()
}

/// A protobuf field that contains a text or another message.
pub(crate) fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = content.len();
    while length >= 0x80 {
        bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
    [bytes, content.to_vec()].concat()
}

/// A lease of the client `ci` with nothing but its name.
pub(crate) fn lease(name: &str) -> Vec<u8> {
    [field(1, format!("namespaces/lab/leases/{name}").as_bytes()), field(9, b"namespaces/lab/clients/ci")]
        .concat()
}

/// A client of a server that gives these answers, one per call, over any number of connections.
pub(crate) async fn client_of(answers: impl IntoIterator<Item = Answer>) -> (Client, TempDir) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
    tokio::spawn(async move {
        let tls = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
        while let Ok((tcp, _)) = listener.accept().await {
            tokio::spawn(serve(tls.clone(), tcp, answers.clone()));
        }
    });

    let ca = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, made.cert.pem());
    configured(port, &format!("{{ca: {ca}}}"))
}

/// A client of the server at this port, and the folder with its configuration `ci.yaml`.
pub(crate) fn configured(port: u16, tls: &str) -> (Client, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ci.yaml");
    let config = format!(
        "{{metadata: {{namespace: lab, name: ci}}, endpoint: 'localhost:{port}', tls: {tls}, token: a-token}}"
    );
    std::fs::write(&file, config).unwrap();
    let source = ConfigSource { choice: Choice::File(file), environment: Environment::of(|_| None) };
    (Client::new(source).unwrap(), folder)
}

pub(crate) async fn serve(
    tls: tokio_rustls::TlsAcceptor,
    tcp: tokio::net::TcpStream,
    answers: Arc<Mutex<VecDeque<Answer>>>,
) {
    let Ok(stream) = tls.accept(tcp).await else { return };
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    let mut kept_open = vec![];
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let authorization = request.headers()["authorization"].to_str().unwrap();
        assert!(authorization.starts_with("Bearer a-token"), "{authorization}");
        assert_eq!(request.headers()["jumpstarter-kind"], "Client");
        let Some(answer) = answers.lock().await.pop_front() else {
            panic!("a call too many: {}", request.uri())
        };
        if answer.breaks {
            return;
        }
        if answer.silent {
            kept_open.push(respond);
            continue;
        }
        let head =
            http::Response::builder().status(answer.http_status).header("content-type", answer.content_type);
        let Some((code, text)) = answer.status else {
            let mut body = respond.send_response(head.body(()).unwrap(), false).unwrap();
            body.send_data(answer.body.into(), true).unwrap();
            continue;
        };
        if answer.body.is_empty() {
            let head = head.header("grpc-status", code).header("grpc-message", text);
            respond.send_response(head.body(()).unwrap(), true).unwrap();
            continue;
        }
        let mut body = respond.send_response(head.body(()).unwrap(), false).unwrap();
        body.send_data(answer.body.into(), false).unwrap();
        let mut trailers = http::HeaderMap::new();
        trailers.insert("grpc-status", code.into());
        trailers.insert("grpc-message", text.parse().unwrap());
        body.send_trailers(trailers).unwrap();
    }
}
