//! The module's side: finds or starts the guard, and sends it requests.
use crate::{
    Error, Id, Owner,
    error::PATIENCE,
    memory::Memory,
    place::Place,
    wire::{ARGUMENT, READY, Reply, Request},
};
use hardened_host::{Access, open_file};
use serde_json::Value;
use std::{
    cell::RefCell,
    env,
    ffi::OsString,
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::{PathBuf, absolute},
    process::{Command, Stdio},
};

/// The environment variables that a guard needs to reach servers as its modules would.
const ENVIRONMENT: [&str; 12] = [
    "HOME",
    "USER",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
];

/// A module's handle to the guard of its job.
#[derive(Debug)]
pub struct JobGuard {
    place: Place,
    news: RefCell<Vec<String>>,
}

/// A claim to something that is about to be created. If dropped without [`confirm`](Self::confirm), the guard closes it.
#[derive(Debug)]
pub struct Claim(Link);

impl JobGuard {
    /// A handle to the guard of the job with this process. The guard itself is started on demand.
    pub fn of(owner: Owner) -> Result<Self, Error> {
        Ok(JobGuard { place: Place::of(owner)?, news: RefCell::default() })
    }

    /// The guard's log file. It is removed with the guard if all went well.
    pub fn log(&self) -> PathBuf {
        self.place.log()
    }

    /// News for the user, each reported once: that a guard was killed, what earlier jobs left open, and what another
    /// user has put in the guard's usual place. [`delivered`](crate::delivered) must follow.
    pub fn news(&self) -> Vec<String> {
        self.news.take()
    }

    /// Claims something that is about to be created.
    pub fn claim(&self, id: Id, payload: Value) -> Result<Claim, Error> {
        self.found_or_started(&Request::Claim { id, payload }).map(Claim)
    }

    /// Hands over something that exists.
    pub fn take(&self, id: Id, payload: Value) -> Result<(), Error> {
        self.found_or_started(&Request::Take { id, payload }).map(drop)
    }

    /// Updates a duty. Returns false if the guard doesn't hold it.
    pub fn renew(&self, id: Id, payload: Value) -> Result<bool, Error> {
        self.ask_if_there(&Request::Renew { id, payload })
    }

    /// Releases a duty whose object is closed. Returns false if the guard didn't hold it.
    pub fn forget(&self, id: Id) -> Result<bool, Error> {
        self.ask_if_there(&Request::Forget { id })
    }

    /// The state of a duty; `None` if the guard doesn't hold it or there is no guard.
    pub fn ask(&self, id: Id) -> Result<Option<Value>, Error> {
        let Some(mut link) = Link::to(&self.place) else { return Ok(None) };
        match link.ask(&Request::Ask { id })? {
            Reply::Held(health) => Ok(Some(health)),
            _ => Ok(None),
        }
    }

    /// The guards of all jobs of this user, with their jobs' processes.
    pub fn all_jobs(&self) -> Vec<(Owner, JobGuard)> {
        let guard = |place: Place| (place.owner(), JobGuard { place, news: RefCell::default() });
        self.place.neighbours().into_iter().map(guard).collect()
    }

    /// Starts a new guard if the last one was killed.
    pub fn revive(&self) -> Result<(), Error> {
        // In this order: of a job with a thousand duties the memory is long.
        let was_killed = || Link::to(&self.place).is_none() && !Memory::of_job().duties().is_empty();
        if was_killed() { self.found_or_started(&Request::Hello).map(drop) } else { Ok(()) }
    }

    fn ask_if_there(&self, request: &Request) -> Result<bool, Error> {
        // The duties of a killed guard must not come back later in an outdated state.
        self.revive()?;
        let Some(mut link) = Link::to(&self.place) else { return Ok(false) };
        Ok(matches!(link.ask(request)?, Reply::Done))
    }

    /// Returns the guard after it has accepted this request. It can't exit meanwhile: it needs the lock for that.
    fn found_or_started(&self, request: &Request) -> Result<Link, Error> {
        let lock = self.place.lock()?;
        let mut link = match Link::to(&self.place) {
            Some(link) => link,
            None => self.start()?,
        };
        link.ask(request)?;
        drop(lock);
        Ok(link)
    }

    fn start(&self) -> Result<Link, Error> {
        self.place.tidy();
        let mut memory = Memory::of_job();
        let inherited: Vec<String> = memory.duties().iter().map(|(id, _)| id.to_string()).collect();
        let log = open_file(&self.place.log(), Access::Append).map_err(|e| Error::of("its log", &e))?;
        let program = env::current_exe().map_err(|e| Error::of("its program", &e))?;
        #[allow(clippy::disallowed_methods)]
        // it outlives this process, and drops everything it inherited
        let mut child = Command::new(program)
            .args([ARGUMENT, &self.place.owner().to_string()])
            .arg(self.place.folder())
            .env_clear()
            .envs(ENVIRONMENT.iter().filter_map(|name| Some((name, value_for_guard(name)?))))
            .current_dir("/")
            .stdin(memory.into_file().map_or_else(Stdio::null, Stdio::from))
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|e| Error::of("its program", &e))?;
        let mut answer = String::new();
        if let Some(stdout) = child.stdout.take() {
            // The guard's end closes the pipe, so this can't block forever.
            BufReader::new(stdout)
                .read_line(&mut answer)
                .map_err(|e| Error::of("its startup message", &e))?;
        }
        let ready = Some(answer.trim()).filter(|word| *word == READY).and_then(|_| Link::to(&self.place));
        let link = ready.ok_or_else(|| Error::Failed(format!("it did not start: {}", answer.trim())))?;
        self.collect_news(&inherited);
        Ok(link)
    }

    fn collect_news(&self, inherited: &[String]) {
        let mut news = self.news.borrow_mut();
        news.extend(self.place.squatters().map(str::to_owned));
        if !inherited.is_empty() {
            news.push(format!(
                "The guard process that closes what this job opened was killed; a new one has taken over: {}.",
                inherited.join(", ")
            ));
        }
        for (owner, open) in self.place.left_open() {
            news.extend(open.iter().map(|it| {
                format!("An earlier job (process {owner}) left this open: {}. {}", it.what, it.remedy)
            }));
        }
    }
}

impl Claim {
    /// Confirms that it exists: it is a duty from now on. Returns false if it has been forgotten meanwhile.
    pub fn confirm(mut self, payload: Value) -> Result<bool, Error> {
        Ok(matches!(self.0.ask(&Request::Confirm { payload })?, Reply::Done))
    }
}

/// The value of an environment variable; certificate files with an absolute path, since the guard works in `/`.
fn value_for_guard(name: &str) -> Option<OsString> {
    let value = env::var_os(name)?;
    if !name.starts_with("SSL_CERT") {
        return Some(value);
    }
    Some(absolute(&value).map_or(value, PathBuf::into_os_string))
}

/// A connection to the guard.
#[derive(Debug)]
struct Link(BufReader<UnixStream>);

impl Link {
    /// Connects; `None` if there is no guard.
    fn to(place: &Place) -> Option<Self> {
        let stream = UnixStream::connect(place.socket()).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.set_write_timeout(Some(PATIENCE)).ok()?;
        Some(Link(BufReader::new(stream)))
    }

    fn ask(&mut self, request: &Request) -> Result<Reply, Error> {
        let broken = |e: std::io::Error| Error::of("its socket", &e);
        let mut line = serde_json::to_string(request).map_err(|e| broken(e.into()))?;
        line.push('\n');
        self.0.get_mut().write_all(line.as_bytes()).map_err(broken)?;
        let mut answer = String::new();
        self.0.read_line(&mut answer).map_err(broken)?;
        match serde_json::from_str(&answer).map_err(|e| broken(e.into()))? {
            Reply::Failed(why) => Err(Error::Failed(why)),
            Reply::Over => Err(Error::Over),
            reply => Ok(reply),
        }
    }
}
