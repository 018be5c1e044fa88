//! The files of a report in its folder. What somebody else has put there under their names is not replaced.
use super::report_forms::Output;
use super::report_input::{refused, utf8};
use ansible_module::{ErrorKind, Failure};
use hardened_host::{NamedFileError, read_own_file, replace_file};
use reports::{wrote_html, wrote_json, wrote_junit};
use std::{fs, io, os::unix::fs::PermissionsExt, path::Path};

/// A report is for this user, until he lets others read it.
const MODE: u32 = 0o600;

/// A file may have so many bytes to be known as ours.
const LARGEST: u64 = 64 << 20;

/// Whether a file with this content is ours.
type Check<'a> = &'a dyn Fn(&str) -> bool;

/// Fails if the folder holds a file that would be replaced and is not ours. A user's template can make anything of the page and of
/// Markdown, so `report.html` and `report.md` count as ours wherever `report.json` is.
pub(crate) fn check_ours(folder: &Path) -> Result<(), Failure> {
    let json = existing(&folder.join("report.json"))?;
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
        let path = folder.join(name);
        if existing(&path)?.is_some_and(|text| !is_ours(&text)) {
            return Err(not_ours(&path, ""));
        }
    }
    Ok(())
}

fn not_ours(path: &Path, because: &str) -> Failure {
    let msg = format!(
        "hatci_report did not write {}{because}, and does not replace it. Move it away, or choose another report_dir.",
        path.display()
    );
    Failure::new(ErrorKind::Conflict, msg)
}

/// What the file holds. None if it holds nothing, or is only a link. A failure if it is another user's: who could write it can have
/// written anything.
pub(crate) fn existing(path: &Path) -> Result<Option<String>, Failure> {
    if path.is_symlink() {
        return Ok(None);
    }
    match read_own_file(path, LARGEST) {
        Ok(bytes) => Ok(Some(utf8(bytes)).filter(|text| !text.trim().is_empty())),
        Err(fault) if fault.is_not_found() => Ok(None),
        Err(fault @ NamedFileError::TooLarge { .. }) => {
            let msg = format!(
                "{}: {fault}, so nobody can tell here whether hatci_report wrote it, and it is not replaced. Move it away, or choose another report_dir.",
                path.display()
            );
            Err(Failure::new(ErrorKind::Conflict, msg))
        }
        Err(fault @ NamedFileError::Foreign { .. }) => Err(not_ours(path, &format!(" ({fault})"))),
        Err(fault) => Err(refused(path, &fault.into())),
    }
}

/// Whether the file is as it should be.
pub(crate) fn is_current(file: &Output) -> bool {
    let Output { path, content } = file;
    path.symlink_metadata().is_ok_and(|it| it.is_file() && it.len() == content.len() as u64)
        && read_own_file(path, LARGEST).is_ok_and(|existing| existing == content.as_bytes())
}

/// Writes the files of a report, one after the other. If one can't be written, on a full disk for example, then what is there in its place
/// and in that of the later ones is removed, unless it is of this run: it would show the verdict of an earlier one.
pub(crate) struct Files {
    is_of_this_run: bool,
    changed: bool,
    fault: Option<Failure>,
}

impl Files {
    pub(crate) fn new(is_of_this_run: bool) -> Self {
        Files { is_of_this_run, changed: false, fault: None }
    }

    /// Writes this one, unless it is as it should be.
    pub(crate) fn write(&mut self, file: &Output) {
        if is_current(file) {
            return;
        }
        if self.fault.is_none() {
            match write(&file.path, &file.content) {
                Ok(()) => {
                    self.changed = true;
                    return;
                }
                Err(error) => self.fault = Some(refused(&file.path, &error)),
            }
        }
        // What can't be removed either, nobody can change here.
        self.changed |= !self.is_of_this_run && fs::remove_file(&file.path).is_ok();
    }

    /// Why not all are written.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.fault.map_or(Ok(()), |fault| Err(Failure { changed: Some(self.changed), ..fault }))
    }
}

/// Replaces the file in one step. One that was there keeps its mode: a user may have let a web server read it.
pub(crate) fn write(path: &Path, content: &str) -> io::Result<()> {
    let before = path.symlink_metadata().ok().filter(std::fs::Metadata::is_file);
    let mode = before.map_or(MODE, |before| before.permissions().mode() & 0o777);
    replace_file(path, content.as_bytes(), mode)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let said = check_ours(folder.path()).map_err(|failure| failure.msg);
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
            let failure = check_ours(folder.path()).unwrap_err();
            assert!(failure.msg.contains(name) && failure.msg.contains("user 4711"), "{}", failure.msg);
            assert!(matches!(failure.kind, ErrorKind::Conflict));
        }
    }

    #[test]
    fn a_page_that_is_too_large_to_look_at_is_called_so() {
        let folder = tempfile::tempdir().unwrap();
        let page = fs::File::create(folder.path().join("report.html")).unwrap();
        page.set_len(LARGEST + 1).unwrap(); // takes no room
        let msg = check_ours(folder.path()).unwrap_err().msg;
        assert!(msg.contains("report.html: it is larger than 64 MiB, so nobody can tell"), "{msg}");
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
        assert!(check_ours(&planted).is_ok());
        if std::os::unix::fs::lchown(&planted, Some(4711), None).is_err() {
            return; // only root can give a link to another user
        }
        let failure = check_ours(&planted).unwrap_err();
        assert!(failure.msg.contains("planted, a symbolic link of user 4711"), "{}", failure.msg);
        assert!(write(&planted.join("report.html"), "1").is_err());
        assert_eq!(fs::read_dir(&private).unwrap().count(), 0);
    }

    #[test]
    fn what_can_not_be_replaced_is_no_verdict_of_an_earlier_run() {
        for is_of_this_run in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            fs::write(at("report.json"), "old").unwrap();
            fs::write(at("report.md"), "old").unwrap();
            let write = |names: &[&str]| {
                let mut files = Files::new(is_of_this_run);
                for name in names {
                    files.write(&Output { path: at(name), content: "new".into() });
                }
                files.finish().unwrap_err()
            };
            let too_long = "x".repeat(300);
            let failure = write(&["report.json", &too_long, "report.md"]);
            assert!(failure.msg.contains("xxx: "), "{}", failure.msg);
            assert_eq!(fs::read_to_string(at("report.json")).unwrap(), "new");
            assert_eq!(fs::read_to_string(at("report.md")).ok(), is_of_this_run.then(|| "old".into()));
            let none_made = write(&[&too_long]);
            assert_eq!((failure.changed, none_made.changed), (Some(true), Some(false)));
        }
    }

    #[test]
    fn a_file_is_for_its_owner_until_he_lets_others_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        let mode = || path.metadata().unwrap().permissions().mode() & 0o7777;
        write(&path, "1").unwrap();
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        write(&path, "2").unwrap();
        assert_eq!((mode(), fs::read_to_string(&path).unwrap()), (0o644, "2".into()));
    }
}
