//! The keeper at work: it takes requests, extends leases, and gives them back when its owner ends.
use super::{
    kept::{Kept, SOON},
    place::Place,
    wire::{LeaseId, Reply, Request, Term},
};
use crate::{Client, ConfigSource, Error, Lease, Owner, job};
use jiff::Timestamp;
use std::{
    cell::{RefCell, RefMut},
    collections::HashMap,
    io::{Write, stderr},
    os::unix::net::UnixListener,
    rc::Rc,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
    sync::oneshot,
    task::{JoinSet, spawn_local},
    time::{Instant, sleep, timeout},
};

/// The leases must be given back within this time after the owner's end.
const FAREWELL: Duration = Duration::from_secs(4);
/// A request that was on its way when its module died may reach the controller so long after.
const STRAGGLERS: Duration = Duration::from_secs(3);
/// Without leases the keeper stays so long, for the next one.
const IDLE: Duration = Duration::from_secs(2);

pub(super) struct Keeper {
    place: Place,
    /// One connection for each configuration.
    clients: RefCell<HashMap<ConfigSource, Rc<Client>>>,
    leases: RefCell<HashMap<LeaseId, Kept>>,
}

/// The lease that a connection has claimed, until it confirms it.
struct Claimed {
    lease: LeaseId,
    /// Not kept before, nor claimed by another connection.
    is_new: bool,
}

impl Keeper {
    pub(super) fn new(place: Place) -> Rc<Self> {
        Rc::new(Keeper { place, clients: RefCell::default(), leases: RefCell::default() })
    }

    /// Serves until the owner has ended, or there has been nothing to keep for a while.
    pub(super) async fn run(self: Rc<Self>, listener: UnixListener) -> std::io::Result<()> {
        let listener = tokio::net::UnixListener::from_std(listener)?;
        log(&format!("keeping the leases of process {}", self.place.owner()));
        let accepting = {
            let keeper = self.clone();
            async move {
                loop {
                    // An error here is of one connection, or passes.
                    match listener.accept().await {
                        Ok((stream, _)) => drop(spawn_local(keeper.clone().attend(stream))),
                        Err(_) => sleep(SOON).await,
                    }
                }
            }
        };
        let accepting = spawn_local(accepting);
        tokio::select! {
            () = owner_ended(self.place.owner()) => {
                log("the owner has ended");
                // First of all nothing new may come.
                let _ = std::fs::remove_file(self.place.socket());
                accepting.abort();
                self.give_all_back().await;
            }
            () = self.idle() => log("nothing is left to keep"),
        }
        Ok(())
    }

    /// Ends when there has been nothing to keep for a while; from then on nobody can find this keeper.
    async fn idle(&self) {
        let mut since = Instant::now();
        loop {
            sleep(SOON).await;
            if !self.leases().is_empty() {
                since = Instant::now();
            } else if since.elapsed() >= IDLE
                // Whoever looks for the keeper holds the lock until it has made its claim.
                && let Ok(lock) = self.place.lock()
                && lock.try_lock().is_ok()
                && self.leases().is_empty()
            {
                let _ = std::fs::remove_file(self.place.socket());
                return;
            }
        }
    }

    /// One module's connection.
    async fn attend(self: Rc<Self>, stream: UnixStream) {
        let mut claimed = None;
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        while let Ok(1..) = stream.read_line(&mut line).await {
            let reply = match serde_json::from_str(&line) {
                Ok(request) => self.answer(request, &mut claimed),
                Err(e) => Reply::Failed(e.to_string()),
            };
            line.clear();
            let Ok(mut text) = serde_json::to_vec(&reply) else { break };
            text.push(b'\n');
            if stream.write_all(&text).await.is_err() {
                break;
            }
        }
        if let Some(Claimed { lease, is_new: true }) = claimed {
            log(&format!("lease {}: whoever asked for it is gone", lease.name));
            if let Some((client, term)) = self.only_claimed(&lease) {
                self.give_back_claimed(&client, &lease, term.term).await;
                // Not before: if the owner ends meanwhile, this lease must be among those to give back.
                self.leases().remove(&lease);
            }
        }
    }

    fn answer(self: &Rc<Self>, request: Request, claimed: &mut Option<Claimed>) -> Reply {
        match request {
            Request::Claim { lease, source, term } => {
                if let Some(kept) = self.leases().get_mut(&lease) {
                    kept.term = term;
                    *claimed = Some(Claimed { lease, is_new: false });
                    return Reply::Done;
                }
                match self.client(source) {
                    Ok(client) => {
                        self.leases().insert(lease.clone(), Kept::claimed(client, term));
                        *claimed = Some(Claimed { lease, is_new: true });
                        Reply::Done
                    }
                    Err(e) => Reply::Failed(e.to_string()),
                }
            }
            Request::Confirm { age, holds_for } => {
                let Some(Claimed { lease, .. }) = claimed.take() else { return Reply::NotKept };
                let mut leases = self.leases();
                // It may have ended meanwhile.
                let Some(kept) = leases.get_mut(&lease) else { return Reply::NotKept };
                kept.confirm(age, holds_for);
                if kept.task.is_none() {
                    log(&format!("lease {}: keeping it", lease.name));
                    kept.task = Some(spawn_local(self.clone().keep(lease)).abort_handle());
                }
                Reply::Done
            }
            Request::Forget { lease } => match self.take(&lease) {
                Some(_) => {
                    log(&format!("lease {}: no longer to be kept", lease.name));
                    Reply::Done
                }
                None => Reply::NotKept,
            },
            Request::Ask { lease } => {
                self.leases().get(&lease).map_or(Reply::NotKept, |kept| Reply::Kept(kept.health()))
            }
        }
    }

    /// Extends one lease until it is over.
    async fn keep(self: Rc<Self>, lease: LeaseId) {
        let mut failures = 0;
        let first = self.leases().get(&lease).map(|kept| kept.term.first_pause(&kept.health()));
        let Some(mut pause) = first else { return };
        loop {
            sleep(pause).await;
            // It may have been renewed meanwhile.
            let Some((client, term)) = self.kept(&lease) else { return };
            let longest = term.interval();
            let extending = timeout(longest, client.extend(&lease.name, term.term, term.limit));
            let outcome = match extending.await {
                Ok(Ok(extended)) => Ok(extended),
                Ok(Err(e)) if is_final(&e) => {
                    log(&format!("lease {}: {e}", lease.name));
                    self.leases().remove(&lease);
                    return;
                }
                Ok(Err(e)) => Err(e.to_string()),
                Err(_) => {
                    client.disconnect().await;
                    Err(format!("no answer within {} s", longest.as_secs_f64()))
                }
            };
            failures = if outcome.is_err() { failures + 1 } else { 0 };
            self.note(&lease, outcome);
            pause = term.pause_after(failures);
        }
    }

    fn kept(&self, lease: &LeaseId) -> Option<(Rc<Client>, Term)> {
        self.leases().get(lease).map(|kept| (kept.client.clone(), kept.term))
    }

    /// The same, for one that nobody has confirmed.
    fn only_claimed(&self, lease: &LeaseId) -> Option<(Rc<Client>, Term)> {
        let leases = self.leases();
        let kept = leases.get(lease).filter(|kept| kept.task.is_none())?;
        Some((kept.client.clone(), kept.term))
    }

    /// Writes down how an attempt went; into the log only what is new.
    fn note(&self, lease: &LeaseId, outcome: Result<Lease, String>) {
        if let Some(kept) = self.leases().get_mut(lease) {
            match &outcome {
                Err(why) if kept.trouble.is_none() => {
                    log(&format!("lease {}: not extended: {why}", lease.name));
                }
                Ok(_) if kept.trouble.is_some() => log(&format!("lease {}: extended again", lease.name)),
                _ => {}
            }
            match outcome {
                Ok(extended) => kept.confirm(extended.age(), extended.holds_for()),
                Err(why) => kept.trouble = Some(why),
            }
        }
    }

    async fn give_all_back(self: &Rc<Self>) {
        let all: Vec<_> = self.leases().drain().collect();
        let mut tasks = JoinSet::new();
        for (lease, kept) in all {
            let keeper = self.clone();
            match kept.task {
                Some(task) => {
                    task.abort();
                    tasks.spawn_local(async move { give_back(&kept.client, &lease, FAREWELL).await })
                }
                None => tasks.spawn_local(async move {
                    keeper.give_back_claimed(&kept.client, &lease, FAREWELL).await;
                }),
            };
        }
        let all_back = async { while tasks.join_next().await.is_some() {} };
        if timeout(FAREWELL, all_back).await.is_err() {
            log("some leases could not be given back; they end with their term");
        }
    }

    /// For a lease that may or may not have been made, and whose name somebody else may have taken.
    async fn give_back_claimed(&self, client: &Client, lease: &LeaseId, patience: Duration) {
        let mut found = client.get_patiently(&lease.name, patience).await;
        if matches!(found, Err(Error::NotFound { .. })) {
            sleep(STRAGGLERS).await;
            found = client.get_patiently(&lease.name, patience).await;
        }
        match found {
            Ok(found) if job::is_of_another(&found.tags, self.place.owner()) => {
                log(&format!("lease {}: it is another job's", lease.name));
            }
            Ok(_) => give_back(client, lease, patience).await,
            Err(e) => log(&format!("lease {}: {e}", lease.name)),
        }
    }

    /// The lease is no longer this keeper's business.
    fn take(&self, lease: &LeaseId) -> Option<Kept> {
        let kept = self.leases().remove(lease)?;
        if let Some(task) = &kept.task {
            task.abort();
        }
        Some(kept)
    }

    fn client(&self, source: ConfigSource) -> Result<Rc<Client>, Error> {
        let mut clients = self.clients.borrow_mut();
        if let Some(client) = clients.get(&source) {
            return Ok(client.clone());
        }
        let client = Rc::new(Client::new(source.clone())?);
        clients.insert(source, client.clone());
        Ok(client)
    }

    /// Never to be held over an `await`.
    fn leases(&self) -> RefMut<'_, HashMap<LeaseId, Kept>> {
        self.leases.borrow_mut()
    }
}

/// In a thread of its own, which the end of the process ends.
async fn owner_ended(owner: Owner) {
    let (tell, told) = oneshot::channel();
    let wait = move || {
        owner.wait_for_end();
        let _ = tell.send(());
    };
    match std::thread::Builder::new().spawn(wait) {
        // An error would mean that the thread is gone.
        Ok(_) => drop(told.await),
        Err(e) => log(&format!("no thread can be started ({e}): the owner is looked at now and then")),
    }
    while owner.is_alive() {
        sleep(SOON).await;
    }
}

async fn give_back(client: &Client, lease: &LeaseId, patience: Duration) {
    let name = &lease.name;
    match client.delete_patiently(name, patience).await {
        Ok(true) => log(&format!("lease {name}: given back")),
        Ok(false) => log(&format!("lease {name}: was gone already")),
        Err(e) => log(&format!("lease {name}: not given back: {e}")),
    }
}

/// Whether no later attempt can go better.
fn is_final(error: &Error) -> bool {
    matches!(error, Error::Ended { .. } | Error::NotFound { .. } | Error::NotOwner { .. })
}

/// stderr is the log file. A full disk must not end the keeping.
fn log(text: &str) {
    let _ = writeln!(stderr(), "{:.0} {}", Timestamp::now(), shown_text::one_line(text));
}
