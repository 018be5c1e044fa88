//! Keeps a second job from a campaign that one works on. The job's guard holds a lock beside the resume file until the job has ended and
//! everything is closed. The lock ends with the guard's process, so nothing that was killed stands in the way of the next job.
use super::campaign_place::refused;
use crate::duties::job_guard;
use ansible_module::{ErrorKind, Failure, Task};
use hardened_host::{Access, OpenFolder, read_kernel_file};
use job_guard::{Closing, Duty, Error, Id, JobState, Open, Owner, Work, boot_id};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    ffi::OsString,
    fs::{File, TryLockError},
    future::ready,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    rc::Rc,
    thread::sleep,
    time::{Duration, Instant},
};

/// The guard's name for this kind of duty.
pub(crate) const CAMPAIGN: &str = "campaign";

/// What the guard answers if another job has the lock.
const TAKEN: &str = "another job is working on this campaign";
/// How long to wait for the guard of a job that has ended to close what that left open.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A lock that was just taken may not say yet by whom.
const UNTIL_NAMED: Duration = Duration::from_secs(2);

/// The job that has a lock, as its file says.
#[derive(Serialize, Deserialize, PartialEq)]
struct Holder {
    boot: String,
    machine: String,
    process: String,
}

impl Holder {
    fn of(owner: Owner) -> Self {
        let machine = read_kernel_file("/proc/sys/kernel/hostname").unwrap_or_default();
        Holder { boot: boot_id(), machine: machine.trim().into(), process: owner.to_string() }
    }

    fn read(mut file: &File) -> Option<Self> {
        let mut text = String::new();
        file.read_to_string(&mut text).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Unknown on another machine.
    fn state(&self) -> JobState {
        let owner = self.process.parse().ok().filter(|_| self.boot == boot_id());
        owner.map_or(JobState::Unknown, Owner::state)
    }

    fn words(&self) -> String {
        let pid = self.process.split('-').next().unwrap_or_default();
        format!("process {pid} on {}", self.machine)
    }
}

/// Has the guard of this job lock the campaign of this file. A failure if another job works on it.
pub(super) fn lock(resume_file: &Path, task: &Task) -> Result<(), Failure> {
    if task.check_mode() {
        return Ok(());
    }
    let guard = match job_guard() {
        Ok(Some(guard)) => guard,
        Ok(None) => return Ok(()),
        Err(why) => {
            task.warn(unlocked(&why));
            return Ok(());
        }
    };
    let (folder, name) = place_of_lock(resume_file).map_err(|e| refused(resume_file, &e))?;
    let path = folder.real().join(&name);
    let began = Instant::now();
    loop {
        // What is in its place is reported by its path. The guard opens it again.
        folder.open_own(&name, Access::Append).map_err(|e| refused(&path, &e))?;
        let id = Id { kind: CAMPAIGN.into(), name: path.display().to_string() };
        let taken = guard.take(id, json!(path));
        guard.news().iter().for_each(|news| task.warn(news));
        match taken {
            Ok(()) => return Ok(()),
            Err(Error::Failed(why)) if why == TAKEN => {}
            Err(why) => {
                task.warn(unlocked(&why.to_string()));
                return Ok(());
            }
        }
        let holder = folder.open_own(&name, Access::Read).ok().and_then(|file| Holder::read(&file));
        let is_closing = holder.as_ref().is_some_and(|holder| holder.state() == JobState::Over);
        let patience = match &holder {
            None => UNTIL_NAMED,
            Some(_) if is_closing => PATIENCE,
            Some(_) => Duration::ZERO,
        };
        if began.elapsed() >= patience {
            return Err(refusal(resume_file, holder.as_ref(), is_closing));
        }
        sleep(LOOK_EVERY);
    }
}

fn refusal(resume_file: &Path, holder: Option<&Holder>, is_closing: bool) -> Failure {
    let (file, who) = (resume_file.display(), holder.map_or("another job".into(), Holder::words));
    let msg = if is_closing {
        format!(
            "{file}: an earlier job of this campaign has ended ({who}), and its guard is still closing what that job left open. Resume the campaign in a few minutes."
        )
    } else {
        format!(
            "{file}: another job is working on this campaign ({who}), and two jobs would update vehicles twice. Wait until it has ended, or stop it; then resume the campaign."
        )
    };
    Failure::new(ErrorKind::Conflict, msg).unchanged()
}

fn unlocked(why: &str) -> String {
    format!("The campaign can't be locked ({why}). Make sure that no other job is working on it.")
}

/// Beside the file: the folder, whose real path is the same however it is spelled, and the name in it.
fn place_of_lock(resume_file: &Path) -> io::Result<(OpenFolder, OsString)> {
    let (folder, name) = OpenFolder::made_of(resume_file)?;
    Ok((folder, format!(".{}.lock", name.to_string_lossy()).into()))
}

/// Makes the duty of the guard, which has the lock from then on. An error is a clause.
pub(crate) fn make(payload: Value, owner: Owner) -> Result<Rc<dyn Duty>, String> {
    let path: PathBuf = serde_json::from_value(payload).map_err(|e| e.to_string())?;
    Ok(Rc::new(Lock::take(&path, owner)?))
}

/// A lock, until it is dropped.
struct Lock {
    folder: OpenFolder,
    name: OsString,
    file: File,
}

impl Lock {
    fn take(path: &Path, owner: Owner) -> Result<Self, String> {
        let own = Holder::of(owner);
        let broken = |e: io::Error| format!("{}: {e}", path.display());
        let (folder, name) = OpenFolder::of(path).map_err(broken)?;
        loop {
            let mut file = folder.open_own(name, Access::Append).map_err(broken)?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => return Err(TAKEN.into()),
                // Where the file system has no locks, the name of the job has to do.
                Err(TryLockError::Error(_)) | Ok(()) => {}
            }
            // Whoever had it may just have removed it.
            if !folder.still_has(&file, name) {
                continue;
            }
            // The guard of a job that goes on may have been killed.
            let before = Holder::read(&file);
            if before.is_some_and(|before| before != own && before.state() == JobState::Running) {
                return Err(TAKEN.into());
            }
            let text = serde_json::to_vec(&own).map_err(|e| broken(e.into()))?;
            file.set_len(0).and_then(|()| file.write_all(&text)).map_err(broken)?;
            return Ok(Lock { name: name.into(), folder, file });
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Only while it is locked.
        if self.folder.still_has(&self.file, &self.name) {
            let _ = self.folder.remove(&self.name);
        }
    }
}

impl Duty for Lock {
    fn open(&self) -> Option<Open> {
        None
    }

    fn renew(&self, _: Value) -> Result<(), String> {
        Ok(())
    }

    /// The guard keeps it until all else is closed.
    fn close<'a>(&'a self, _: &'a Closing) -> Work<'a, Result<Option<String>, String>> {
        Box::pin(ready(Ok(None)))
    }

    fn patience(&self) -> Duration {
        LOOK_EVERY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hardened_host::open_file;
    use std::fs;

    fn this() -> Owner {
        Owner::of(i32::try_from(std::process::id()).unwrap()).unwrap()
    }

    fn other() -> Owner {
        Owner::of_parent().unwrap()
    }

    fn place() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (made, name) = place_of_lock(&folder.path().join("new/../new/resume.yml")).unwrap();
        let path = made.real().join(name);
        (folder, path)
    }

    #[test]
    fn two_jobs_do_not_work_on_one_campaign() {
        let (_folder, path) = place();
        let first = Lock::take(&path, this()).unwrap();
        assert_eq!(Lock::take(&path, other()).err().unwrap(), TAKEN);
        let another = path.with_file_name(".car2.yml.lock");
        assert!(Lock::take(&another, other()).is_ok(), "another campaign is another lock");
        drop(first);
        assert!(!path.exists());
        assert!(Lock::take(&path, other()).is_ok());
    }

    #[test]
    fn of_jobs_that_begin_at_the_same_instant_one_gets_the_campaign() {
        let (_folder, path) = place();
        for _ in 0..50 {
            let take = || Lock::take(&path, this());
            let taken: Vec<_> = std::thread::scope(|scope| {
                let all: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
                all.into_iter().map(|one| one.join().unwrap()).collect()
            });
            assert_eq!(taken.iter().filter(|it| it.is_ok()).count(), 1);
        }
    }

    #[test]
    fn a_job_that_was_killed_blocks_nobody_and_one_that_lost_its_guard_does() {
        let (_folder, path) = place();
        let left = |holder: Holder| {
            fs::write(&path, serde_json::to_vec(&holder).unwrap()).unwrap();
            Lock::take(&path, this()).map(drop)
        };
        drop(Lock::take(&path, this()).unwrap());
        drop(open_file(&path, Access::Append).unwrap());
        assert_eq!(left(Holder::of(other())), Err(TAKEN.into()));
        let same_pid_elsewhere = Holder { boot: "another".into(), ..Holder::of(other()) };
        assert_eq!(left(same_pid_elsewhere), Ok(()));
        drop(open_file(&path, Access::Append).unwrap());
        let pid = other().to_string().split('-').next().unwrap().to_owned();
        assert_eq!(left(Holder { process: format!("{pid}-1"), ..Holder::of(other()) }), Ok(()));
    }

    #[test]
    fn a_lock_is_private_and_no_link_is_followed() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (folder, path) = place();
        let lock = Lock::take(&path, this()).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        drop(lock);
        symlink(folder.path().join("elsewhere"), &path).unwrap();
        assert!(Lock::take(&path, this()).is_err());
        assert!(!folder.path().join("elsewhere").exists());
    }

    #[test]
    fn a_lock_ends_where_it_began_although_somebody_exchanged_its_folder() {
        let (folder, path) = place();
        let lock = Lock::take(&path, this()).unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::rename(at("new"), at("away")).unwrap();
        fs::create_dir(at("new")).unwrap();
        fs::hard_link(at("away/.resume.yml.lock"), at("new/.resume.yml.lock")).unwrap();
        drop(lock);
        assert!(at("new/.resume.yml.lock").exists() && !at("away/.resume.yml.lock").exists());
    }

    #[test]
    fn a_refusal_names_the_other_job_and_says_what_to_do() {
        let holder = Holder { boot: String::new(), machine: "bench7".into(), process: "4711-3".into() };
        let said = |is_closing| refusal(Path::new("w.yml"), Some(&holder), is_closing).msg;
        assert_eq!(
            said(false),
            "w.yml: another job is working on this campaign (process 4711 on bench7), and two jobs would update vehicles twice. Wait until it has ended, or stop it; then resume the campaign."
        );
        assert!(said(true).contains("has ended (process 4711 on bench7)"));
    }
}
