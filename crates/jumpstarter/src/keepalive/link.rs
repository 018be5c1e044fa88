//! The module's side: finding the keeper or starting it, and what a module asks of it.
use super::{
    place::Place,
    process::{ARGUMENT, READY},
    wire::{Health, LeaseId, Reply, Request, Term},
};
use crate::{
    Client, Error, Lease, Owner,
    job::{self, JobState},
};
use hardened_host::{Access, SystemFault, open_file};
use std::{
    io::{BufRead, BufReader, ErrorKind, Write},
    os::unix::net::UnixStream,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

/// The keeper has little to do; one that is silent for so long is not well.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where nothing better is known.
const TURN_OFF: &str = "Correct the cause, or turn it off with `keepalive: false`";

/// The keeper of one job, as its modules see it.
#[derive(Debug, Clone)]
pub(crate) struct Keepalive {
    place: Place,
    owner: Owner,
}

/// A lease that is being asked for. Dropped without [`confirm`](Self::confirm), it is given back.
#[derive(Debug)]
pub(crate) struct Claim(Link);

impl Keepalive {
    /// For the leases of this job.
    pub(crate) fn of(owner: Owner) -> Result<Self, Error> {
        Ok(Keepalive { place: Place::of(owner)?, owner })
    }

    /// What somebody else has put where the keeper would be.
    pub(crate) fn squatter(&self) -> Option<&str> {
        self.place.squatter()
    }

    /// Where the keeper writes what it does.
    pub(crate) fn log(&self) -> PathBuf {
        self.place.log()
    }

    /// Says that a lease of this name is about to be asked for. Starts the keeper if this job has none.
    pub(crate) async fn claim(&self, client: &Client, name: &str, term: Term) -> Result<Claim, Error> {
        let request = Request::Claim { lease: id(client, name).await, source: client.source().clone(), term };
        let lock = self.place.lock()?;
        lock.lock().map_err(|e| failed("its lock", &e))?;
        let mut link = match Link::to(&self.place) {
            Some(link) => link,
            None => self.start()?,
        };
        link.ask(&request)?;
        Ok(Claim(link))
    }

    /// How the keeper gets on with a lease; none if it does not keep it.
    pub(crate) async fn health(&self, client: &Client, name: &str) -> Result<Option<Health>, Error> {
        let Some(mut link) = Link::to(&self.place) else { return Ok(None) };
        match link.ask(&Request::Ask { lease: id(client, name).await })? {
            Reply::Kept(health) => Ok(Some(health)),
            _ => Ok(None),
        }
    }

    /// From here on the lease is left alone.
    pub(crate) async fn forget(&self, client: &Client, name: &str) -> Result<(), Error> {
        match Link::to(&self.place) {
            Some(mut link) => link.ask(&Request::Forget { lease: id(client, name).await }).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Whether a job of this user on this machine has taken the lease over from one that is over: another job than `but`.
    async fn is_taken_over(client: &Client, name: &str, but: Option<Owner>) -> Result<bool, Error> {
        let request = Request::Ask { lease: id(client, name).await };
        let keeps = |place: &Place| {
            Link::to(place).is_some_and(|mut link| matches!(link.ask(&request), Ok(Reply::Kept(_))))
        };
        let neighbours = Place::of(Owner::of_parent()?)?.neighbours();
        Ok(neighbours.iter().filter(|place| Some(place.owner()) != but).any(keeps))
    }

    fn start(&self) -> Result<Link, Error> {
        self.place.tidy();
        let log = open_file(&self.place.log(), Access::Append).map_err(|e| failed("its log", &e))?;
        let program = std::env::current_exe().map_err(|e| failed("its program", &e))?;
        #[allow(clippy::disallowed_methods)]
        // it outlives this process, and cuts itself loose from all that it got
        let mut child = Command::new(program)
            .args([ARGUMENT, &self.owner.to_string()])
            .arg(self.place.directory())
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|e| failed("its program", &e))?;
        let mut answer = String::new();
        if let Some(stdout) = child.stdout.take() {
            // It ends with the keeper, so there is an end to this in any case.
            BufReader::new(stdout).read_line(&mut answer).map_err(|e| failed("its first words", &e))?;
        }
        let ready = Some(answer.trim()).filter(|word| *word == READY).and_then(|_| Link::to(&self.place));
        ready.ok_or_else(|| keepalive(format!("it did not start: {}", answer.trim())))
    }
}

impl Client {
    /// Whether the job of a lease still runs, or else one that took the lease over, as far as can be told from here.
    pub async fn job_of(&self, lease: &Lease) -> JobState {
        self.with_heirs(job::state(&lease.tags), lease, None).await
    }

    /// What has become of a lease's job if that is in this state: tags don't change when another job, but `but`, takes over.
    pub(crate) async fn with_heirs(&self, state: JobState, lease: &Lease, but: Option<Owner>) -> JobState {
        if state != JobState::Over {
            return state;
        }
        match Keepalive::is_taken_over(self, &lease.name, but).await {
            Ok(true) => JobState::Running,
            Ok(false) => JobState::Over,
            Err(_) => JobState::Unknown,
        }
    }
}

impl Claim {
    /// The lease is there, and is kept from now on.
    pub(crate) fn confirm(mut self, lease: &Lease) -> Result<(), Error> {
        match self.0.ask(&Request::Confirm { age: lease.age(), holds_for: lease.holds_for() })? {
            Reply::Done => Ok(()),
            _ => Err(keepalive("the lease ended at the same moment".into())),
        }
    }
}

/// A connection to the keeper.
#[derive(Debug)]
struct Link(BufReader<UnixStream>);

impl Link {
    /// None if there is no keeper.
    fn to(place: &Place) -> Option<Self> {
        let stream = UnixStream::connect(place.socket()).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.set_write_timeout(Some(PATIENCE)).ok()?;
        Some(Link(BufReader::new(stream)))
    }

    fn ask(&mut self, request: &Request) -> Result<Reply, Error> {
        let broken = |e: std::io::Error| failed("its socket", &e);
        let mut line = serde_json::to_string(request).map_err(|e| broken(e.into()))?;
        line.push('\n');
        self.0.get_mut().write_all(line.as_bytes()).map_err(broken)?;
        let mut answer = String::new();
        self.0.read_line(&mut answer).map_err(broken)?;
        match serde_json::from_str(&answer).map_err(|e| broken(e.into()))? {
            Reply::Failed(why) => Err(keepalive(why)),
            reply => Ok(reply),
        }
    }
}

async fn id(client: &Client, name: &str) -> LeaseId {
    let config = client.config().await;
    LeaseId { endpoint: config.endpoint, namespace: config.namespace, name: name.into() }
}

fn failed(what: &str, error: &std::io::Error) -> Error {
    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) {
        let why = format!("it did not answer within {} s", PATIENCE.as_secs());
        let remedy =
            "Look whether somebody has stopped it, or the machine is overloaded, and run the task again";
        return Error::Keepalive { why, remedy };
    }
    let fault = SystemFault::of(error);
    Error::Keepalive { why: format!("{what}: {}", fault.cause()), remedy: fault.remedy_or(TURN_OFF) }
}

fn keepalive(why: String) -> Error {
    Error::Keepalive { why, remedy: TURN_OFF }
}
