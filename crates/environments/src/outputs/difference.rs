//! Which files differ, without what is in them: any file may hold a secret.
use crate::contents::{Contents, FileContent};
use serde_json::{Map, Value};

/// The files that change, with short digests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// The names of the files that are new, changed or removed, in alphabetical order.
    pub files: Vec<String>,
    before: Map<String, Value>,
    after: Map<String, Value>,
}

/// How many digits of a digest are shown.
const SHOWN: usize = 12;
/// How many files are shown.
const MOST_SHOWN: usize = 100;

impl Difference {
    pub(super) fn between(before: &Contents, after: &Contents) -> Self {
        let mut files: Vec<String> = after
            .iter()
            .filter(|(name, file)| before.get(*name) != Some(file))
            .map(|(name, _)| name.clone())
            .collect();
        files.extend(before.keys().filter(|name| !after.contains_key(*name)).cloned());
        files.sort();
        let shown = |contents: &Contents| {
            let shown = files.iter().take(MOST_SHOWN);
            shown.filter_map(|name| Some((name.clone(), described(contents.get(name)?).into()))).collect()
        };
        Difference { before: shown(before), after: shown(after), files }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The files as they are, each with the start of its digest; the first hundred only.
    pub fn before(&self) -> Map<String, Value> {
        self.before.clone()
    }

    /// The files as they will be.
    pub fn after(&self) -> Map<String, Value> {
        self.after.clone()
    }
}

fn described(file: &FileContent) -> String {
    let digest = file.digest.get(..SHOWN).unwrap_or("no file");
    if file.is_executable { format!("{digest} (executable)") } else { digest.to_owned() }
}
