//! Bodies that are not JSON, headers of a call's own, and answers as text.
use crate::{exchange, settings};
use http_exchange::{AnswerSize, Call, Content, Kind, Method, Server};
use std::{cell::Cell, io::Cursor, rc::Rc};
use test_servers::{FakeClock, ScriptedServer, Step, json, with_headers};

fn put(body: Content) -> Call {
    Call { method: Method::Put, body: Some(body), ..Call::get("/x") }
}

/// A body of `length` bytes, from a source that has those of `text`; the counter says how often it was opened.
fn stream(length: u64, text: &'static str) -> (Content, Rc<Cell<u32>>) {
    let opened = Rc::new(Cell::new(0));
    let count = opened.clone();
    let open = move || {
        count.set(count.get() + 1);
        Ok(Box::new(Cursor::new(text)) as Box<dyn std::io::Read>)
    };
    (Content::Stream { media_type: "text/plain", length, open: Rc::new(open) }, opened)
}

#[test]
fn bytes_are_sent_as_they_are() {
    let server = ScriptedServer::new([json(200, "{}")]);
    let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
    let bytes = Content::Bytes { media_type: "application/xml", bytes: Rc::from(&b"<a/>"[..]) };
    exchange(&client, &put(bytes)).unwrap();
    let request = &server.requests()[0];
    assert_eq!((request.method.as_str(), request.body.as_str()), ("PUT", "<a/>"));
    assert_eq!(request.header("content-type"), "application/xml");
    assert_eq!(request.header("content-length"), "4");
}

#[test]
fn a_stream_is_read_anew_for_each_attempt() {
    let server = ScriptedServer::new([json(503, "{}"), json(200, "{}")]);
    let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
    let (body, opened) = stream(4, "abcdef");
    exchange(&client, &put(body)).unwrap();
    assert_eq!(opened.get(), 2);
    for request in server.requests() {
        assert_eq!((request.header("content-length"), request.body.as_str()), ("4", "abcd"));
    }
}

#[test]
fn a_stream_that_ends_too_early_is_a_fault_of_the_file() {
    let server = ScriptedServer::new([json(200, "{}")]);
    let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
    let (body, opened) = stream(9, "abcdef");
    let error = exchange(&client, &put(body)).unwrap_err();
    assert!(
        error.to_string().contains("it ends 3 bytes too early. Check that the file can be read"),
        "{error}"
    );
    assert_eq!((error.kind(), error.may_have_acted(), opened.get()), (Kind::Invalid, false, 1));
}

#[test]
fn headers_of_a_call_replace_the_usual_ones() {
    let server = ScriptedServer::new([json(200, "{}")]);
    let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
    let headers = [("authorization", "AWS4 x"), ("accept", "*/*"), ("if-match", "\"1\"")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    exchange(&client, &Call { headers, ..Call::get("/x") }).unwrap();
    let request = &server.requests()[0];
    assert_eq!(request.header("authorization"), "AWS4 x");
    assert_eq!(request.header("accept"), "*/*");
    assert_eq!(request.header("if-match"), "\"1\"");
}

#[test]
fn a_header_that_would_break_the_request_is_refused() {
    let server = ScriptedServer::new([json(200, "{}")]);
    let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
    let headers = vec![("x-note".to_owned(), "a\r\nx-evil: 1".to_owned())];
    exchange(&client, &Call { headers, ..Call::get("/x") }).unwrap_err();
    assert!(server.requests().is_empty());
}

#[test]
fn text_need_not_be_json_and_has_a_limit() {
    let server = ScriptedServer::new([
        with_headers(200, &[("etag", "\"1\"")], "<a>ü</a>"),
        Step::Flood(b"HTTP/1.1 200 OK\r\n\r\n".into()),
    ]);
    let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
    client.record();
    let call = Call { answer: AnswerSize::Text, ..Call::get("/x") };
    assert_eq!(exchange(&client, &call).unwrap().text(), "<a>ü</a>");
    assert_eq!(client.recorded()[0].header("etag"), Some("\"1\""));
    let error = exchange(&client, &call).unwrap_err();
    assert_eq!(error.kind(), Kind::Protocol, "{error}");
}

#[test]
fn the_answer_to_head_has_headers_and_no_body() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1500\r\nx-amz-meta-sha256: ab\r\n\r\n";
    let server = ScriptedServer::new([Step::Send(head.to_vec()), json(200, "{}")]);
    let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
    client.record();
    exchange(&client, &Call { method: Method::Head, ..Call::get("/x") }).unwrap();
    assert_eq!(client.recorded()[0].header("x-amz-meta-sha256"), Some("ab"));
    // The connection is still good for the next request.
    exchange(&client, &Call::get("/x")).unwrap();
    assert_eq!(server.requests()[1].connection, 0);
}
