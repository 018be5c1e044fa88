//! Answers beyond all bounds, or of another kind than JSON over HTTP.
use crate::{exchange, get, get_list, settings};
use flate2::{Compression, write::GzEncoder};
use http_exchange::{Call, Clock, Error, Kind, Policy, Reply, Server};
use std::io::Write;
use test_servers::{FakeClock, ScriptedServer, Step, json, with_headers};

const MIB: usize = 1 << 20;

fn answer(step: Step) -> Result<Reply, Error> {
    let server = ScriptedServer::new([step]);
    let answer = get_list(settings(server.url(), &FakeClock::new()));
    assert_eq!(server.requests().len(), 1, "{answer:?}");
    answer
}

/// The fault's text, after a look at its kind.
fn refusal(step: Step) -> String {
    let error = answer(step).unwrap_err();
    assert_eq!(error.kind(), Kind::Protocol, "{error}");
    error.to_string()
}

fn gzipped(body: &[u8]) -> Step {
    gzipped_as("gzip", body, &[])
}

/// By this name, and with something behind it.
fn gzipped_as(name: &str, body: &[u8], after: &[u8]) -> Step {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(body).unwrap();
    let body = [&gzip.finish().unwrap(), after].concat();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: {name}\r\ncontent-length: {}\r\n\r\n", body.len());
    Step::Send([head.into_bytes(), body].concat())
}

/// A JSON text of that many bytes.
fn text(bytes: usize) -> String {
    format!("\"{}\"", "a".repeat(bytes - 2))
}

#[test]
fn bodies_up_to_8_mib() {
    assert_eq!(answer(json(200, &text(8 * MIB))).unwrap().body.as_str().unwrap().len(), 8 * MIB - 2);
    assert!(refusal(json(200, &text(8 * MIB + 1))).contains("larger than 8 MiB"));
    let endless = Step::Flood(b"HTTP/1.1 200 OK\r\n\r\n".into());
    assert!(refusal(endless).contains("larger than 8 MiB"));
}

#[test]
fn one_object_is_up_to_1_mib() {
    let one = |body: &str| {
        let server = ScriptedServer::new([json(200, body)]);
        get(settings(server.url(), &FakeClock::new()))
    };
    assert!(one(&text(MIB)).is_ok());
    let large = one(&text(MIB + 1)).unwrap_err();
    assert!(large.to_string().contains("larger than 1 MiB"), "{large}");
    let many = |values: usize| format!("[{}0]", "0,".repeat(values - 2));
    assert!(one(&many(10_000)).is_ok());
    let many = one(&many(10_001)).unwrap_err();
    assert_eq!(many.kind(), Kind::Protocol);
    assert!(many.to_string().contains("more than 10000 values"), "{many}");
}

#[test]
fn lists_of_up_to_100_000_values() {
    let many = |values: usize| json(200, &format!("[{}0]", "0,".repeat(values - 2)));
    assert!(answer(many(100_000)).is_ok());
    assert!(refusal(many(100_001)).contains("more than 100000 values"));
}

#[test]
fn gzip_is_read_and_its_bombs_are_not() {
    assert_eq!(answer(gzipped(b"{\"a\": 1}")).unwrap().body["a"], 1);
    for name in ["gzip", "x-gzip", "GZip"] {
        assert_eq!(answer(gzipped_as(name, b"{\"a\": 1}", &[0; 512])).unwrap().body["a"], 1);
    }
    assert!(refusal(gzipped_as("gzip", b"{}", b"junk")).contains("gzip compression is broken"));
    assert!(refusal(gzipped(text(100 * MIB).as_bytes())).contains("larger than 8 MiB"));
    let broken = with_headers(200, &[("content-encoding", "gzip")], "{}");
    assert!(refusal(broken).contains("gzip compression is broken"));
    let foreign = with_headers(200, &[("content-encoding", "br")], "{}");
    assert!(refusal(foreign).contains("compressed in a way that was not requested"));
}

#[test]
fn chunks_are_read_and_must_be_right() {
    let chunked = |chunks: &str| {
        Step::SendAndClose(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}").into())
    };
    assert_eq!(answer(chunked("4\r\n{\"a\"\r\n4;x=y\r\n: 1}\r\n0\r\n\r\n")).unwrap().body["a"], 1);
    assert!(refusal(chunked("nonsense\r\n{}\r\n0\r\n\r\n")).contains("not valid HTTP"));
}

#[test]
fn headers() {
    let many = "x: y\r\n".repeat(200);
    let large = format!("x: {}\r\n", "y".repeat(70_000));
    let folded = "x: y\r\n z\r\n".to_owned();
    for (headers, why) in
        [(many, "too many headers"), (large, "headers are too large"), (folded, "not valid HTTP")]
    {
        let step = Step::SendAndClose(format!("HTTP/1.1 200 OK\r\n{headers}\r\n{{}}").into());
        let refusal = refusal(step);
        assert!(refusal.contains(why), "{refusal}");
    }
}

#[test]
fn json_nested_128_deep() {
    let nested = |depth| json(200, &format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    assert!(answer(nested(127)).is_ok());
    assert!(refusal(nested(128)).contains("recursion limit"));
}

#[test]
fn nothing_at_all_is_an_empty_object() {
    for step in [json(200, ""), json(201, " \r\n"), Step::Send(b"HTTP/1.1 204 No Content\r\n\r\n".into())] {
        assert_eq!(answer(step).unwrap().body, serde_json::json!({}));
    }
}

#[test]
fn what_is_no_json_is_told_in_its_own_words() {
    let page = json(200, "<html><title>Please log in</title>");
    assert!(refusal(page).contains("is not JSON (expected value at line 1 column 1): \"Please log in\""));
    assert!(refusal(json(200, "{} {}")).contains("trailing characters"));
    assert!(refusal(json(200, "\u{0}\u{1}")).contains("is not JSON"));
    assert!(refusal(Step::SendAndClose(b"SSH-2.0-OpenSSH_9.9\r\n".into())).contains("not valid HTTP"));
}

#[test]
fn numbers_of_any_size_stay_as_they_are() {
    let body = r#"{"a":1.5,"b":123456789012345678901234567890,"c":1e300}"#;
    assert_eq!(answer(json(200, body)).unwrap().body.to_string(), body.replace("1e300", "1e+300"));
}

#[test]
fn a_body_is_read_in_the_charset_that_its_header_names_whether_good_or_bad() {
    let in_latin1 = |status: u16, body: &[u8]| {
        let head = format!(
            "HTTP/1.1 {status} Scripted\r\ncontent-type: application/json; charset=iso-8859-1\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Step::Send([head.as_bytes(), body].concat())
    };
    let good = answer(in_latin1(201, b"{\"id\": 7, \"name\": \"Pr\xfcfstand\"}")).unwrap();
    assert_eq!(good.body, serde_json::json!({"id": 7, "name": "Prüfstand"}));
    let bad = answer(in_latin1(422, b"{\"error\": \"Pr\xfcfstand?\"}")).unwrap_err();
    assert_eq!(bad.server_text(), Some("Prüfstand?"));
}

/// Reads a streamed list; returns how many of its elements were given.
fn stream(body: &str, clock: &std::rc::Rc<FakeClock>, mut take: impl FnMut()) -> Result<u64, Error> {
    let server = ScriptedServer::new([json(200, body)]);
    let reply = exchange(&Server::new(settings(server.url(), clock))?, &Call::stream("/x"))?;
    let mut given = 0;
    reply.each(&["list"], &mut |_| {
        take();
        given += 1;
        true
    })?;
    Ok(given)
}

#[test]
fn an_element_of_a_list_of_any_length_is_no_larger_than_one_object() {
    let read = |body: &str| stream(body, &FakeClock::new(), || {});
    let many = |values: usize| format!("[{}0]", "0,".repeat(values - 2));
    assert_eq!(read(&format!("[1,{},{},2]", many(10_000), text(MIB))).unwrap(), 4);
    assert_eq!(read(&format!("{{\"list\": [{}]}}", vec![many(10_000); 50].join(","))).unwrap(), 50);
    let keys = (0..11_000).map(|n| format!("\"k{n}\":0")).collect::<Vec<_>>().join(",");
    for (body, why) in [
        (format!("[1,{}]", many(10_001)), "an entry of its list holds more than 10000 values"),
        (format!("[{{{keys}}}]"), "an entry of its list holds more than 10000 values"),
        (format!("{{\"list\":[{}]}}", text(MIB + 1)), "an entry of its list is larger than 1 MiB"),
        (format!("{{\"meta\":{},\"list\":[]}}", many(10_001)), "what it says about pages holds more than"),
        (format!("{{\"list\":[],\"next\":{}}}", text(MIB + 1)), "what it says about pages is larger than"),
        (format!("[{}{}]", "[".repeat(2000), "]".repeat(2000)), "an entry of its list can't be read"),
        ("[".repeat(1_000_000), "it is not a list of JSON"),
    ] {
        let error = read(&body).unwrap_err();
        assert_eq!(error.kind(), Kind::Protocol, "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn a_list_is_read_as_python_writes_it() {
    assert_eq!(stream(r#"{"list": [{"a": NaN}, "\ud83d"], "x": 1}"#, &FakeClock::new(), || {}).unwrap(), 2);
}

#[test]
fn reading_a_list_ends_with_the_deadline_of_its_call() {
    let clock = FakeClock::new();
    let mut given = 0;
    let error = stream("[1, 2, 3, 4]", &clock, || {
        given += 1;
        clock.sleep(Policy::default().deadline / 2);
    })
    .unwrap_err();
    assert_eq!((given, error.kind()), (2, Kind::Timeout), "{error}");
    assert!(error.to_string().contains("couldn't be read within the deadline of"), "{error}");
}
