use super::*;
use crate::{Moment, RunStatus};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, symlink};
use tempfile::TempDir;

fn finish() -> Entry {
    Entry::Finish(Some(RunStatus::Completed), Moment::now())
}

fn start(run: Uuid) -> NewRun {
    NewRun::new(run, "run", Moment::now())
}

fn open(base: &TempDir, run: Uuid) -> Spool {
    Spool::open(base.path(), run).unwrap()
}

#[test]
fn what_was_written_is_there_for_the_next_until_it_is_done() {
    let (base, run) = (TempDir::new().unwrap(), Uuid::new_v4());
    let (start, end) = (start(run), finish());
    add(base.path(), run, start.clone(), std::slice::from_ref(&end)).unwrap();

    let mut spool = open(&base, run);
    assert_eq!(spool.first().unwrap(), Some(Entry::Start(start.clone())));
    spool.known.start = Some(start.clone());
    spool.done();
    spool.save().unwrap();
    drop(spool);

    let mut spool = open(&base, run);
    assert_eq!((spool.waiting().unwrap(), spool.first().unwrap()), (1, Some(end.clone())));
    spool.done();
    assert_eq!(spool.first().unwrap(), None);
    drop(spool);

    add(base.path(), run, start, std::slice::from_ref(&end)).unwrap();
    assert_eq!(open(&base, run).first().unwrap(), Some(end), "the beginning is known");
    assert_eq!(open(&base, Uuid::new_v4()).first().unwrap(), None);
}

#[test]
fn entries_are_added_while_somebody_sends() {
    let (base, run) = (TempDir::new().unwrap(), Uuid::new_v4());
    let mut sending = open(&base, run);
    add(base.path(), run, start(run), &[finish()]).unwrap();
    assert_eq!(sending.waiting().unwrap(), 2);
    while sending.first().unwrap().is_some() {
        sending.done();
    }
    add(base.path(), run, start(run), &[finish()]).unwrap();
    assert!(sending.first().unwrap().is_some());
    assert!(Spool::try_open(base.path(), run).unwrap().is_none());
}

#[test]
fn no_line_breaks_what_reads_it() {
    fuzzing::run(env!("CARGO_MANIFEST_DIR"), "spool", |bytes| {
        bytes.split(|byte| *byte == b'\n').for_each(|line| drop(entry_in(line)));
        drop(serde_json::from_slice::<Known>(bytes));
    });
}

#[test]
fn a_line_cut_by_a_dying_process_is_passed_over() {
    let (base, run) = (TempDir::new().unwrap(), Uuid::new_v4());
    add(base.path(), run, start(run), &[finish()]).unwrap();
    let file = entries_file(&base.path().join(run.to_string()));
    File::options().append(true).open(file).unwrap().write_all(b"{\"Fin").unwrap();
    add(base.path(), run, start(run), &[finish()]).unwrap();
    let mut spool = open(&base, run);
    assert_eq!(spool.waiting().unwrap(), 3);
    for _ in 0..3 {
        assert!(spool.first().unwrap().is_some());
        spool.done();
    }
    assert_eq!(spool.first().unwrap(), None);
}

#[test]
fn others_are_those_with_something_in_them_that_nobody_has_open() {
    let base = TempDir::new().unwrap();
    let [waiting, held, empty] = [(); 3].map(|()| Uuid::new_v4());
    for run in [waiting, held] {
        add(base.path(), run, start(run), &[finish()]).unwrap();
    }
    let _held = open(&base, held);
    drop(open(&base, empty));
    assert_eq!(Spool::others(base.path(), Uuid::new_v4()), [waiting]);
    assert!(!base.path().join(empty.to_string()).exists(), "what holds nothing and is old is gone");
}

#[test]
fn what_somebody_else_has_prepared_is_neither_followed_nor_believed() {
    let (base, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let target = elsewhere.path().join("target");
    fs::write(&target, "precious").unwrap();
    let folder = |run: Uuid| base.path().join(run.to_string());
    for name in ["adding", "entries.jsonl", "known.json"] {
        let run = Uuid::new_v4();
        fs::DirBuilder::new().mode(0o700).create(folder(run)).unwrap();
        symlink(&target, folder(run).join(name)).unwrap();
        assert!(add(base.path(), run, start(run), &[finish()]).is_err(), "{name}");
    }
    let [open_to_others, link] = [(); 2].map(|()| Uuid::new_v4());
    fs::DirBuilder::new().mode(0o777).create(folder(open_to_others)).unwrap();
    fs::set_permissions(folder(open_to_others), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    fs::write(folder(open_to_others).join("entries.jsonl"), "{}\n").unwrap();
    symlink(elsewhere.path(), folder(link)).unwrap();
    for run in [open_to_others, link] {
        assert!(Spool::open(base.path(), run).is_err());
    }
    assert!(Spool::others(base.path(), Uuid::new_v4()).is_empty());
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
}

#[test]
fn only_this_user_can_read_it() {
    let (base, run) = (TempDir::new().unwrap(), Uuid::new_v4());
    add(base.path(), run, start(run), &[finish()]).unwrap();
    let spool = open(&base, run);
    spool.save().unwrap();
    assert_eq!(fs::metadata(&spool.folder).unwrap().mode() & 0o777, 0o700);
    for file in fs::read_dir(&spool.folder).unwrap() {
        assert_eq!(file.unwrap().metadata().unwrap().mode() & 0o077, 0);
    }
}

#[test]
fn a_run_keeps_no_more_than_64_mib_until_some_of_it_was_sent() {
    let (base, run) = (TempDir::new().unwrap(), Uuid::new_v4());
    add(base.path(), run, start(run), &[finish()]).unwrap();
    let path = entries_file(&base.path().join(run.to_string()));
    // Blanks at the end of the last line, which take no room on the disk.
    let length = fs::metadata(&path).unwrap().len();
    File::options().write(true).open(&path).unwrap().set_len(MOST_WAITING).unwrap();
    let full = add(base.path(), run, start(run), &[finish()]).unwrap_err();
    assert_eq!(full.kind(), io::ErrorKind::StorageFull, "{full}");
    let mut spool = open(&base, run);
    spool.known.delivered = length;
    spool.save().unwrap();
    assert!(add(base.path(), run, start(run), &[finish()]).is_ok());
}

#[test]
fn what_is_too_long_for_the_spool_is_passed_over() {
    let (base, run) = (TempDir::new().unwrap(), Uuid::new_v4());
    add(base.path(), run, start(run), &[finish()]).unwrap();
    let folder = base.path().join(run.to_string());
    let mut file = File::options().append(true).open(entries_file(&folder)).unwrap();
    let end = serde_json::to_string(&finish()).unwrap();
    writeln!(file, "{}{end}", " ".repeat(lines::LONGEST)).unwrap();
    let mut spool = open(&base, run);
    assert_eq!(spool.waiting().unwrap(), 2);
    while spool.first().unwrap().is_some() {
        spool.done();
    }
    spool.save().unwrap();
    let known = fs::read_to_string(known_file(&folder)).unwrap();
    fs::write(known_file(&folder), " ".repeat(usize::try_from(MOST_KNOWN).unwrap()) + &known).unwrap();
    assert!(look(base.path(), run).unwrap().start.is_none());
}
