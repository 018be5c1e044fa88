//! No crate whose texts are shown cuts one by itself: what a cut leaves of a secret is hidden only where the cut is marked.
#![allow(clippy::disallowed_methods)] // it reads this repository
use std::{fs, path::Path};

/// What nobody ships.
const FOR_DEVELOPERS: [&str; 6] = ["bench-sim", "fuzzing", "sums-sim", "test-servers", "xtask", "shown-text"];
/// How a text is cut by hand.
const CUTS: [&str; 4] = [".chars().take(", ".truncate(", ".map(allowed).take(", ".chars().map(plain).take("];
/// Files that cut what is shown to nobody, is all shown elsewhere, or is no text of a server.
const ALLOWED: [&str; 9] = [
    // It marks what it cuts.
    "ara-client/src/content.rs",
    "hardened-host/src/kept_output.rs",
    // They shorten a list or a path.
    "environments/src/schema_check.rs",
    "hardened-host/src/contained.rs",
    // They look at the beginning of a text.
    "ansible-module/src/python/quoted.rs",
    "http-exchange/src/charset.rs",
    "http-exchange/src/recorded.rs",
    // The names of a job, for the controller.
    "jumpstarter/src/job.rs",
    // The whole text stands beside it.
    "reports/src/html.rs",
];

#[test]
fn texts_are_cut_by_this_crate_alone() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = vec![];
    for folder in fs::read_dir(&crates).unwrap().flatten() {
        let name = folder.file_name().into_string().unwrap();
        if !FOR_DEVELOPERS.contains(&name.as_str()) {
            look(&folder.path().join("src"), &format!("{name}/src"), &mut found);
        }
    }
    found.retain(|name| !ALLOWED.contains(&name.as_str()));
    assert_eq!(found, [""; 0], "use shown_text::cut, or shown_text::marked where the text is cut otherwise");
}

/// Adds the files below a folder that cut a text, tests left out.
fn look(folder: &Path, name: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{name}/{}", entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            look(&entry.path(), &name, found);
        } else if !name.ends_with("tests.rs") && !name.contains("/tests/") {
            let text = fs::read_to_string(entry.path()).unwrap_or_default();
            let shipped: String = text.split("#[cfg(test)]").next().unwrap().split_whitespace().collect();
            if CUTS.iter().any(|cut| shipped.contains(cut)) {
                found.push(name);
            }
        }
    }
}
