//! An S3 that keeps nothing of what it is sent: for an upload of any size.
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// The size and checksum of the one object that was uploaded.
pub(crate) type Uploaded = Arc<Mutex<Option<(u64, String)>>>;

/// Starts one for the rest of this process, and returns its URL and what it has been sent.
pub(crate) fn start(size: u64) -> (String, Uploaded) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let uploaded = Uploaded::default();
    let told = uploaded.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let uploaded = uploaded.clone();
            thread::spawn(move || while serve(stream.as_ref().unwrap(), size, &uploaded).is_some() {});
        }
    });
    (url, told)
}

/// One request and its answer. None: it was the last.
fn serve(stream: &TcpStream, size: u64, uploaded: &Uploaded) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line: &String| !line.is_empty()) {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        lines.push(line.trim_end().to_owned());
    }
    let header = |name: &str| {
        let value = |line: &String| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then(|| value.to_owned())
        };
        lines.iter().find_map(value).unwrap_or_default()
    };
    let length = header("content-length").parse().unwrap_or_default();
    std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink()).ok()?;
    let mut words = lines[0].split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let mut kept = uploaded.lock().unwrap();
    let (status, more, body) = match (method, target.split_once('?').map_or("", |(_, query)| query)) {
        ("POST", query) if query.starts_with("uploads") => {
            *kept = Some((0, header("x-amz-meta-sha256")));
            (
                200,
                String::new(),
                "<InitiateMultipartUploadResult><UploadId>it</UploadId></InitiateMultipartUploadResult>",
            )
        }
        ("POST", _) => {
            kept.as_mut()?.0 = size;
            (
                200,
                String::new(),
                "<CompleteMultipartUploadResult><ETag>\"it-1\"</ETag></CompleteMultipartUploadResult>",
            )
        }
        ("PUT", _) => (200, "etag: \"it\"\r\n".into(), ""),
        ("GET", query) if query.contains("uploads") => (
            200,
            String::new(),
            "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>",
        ),
        // The bucket.
        ("HEAD", _) if target.trim_matches('/').split('/').count() == 1 => (200, String::new(), ""),
        ("HEAD", _) => match &*kept {
            Some((size, sha256)) if *size > 0 => (
                200,
                format!("etag: \"it-1\"\r\nx-amz-meta-sha256: {sha256}\r\ncontent-length: {size}\r\n"),
                "",
            ),
            _ => (404, "content-length: 0\r\n".into(), ""),
        },
        _ => (200, String::new(), "<It/>"),
    };
    let length = if method == "HEAD" { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let mut stream = stream;
    stream.write_all(format!("HTTP/1.1 {status} it\r\n{more}{length}\r\n{body}").as_bytes()).ok()
}
