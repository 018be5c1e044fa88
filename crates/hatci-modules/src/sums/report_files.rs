//! The files of a report in its folder, which stays the same one from the first look at them to the last change, whoever exchanges it
//! meanwhile. What somebody else has put there under their names is not replaced.
use super::report_forms::Output;
use super::report_input::{refused, utf8};
use ansible_module::{ErrorKind, Failure};
use hardened_host::{NamedFileError, OpenFolder};
use reports::{wrote_html, wrote_json, wrote_junit};
use std::{
    ffi::OsStr,
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// A report is for this user, until he lets others read it.
const MODE: u32 = 0o600;

/// A file may have so many bytes to be known as ours.
const LARGEST: u64 = 64 << 20;

/// Whether a file with this content is ours.
type Check<'a> = &'a dyn Fn(&str) -> bool;

/// The folder of a report.
pub(crate) struct ReportFolder {
    path: PathBuf,
    /// None if it is not there yet.
    folder: Option<OpenFolder>,
}

impl ReportFolder {
    pub(crate) fn at(path: PathBuf) -> Result<Self, Failure> {
        let folder = match OpenFolder::at(&path) {
            Ok(folder) => Some(folder),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(refused(&path, &e)),
        };
        Ok(ReportFolder { path, folder })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it if it is not there, for this user alone.
    pub(crate) fn make(&mut self) -> Result<(), Failure> {
        if self.folder.is_none() {
            self.folder = Some(OpenFolder::made(&self.path).map_err(|e| refused(&self.path, &e))?);
        }
        Ok(())
    }

    /// Waits for other tasks that write here. The lock ends when it is dropped; none where the file system has no locks.
    pub(crate) fn lock(&self, patience: Duration) -> Result<Option<File>, Failure> {
        let lock = self.folder.as_ref().map(|folder| folder.lock(patience)).transpose();
        lock.map(Option::flatten).map_err(|e| refused(&self.path, &e))
    }

    /// Fails if the folder holds a file that would be replaced and is not ours. A user's template can make anything of the page and of
    /// Markdown, so `report.html` and `report.md` count as ours wherever `report.json` is.
    pub(crate) fn check_ours(&self) -> Result<(), Failure> {
        let json = self.existing("report.json")?;
        let is_ours_here = json.as_deref().is_some_and(wrote_json);
        let html = |text: &str| is_ours_here || wrote_html(text);
        let markdown = |_: &str| is_ours_here;
        let known: [(&str, Check); 4] = [
            ("report.json", &wrote_json),
            ("junit.xml", &wrote_junit),
            ("report.html", &html),
            ("report.md", &markdown),
        ];
        for (name, is_ours) in known {
            if self.existing(name)?.is_some_and(|text| !is_ours(&text)) {
                return Err(not_ours(&self.path.join(name), ""));
            }
        }
        Ok(())
    }

    /// What the file holds. None if it holds nothing, or is only a link. A failure if it is another user's: who could write it can have
    /// written anything.
    pub(crate) fn existing(&self, name: &str) -> Result<Option<String>, Failure> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let path = self.path.join(name);
        if folder.is_link(OsStr::new(name)) {
            return Ok(None);
        }
        match folder.read_own(OsStr::new(name), LARGEST) {
            Ok(bytes) => Ok(Some(utf8(bytes)).filter(|text| !text.trim().is_empty())),
            Err(fault) if fault.is_not_found() => Ok(None),
            Err(fault @ NamedFileError::TooLarge { .. }) => {
                let msg = format!(
                    "{}: {fault}, so it is unclear whether hatci_report wrote it, and it is not replaced. Move it away, or choose another report_dir.",
                    path.display()
                );
                Err(Failure::new(ErrorKind::Conflict, msg))
            }
            Err(fault @ NamedFileError::Foreign { .. }) => Err(not_ours(&path, &format!(" ({fault})"))),
            Err(fault) => Err(refused(&path, &fault.into())),
        }
    }

    /// Whether the file is as it should be.
    pub(crate) fn is_current(&self, file: &Output) -> bool {
        let (name, content) = (OsStr::new(&file.name), file.content.as_bytes());
        self.folder.as_ref().is_some_and(|folder| {
            folder.regular(name).is_some_and(|it| it.size == content.len() as u64)
                && folder.read_own(name, LARGEST).is_ok_and(|existing| existing == content)
        })
    }

    /// Replaces the file in one step. One that was there keeps its mode: a user may have let a web server read it.
    pub(crate) fn write(&self, name: &str, content: &str) -> Result<(), Failure> {
        let write = |folder: &OpenFolder| {
            let mode = folder.regular(OsStr::new(name)).map_or(MODE, |before| before.mode);
            folder.replace(OsStr::new(name), content.as_bytes(), mode)
        };
        let written = self.folder.as_ref().map_or_else(|| Err(io::ErrorKind::NotFound.into()), write);
        written.map_err(|e| refused(&self.path.join(name), &e))
    }

    fn remove(&self, name: &str) -> bool {
        self.folder.as_ref().is_some_and(|folder| folder.remove(OsStr::new(name)).is_ok())
    }
}

fn not_ours(path: &Path, because: &str) -> Failure {
    let msg = format!(
        "hatci_report did not write {}{because}, and does not replace it. Move it away, or choose another report_dir.",
        path.display()
    );
    Failure::new(ErrorKind::Conflict, msg)
}

/// Writes the files of a report, one after the other. If one can't be written, on a full disk for example, then what is there in its place
/// and in that of the later ones is removed, unless it is of this run: it would show the verdict of an earlier one.
pub(crate) struct Files<'a> {
    folder: &'a ReportFolder,
    is_of_this_run: bool,
    changed: bool,
    fault: Option<Failure>,
}

impl<'a> Files<'a> {
    pub(crate) fn new(folder: &'a ReportFolder, is_of_this_run: bool) -> Self {
        Files { folder, is_of_this_run, changed: false, fault: None }
    }

    /// Writes this one, unless it is as it should be.
    pub(crate) fn write(&mut self, file: &Output) {
        if self.folder.is_current(file) {
            return;
        }
        if self.fault.is_none() {
            match self.folder.write(&file.name, &file.content) {
                Ok(()) => {
                    self.changed = true;
                    return;
                }
                Err(fault) => self.fault = Some(fault),
            }
        }
        // What can't be removed either, nobody can change here.
        self.changed |= !self.is_of_this_run && self.folder.remove(&file.name);
    }

    /// Why not all are written.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.fault.map_or(Ok(()), |fault| Err(Failure { changed: Some(self.changed), ..fault }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt};

    fn at(path: &Path) -> ReportFolder {
        ReportFolder::at(path.to_owned()).unwrap()
    }

    #[test]
    fn a_file_of_somebody_else_is_named_and_not_replaced() {
        let ours = r#"{ "schema": 1, "title": "x", "verdict": "PASS", "counts": {}, "vehicles": [] }"#;
        for (beside, name, content, is_replaced) in [
            (None, "report.json", "{}", false),
            (None, "report.json", ours, true),
            (None, "report.json", " \n", true),
            (None, "junit.xml", "<testsuites><testcase name=\"mine\"/></testsuites>", false),
            (Some(ours), "junit.xml", "<testsuites><testcase name=\"mine\"/></testsuites>", false),
            (None, "report.html", "mine", false),
            (None, "report.html", r#"<meta name="generator" content="hatci.automation hatci_report">"#, true),
            (Some(ours), "report.html", "made of a template", true),
            (None, "report.md", "# mine", false),
            (Some(ours), "report.md", "made of a template", true),
        ] {
            let folder = tempfile::tempdir().unwrap();
            if let Some(json) = beside {
                fs::write(folder.path().join("report.json"), json).unwrap();
            }
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            let said = at(folder.path()).check_ours().map_err(|failure| failure.msg);
            let told = said.as_ref().is_err_and(|msg| msg.contains(&path.display().to_string()));
            assert_eq!((said.is_ok(), told), (is_replaced, !is_replaced), "{name} {content}");
        }
    }

    #[test]
    fn a_file_of_another_user_is_not_ours_whatever_it_holds() {
        for name in ["report.json", "report.html"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            let text = reports::Report::new("planted").to_json().unwrap();
            fs::write(
                &path,
                text.replace("planted", r#"<meta name="generator" content="hatci.automation hatci_report">"#),
            )
            .unwrap();
            if std::os::unix::fs::chown(&path, Some(4711), None).is_err() {
                return; // only root can give a file to another user
            }
            let failure = at(folder.path()).check_ours().unwrap_err();
            assert!(failure.msg.contains(name) && failure.msg.contains("user 4711"), "{}", failure.msg);
            assert!(matches!(failure.kind, ErrorKind::Conflict));
        }
    }

    #[test]
    fn a_page_that_is_too_large_to_look_at_is_called_so() {
        let folder = tempfile::tempdir().unwrap();
        let page = fs::File::create(folder.path().join("report.html")).unwrap();
        page.set_len(LARGEST + 1).unwrap(); // takes no room
        let msg = at(folder.path()).check_ours().unwrap_err().msg;
        assert!(msg.contains("report.html: it is larger than 64 MiB, so it is unclear"), "{msg}");
        let template = super::super::report_input::text(&folder.path().join("report.html"));
        let msg = template.unwrap_err().msg;
        assert!(msg.contains("it is larger than 16 MiB") && !msg.contains("ulimit"), "{msg}");
    }

    #[test]
    fn a_report_goes_to_no_folder_behind_a_link_of_another_user() {
        let base = tempfile::tempdir().unwrap();
        let (private, planted) = (base.path().join("private"), base.path().join("planted"));
        fs::create_dir(&private).unwrap();
        std::os::unix::fs::symlink(&private, &planted).unwrap();
        assert!(at(&planted).check_ours().is_ok());
        if std::os::unix::fs::lchown(&planted, Some(4711), None).is_err() {
            return; // only root can give a link to another user
        }
        for folder in [planted.clone(), planted.join("new")] {
            let msg = ReportFolder::at(folder).err().unwrap().msg;
            assert!(msg.contains("planted, a symbolic link of user 4711"), "{msg}");
        }
        assert_eq!(fs::read_dir(&private).unwrap().count(), 0);
    }

    #[test]
    fn a_report_stays_in_the_folder_that_was_looked_at_although_somebody_exchanged_it() {
        let base = tempfile::tempdir().unwrap();
        let path = |name: &str| base.path().join(name);
        fs::create_dir(path("shared")).unwrap();
        fs::create_dir(path("private")).unwrap();
        fs::write(path("private/report.html"), "mine").unwrap();
        fs::write(path("private/report.md"), "mine").unwrap();
        let reports = at(&path("shared"));
        reports.check_ours().unwrap();
        fs::rename(path("shared"), path("away")).unwrap();
        fs::rename(path("private"), path("shared")).unwrap();
        let mut files = Files::new(&reports, false);
        for name in ["report.html", &"x".repeat(300), "report.md"] {
            files.write(&Output { name: name.into(), content: "new".into() });
        }
        files.finish().unwrap_err();
        assert_eq!(fs::read_to_string(path("away/report.html")).unwrap(), "new");
        for name in ["report.html", "report.md"] {
            assert_eq!(fs::read_to_string(path("shared").join(name)).unwrap(), "mine");
        }
    }

    #[test]
    fn what_can_not_be_replaced_is_no_verdict_of_an_earlier_run() {
        for is_of_this_run in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let path = |name: &str| folder.path().join(name);
            fs::write(path("report.json"), "old").unwrap();
            fs::write(path("report.md"), "old").unwrap();
            let reports = at(folder.path());
            let write = |names: &[&str]| {
                let mut files = Files::new(&reports, is_of_this_run);
                for name in names {
                    files.write(&Output { name: (*name).into(), content: "new".into() });
                }
                files.finish().unwrap_err()
            };
            let too_long = "x".repeat(300);
            let failure = write(&["report.json", &too_long, "report.md"]);
            assert!(failure.msg.contains("xxx: "), "{}", failure.msg);
            assert_eq!(fs::read_to_string(path("report.json")).unwrap(), "new");
            assert_eq!(fs::read_to_string(path("report.md")).ok(), is_of_this_run.then(|| "old".into()));
            let none_made = write(&[&too_long]);
            assert_eq!((failure.changed, none_made.changed), (Some(true), Some(false)));
        }
    }

    #[test]
    fn a_file_is_for_its_owner_until_he_lets_others_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        let mode = || path.metadata().unwrap().permissions().mode() & 0o7777;
        let write = |content: &str| at(folder.path()).write("report.html", content).unwrap();
        write("1");
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        write("2");
        assert_eq!((mode(), fs::read_to_string(&path).unwrap()), (0o644, "2".into()));
    }
}
