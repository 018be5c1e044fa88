//! The guard's event loop: accepts requests, does what is due, and closes what is open when the job ends.
use crate::{
    Ending, Id, Kinds, Owner,
    held::Duties,
    memory::Memory,
    place::Place,
    wire::{Reply, Request},
};
use jiff::Timestamp;
use serde_json::Value;
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    io::{Write, stderr},
    os::unix::net::UnixListener,
    rc::Rc,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
    sync::{Notify, mpsc, oneshot},
    task::spawn_local,
    time::{Instant, sleep, sleep_until},
};

/// How often the guard checks whether it is still needed.
const SOON: Duration = Duration::from_secs(1);
/// How long the guard stays without duties, ready for the next one.
const IDLE: Duration = Duration::from_secs(2);

pub(crate) struct Guard {
    pub(crate) place: Place,
    kinds: Kinds,
    pub(crate) duties: Duties,
    pub(crate) memory: RefCell<Memory>,
    /// The last known step, by host.
    pub(crate) steps: RefCell<HashMap<String, String>>,
    /// How long the job will wait for the guard when it ends, in seconds.
    pub(crate) wait: Cell<Option<f64>>,
    /// Set when the job itself says that it is over.
    pub(crate) over: Cell<Option<Ending>>,
    /// Whether it closes what is left, and takes nothing more.
    is_closing: Cell<bool>,
    pub(crate) is_over: Notify,
    pub(crate) listeners: RefCell<Vec<mpsc::UnboundedSender<String>>>,
    /// Whether the note lacks the last changes.
    pub(crate) note_is_stale: Cell<bool>,
}

/// What a connection has claimed and not yet confirmed.
struct Claimed {
    id: Id,
    /// Neither held before nor claimed by another connection.
    is_new: bool,
}

impl Guard {
    pub(crate) fn new(place: Place, kinds: Kinds, memory: Memory) -> Rc<Self> {
        Rc::new(Guard {
            place,
            kinds,
            memory: memory.into(),
            duties: Duties::default(),
            steps: RefCell::default(),
            wait: Cell::default(),
            over: Cell::default(),
            is_closing: Cell::default(),
            is_over: Notify::default(),
            listeners: RefCell::default(),
            note_is_stale: Cell::default(),
        })
    }

    /// Takes over the duties of a guard that was killed.
    pub(crate) fn inherit(self: &Rc<Self>) {
        let left = self.memory.borrow_mut().duties();
        self.memory.borrow_mut().begin(&self.place.socket());
        for (id, payload) in left {
            if let Err(why) = self.add(id.clone(), payload) {
                log(&format!("{id}: not taken over: {why}"));
            } else {
                self.begin(&id);
            }
        }
    }

    /// Serves until the job has ended, or the guard has been idle for a while.
    pub(crate) async fn run(self: Rc<Self>, listener: UnixListener) -> std::io::Result<()> {
        let listener = tokio::net::UnixListener::from_std(listener)?;
        log(&format!("guarding the job of process {}", self.place.owner()));
        let guard = self.clone();
        let accepting = spawn_local(async move {
            loop {
                // An error here concerns one connection, or is transient.
                match listener.accept().await {
                    Ok((stream, _)) => drop(spawn_local(guard.clone().attend(stream))),
                    Err(_) => sleep(SOON).await,
                }
            }
        });
        tokio::select! {
            () = owner_ended(self.place.owner()) => {}
            () = self.is_over.notified() => {}
            () = self.idle() => return Ok(()),
        }
        let ending = self.over.get().unwrap_or(Ending::Killed);
        log(match ending {
            Ending::Killed => "the job's process was killed",
            Ending::Interrupted => "the job was interrupted",
            Ending::Failed => "the job has failed",
            Ending::Ended | Ending::Abandoned => "the job has ended",
        });
        // Modules that hand something over meanwhile are refused.
        self.is_closing.set(true);
        self.close_all(ending).await;
        let _ = std::fs::remove_file(self.place.socket());
        accepting.abort();
        Ok(())
    }

    /// Returns once the guard has been idle for a while; from then on no module can find it. Meanwhile it keeps the note up to date.
    async fn idle(&self) {
        let mut since = Instant::now();
        loop {
            sleep(SOON).await;
            self.renew_note();
            if !self.duties.all().is_empty() {
                since = Instant::now();
            } else if since.elapsed() >= IDLE
                // A module that is connecting holds the lock until it has its answer.
                && let Some(_lock) = self.place.try_lock()
                && self.duties.all().is_empty()
            {
                log("idle: exiting");
                self.memory.borrow_mut().clear();
                self.place.clear();
                return;
            }
        }
    }

    /// Serves one connection.
    async fn attend(self: Rc<Self>, stream: UnixStream) {
        // Nobody else can enter the folder except root, which has no business here.
        let me = rustix::process::geteuid().as_raw();
        if !stream.peer_cred().is_ok_and(|peer| peer.uid() == me) {
            return;
        }
        let mut claimed = None;
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        while let Ok(1..) = stream.read_line(&mut line).await {
            let reply = match serde_json::from_str(&line) {
                Ok(Request::Over { ending }) => return self.report_end(ending, stream.into_inner()).await,
                Ok(request) => self.answer(request, &mut claimed),
                Err(e) => Reply::Failed(e.to_string()),
            };
            line.clear();
            if !send(stream.get_mut(), &reply).await {
                break;
            }
        }
        if let Some(Claimed { id, is_new: true }) = claimed {
            self.abandon(id).await;
        }
    }

    fn answer(self: &Rc<Self>, request: Request, claimed: &mut Option<Claimed>) -> Reply {
        let done = |outcome: Result<(), String>| outcome.map_or_else(Reply::Failed, |()| Reply::Done);
        match request {
            Request::Claim { .. } | Request::Take { .. } if self.is_closing.get() => Reply::Over,
            Request::Hello | Request::Over { .. } => Reply::Done,
            Request::Claim { id, payload } => done(self.add(id.clone(), payload).map(|is_new| {
                *claimed = Some(Claimed { id, is_new });
            })),
            Request::Confirm { payload } => {
                // It may be finished by now.
                let Some((id, duty)) =
                    claimed.take().and_then(|it| Some((it.id.clone(), self.duties.find(&it.id)?)))
                else {
                    return Reply::NotHeld;
                };
                done(duty.confirm(payload).map(|()| self.begin(&id)))
            }
            Request::Take { id, payload } => done(self.add(id.clone(), payload).map(|_| self.begin(&id))),
            Request::Renew { id, payload } if self.duties.find(&id).is_some() => {
                done(self.add(id.clone(), payload).map(|_| self.begin(&id)))
            }
            Request::Renew { .. } => Reply::NotHeld,
            Request::Forget { id } => self.forget([id]),
            Request::ForgetAll { kind, prefix } => {
                let fits = |id: &&Id| id.kind == kind && id.name.starts_with(&prefix);
                let ids: Vec<_> = self.duties.all().keys().filter(fits).cloned().collect();
                self.forget(ids)
            }
            Request::Ask { id } => {
                self.duties.find(&id).map_or(Reply::NotHeld, |duty| Reply::Held(duty.health()))
            }
            Request::Note { host, step, wait } => {
                self.steps.borrow_mut().insert(host, shown_text::one_line(&step));
                self.wait.set(wait.or(self.wait.get()));
                Reply::Done
            }
        }
    }

    fn forget(&self, ids: impl IntoIterator<Item = Id>) -> Reply {
        let mut reply = Reply::NotHeld;
        for id in ids {
            if self.duties.take(&id).is_some() {
                log(&format!("{id}: released"));
                self.note(&id, None);
                reply = Reply::Done;
            }
        }
        reply
    }

    /// Adds a duty, without starting its work if it is new. Returns true if it is new.
    fn add(&self, id: Id, payload: Value) -> Result<bool, String> {
        if let Some(duty) = self.duties.find(&id) {
            duty.renew(payload.clone())?;
            if let Some(held) = self.duties.all().get_mut(&id) {
                held.payload = payload;
                held.wake.notify_one();
            }
            return Ok(false);
        }
        let kind = self.kinds.get(id.kind.as_str()).ok_or("unknown kind of duty")?;
        let duty = kind(payload.clone(), self.place.owner())?;
        self.duties.insert(id, duty, payload);
        Ok(true)
    }

    /// Starts the work on a duty, unless it is already running.
    fn begin(self: &Rc<Self>, id: &Id) {
        let mut duties = self.duties.all();
        let Some(held) = duties.get_mut(id) else { return };
        let payload = held.payload.clone();
        if held.task.is_none() {
            log(&format!("{id}: guarded"));
            held.task = Some(spawn_local(self.clone().work(id.clone())).abort_handle());
        }
        drop(duties);
        self.note(id, Some(&payload));
    }

    /// Does what is due for one duty until it is finished.
    async fn work(self: Rc<Self>, id: Id) {
        loop {
            let found = self.duties.all().get(&id).map(|held| (held.duty.clone(), held.wake.clone()));
            let Some((duty, wake)) = found else { return };
            let due = duty.due();
            let pause = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = wake.notified() => continue,
                () = pause => {}
            }
            if !duty.attend().await {
                self.duties.all().remove(&id);
                self.note(&id, None);
                return;
            }
        }
    }
}

pub(crate) async fn send(stream: &mut UnixStream, reply: &Reply) -> bool {
    let Ok(mut text) = serde_json::to_vec(reply) else { return false };
    text.push(b'\n');
    stream.write_all(&text).await.is_ok()
}

/// Waits in a thread of its own, which ends with the process.
async fn owner_ended(owner: Owner) {
    let (tell, told) = oneshot::channel();
    let wait = move || {
        owner.wait_for_end();
        let _ = tell.send(());
    };
    match std::thread::Builder::new().spawn(wait) {
        // An error would mean that the thread has died.
        Ok(_) => drop(told.await),
        Err(e) => log(&format!("cannot start a thread ({e}): polling the job's process instead")),
    }
    while owner.is_alive() {
        sleep(SOON).await;
    }
}

/// Writes a line to the log file, which is the guard's stderr. A full disk must not stop the guard.
pub fn log(text: &str) {
    let _ = writeln!(stderr(), "{:.0} {}", Timestamp::now(), shown_text::one_line(text));
}
