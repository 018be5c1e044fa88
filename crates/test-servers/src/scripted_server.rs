//! A server on 127.0.0.1 that plays a script: one step a request, whatever the connection. It keeps what it was sent.
use rustix::net::sockopt::set_socket_linger;
use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// What happens with one request.
#[derive(Clone, Debug)]
pub enum Step {
    /// These bytes are the answer; the connection stays open.
    Send(Vec<u8>),
    /// These bytes are the answer; then the connection ends.
    SendAndClose(Vec<u8>),
    /// The request is read, and the connection is reset.
    Reset,
    /// The request is read, and the connection ends without an answer.
    CloseAfter,
    /// The request is read, and nothing ever comes.
    Stall,
    /// These bytes, and then one blank every 10 ms without end.
    Drip(Vec<u8>),
    /// These bytes, and then blanks as fast as they go, without end.
    Flood(Vec<u8>),
}

/// An answer with a JSON body.
pub fn json(status: u16, body: &str) -> Step {
    with_headers(status, &[], body)
}

/// An answer with headers and a body.
pub fn with_headers(status: u16, headers: &[(&str, &str)], body: &str) -> Step {
    let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let (length, headers) = (body.len(), headers.concat());
    Step::Send(
        format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {length}\r\n{headers}\r\n{body}").into(),
    )
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// Counted from 0.
    pub connection: usize,
    /// `GET`, `POST`, …
    pub method: String,
    /// As it stands in the request line.
    pub target: String,
    headers: Vec<(String, String)>,
    /// As text.
    pub body: String,
}

impl Request {
    /// The header's value; the empty text if it isn't there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// What requests are read from and answered on.
pub trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// An address that nothing listens on.
pub fn deserted_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Turns an accepted connection into what speaks HTTP: nothing to do, or a TLS handshake.
pub type Accept = dyn Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync;

/// The server; it ends when this is dropped.
pub struct ScriptedServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// Where the steps come from.
enum Play {
    Script(VecDeque<Step>),
    Answer(Box<dyn FnMut(&Request) -> Step + Send>),
}

struct Shared {
    play: Mutex<Play>,
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    stopped: AtomicBool,
}

impl ScriptedServer {
    /// Plays the steps in their order; requests beyond the last are answered 418.
    pub fn new(script: impl IntoIterator<Item = Step>) -> Self {
        Self::accepting(script, |stream| Some(Box::new(stream)))
    }

    /// As [`ScriptedServer::new`], over what `accept` makes of each connection, such as TLS.
    pub fn accepting(
        script: impl IntoIterator<Item = Step>,
        accept: impl Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync + 'static,
    ) -> Self {
        Self::start(Play::Script(script.into_iter().collect()), Arc::new(accept))
    }

    /// Has each request answered by the function.
    pub fn answering(answer: impl FnMut(&Request) -> Step + Send + 'static) -> Self {
        Self::answering_and_accepting(answer, |stream| Some(Box::new(stream)))
    }

    /// Both.
    pub fn answering_and_accepting(
        answer: impl FnMut(&Request) -> Step + Send + 'static,
        accept: impl Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync + 'static,
    ) -> Self {
        Self::start(Play::Answer(Box::new(answer)), Arc::new(accept))
    }

    fn start(play: Play, accept: Arc<Accept>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            play: Mutex::new(play),
            requests: Mutex::default(),
            connections: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        });
        let for_thread = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if for_thread.stopped.load(Ordering::Relaxed) {
                    break;
                }
                let (shared, accept) = (for_thread.clone(), accept.clone());
                // A connection that breaks is no fault of the script.
                thread::spawn(move || shared.serve(stream, &*accept).ok());
            }
        });
        Self { address, shared }
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that was read so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// How many requests of this method were read.
    pub fn count(&self, method: &str) -> usize {
        self.requests().iter().filter(|request| request.method == method).count()
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // Wakes the accepting thread.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream, accept: &Accept) -> std::io::Result<()> {
        let connection = self.connections.fetch_add(1, Ordering::Relaxed);
        let raw = stream.try_clone()?;
        let Some(stream) = accept(stream) else { return Ok(()) };
        let mut stream = BufReader::new(stream);
        loop {
            let Some(request) = read_request(&mut stream, connection)? else { return Ok(()) };
            let step = self.step(&request);
            self.requests.lock().unwrap().push(request);
            match step {
                Step::Send(bytes) => stream.get_mut().write_all(&bytes)?,
                Step::SendAndClose(bytes) => return stream.get_mut().write_all(&bytes),
                Step::Stall => return stream.read_to_end(&mut Vec::new()).map(drop),
                Step::Drip(bytes) => {
                    stream.get_mut().write_all(&bytes)?;
                    loop {
                        stream.get_mut().write_all(b" ")?;
                        thread::sleep(Duration::from_millis(10));
                    }
                }
                Step::Flood(bytes) => {
                    stream.get_mut().write_all(&bytes)?;
                    loop {
                        stream.get_mut().write_all(&[b' '; 16 << 10])?;
                    }
                }
                // Without lingering, closing a socket resets the connection.
                Step::Reset => return Ok(set_socket_linger(&raw, Some(Duration::ZERO))?),
                Step::CloseAfter => return Ok(()),
            }
        }
    }

    fn step(&self, request: &Request) -> Step {
        match &mut *self.play.lock().unwrap() {
            Play::Script(steps) => steps.pop_front().unwrap_or_else(|| json(418, "the script is over")),
            Play::Answer(answer) => answer(request),
        }
    }
}

fn read_request(stream: &mut impl BufRead, connection: usize) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut request = Request { connection, method, target, headers: Vec::new(), body: String::new() };
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => {
                request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
            None => break,
        }
    }
    let length = request.header("content-length").parse().unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    request.body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(request))
}
