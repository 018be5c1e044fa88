//! The running stand-in: a thread for each connection.
use super::{
    answers::error,
    bucket_calls,
    faults::{Effect, Fault},
    http::{Answer, Request},
    object_calls,
    options::Options,
    signature,
    state::{Seen, State},
    store::Bucket,
    upload_calls,
};
use std::{
    io::{self, BufReader},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// A server; it ends when this is dropped.
pub struct S3 {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    state: Mutex<State>,
    /// Whenever a request was answered.
    news: Condvar,
    stopped: AtomicBool,
}

impl S3 {
    /// Starts it on a port of its own.
    pub fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            options,
            state: Mutex::default(),
            news: Condvar::new(),
            stopped: AtomicBool::new(false),
        });
        let for_thread = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if for_thread.stopped.load(Ordering::Relaxed) {
                    break;
                }
                let shared = for_thread.clone();
                // A client that breaks off is no fault of the server.
                thread::spawn(move || shared.serve(&stream).ok());
            }
        });
        Ok(Self { address, shared })
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets this go wrong from now on.
    pub fn fail(&self, fault: Fault) {
        self.shared.state().faults.push(fault);
    }

    /// Lets everything go well again.
    pub fn heal(&self) {
        self.shared.state().faults.clear();
    }

    /// All requests since the last time.
    pub fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.shared.state().seen)
    }

    /// Waits until it is so; this is looked at after each answer.
    ///
    /// # Panics
    /// It is not within a minute.
    pub fn wait_until(&self, is_so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !is_so(self) {
            assert!(start.elapsed() < Duration::from_secs(60), "it never came to that");
            let state = self.shared.state();
            let waited = self.shared.news.wait_timeout(state, Duration::from_millis(100));
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// The bucket of this name.
    pub fn bucket(&self, name: &str) -> Option<Bucket> {
        self.shared.state().buckets.get(name).cloned()
    }

    /// Changes a bucket behind everybody's back.
    pub fn change(&self, name: &str, change: impl FnOnce(&mut Bucket)) {
        change(self.shared.state().buckets.entry(name.to_owned()).or_default());
    }

    /// The numbers of the parts of such uploads that are stored.
    pub fn stored_parts(&self) -> Vec<u32> {
        let state = self.shared.state();
        let uploads = state.buckets.values().flat_map(|bucket| bucket.uploads.values());
        uploads.flat_map(|upload| upload.parts.keys().copied()).collect()
    }

    /// How many uploads nobody has completed or aborted.
    pub fn unfinished(&self) -> usize {
        self.shared.state().buckets.values().map(|bucket| bucket.uploads.len()).sum()
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        let mut reader = BufReader::with_capacity(256 << 10, stream);
        while let Some(request) = Request::read(&mut reader)? {
            let effect = self.note(&request);
            let answer = match effect {
                Some(Effect::Stall) => {
                    // Until the client goes away.
                    let _ = Request::read(&mut reader);
                    return Ok(());
                }
                Some(Effect::Refuse(status, code)) => error(status, code),
                Some(Effect::HiddenError(code)) => error(200, code),
                Some(Effect::WrongClock) => {
                    let date = "Thu, 01 Jan 2026 00:00:00 GMT".to_owned();
                    let refused = error(403, "RequestTimeTooSkewed");
                    Answer { headers: vec![("date", date)], ..refused }
                }
                Some(Effect::LoseAnswer) => {
                    self.answer(&request);
                    return Ok(());
                }
                None => self.answer(&request),
            };
            self.news.notify_all();
            answer.write(&mut &*stream, request.method == "HEAD")?;
        }
        Ok(())
    }

    fn note(&self, request: &Request) -> Option<Effect> {
        let mut state = self.state();
        let pairs: Vec<_> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        state.seen.push(Seen {
            method: request.method.clone(),
            target: format!("{}?{}", request.path, pairs.join("&")),
            headers: request.headers.clone(),
            length: request.body.len(),
        });
        state.faults.iter_mut().find_map(|fault| fault.hits(request))
    }

    fn answer(&self, request: &Request) -> Answer {
        let options = &self.options;
        let keys = (options.access_key.as_str(), options.secret_key.as_str());
        match signature::fault(request, keys, &options.region) {
            Some(code @ "AuthorizationHeaderMalformed") => {
                let refused = error(400, code);
                return Answer { headers: vec![("x-amz-bucket-region", options.region.clone())], ..refused };
            }
            Some(code) => return error(if code.starts_with('X') { 400 } else { 403 }, code),
            None => {}
        }
        let (bucket, key) = request.address();
        let mut state = self.state();
        if options.foreign_buckets.contains(&bucket) && request.method != "PUT" {
            return error(403, "AccessDenied");
        }
        if request.asks("uploads") || request.asks("uploadId") {
            upload_calls::answer(request, &mut state)
        } else if key.is_empty() {
            bucket_calls::answer(request, &mut state, options)
        } else {
            object_calls::answer(request, &mut state)
        }
    }
}
