//! Collects the licences of the crates that are linked into the binary, which must be distributed with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use fs_err as fs;
use serde_json::Value;

use crate::environment;
use crate::error::{Error, Result};
use crate::process;

/// The beginnings of the names of licence and copyright files, in capitals.
const NAMES: [&str; 4] = ["LICENSE", "LICENCE", "COPYING", "NOTICE"];

/// Each licence text with its crates, for the crates that `package` links on the machine `triple`.
pub(crate) fn licences(package: &str, triple: &str) -> Result<String> {
    let metadata = metadata(triple)?;
    let mut list = String::new();
    let mut texts = BTreeMap::<String, Vec<String>>::new();
    for linked in linked(&metadata, package) {
        let name = format!("{} {}", word(&linked["name"]), word(&linked["version"]));
        let _ = writeln!(list, "{name}: {}, {}", word(&linked["license"]), word(&linked["repository"]));
        for text in texts_of(Path::new(word(&linked["manifest_path"])))? {
            texts.entry(text).or_default().push(name.clone());
        }
    }
    for (text, crates) in texts {
        let _ = write!(list, "\n{}\n{}:\n\n{}\n", "-".repeat(80), crates.join(", "), text.trim_matches('\n'));
    }
    Ok(format!(
        "The modules of this collection contain these third-party programs, under the licences below:\n\n{list}"
    ))
}

/// What cargo knows of all packages, for the machine `triple`.
pub(crate) fn metadata(triple: &str) -> Result<Value> {
    let metadata = process::output_of(&mut environment::cargo(&[
        "metadata",
        "--format-version=1",
        "--filter-platform",
        triple,
    ]))?;
    serde_json::from_str(&metadata)
        .map_err(|e| Error::Tree(format!("cannot parse the output of cargo metadata: {e}")))
}

/// The packages linked into this one's binary, sorted by name, without those of this workspace.
pub(crate) fn linked<'a>(metadata: &'a Value, package: &str) -> Vec<&'a Value> {
    let packages: BTreeMap<_, _> = all(&metadata["packages"]).map(|it| (word(&it["id"]), it)).collect();
    let nodes: BTreeMap<_, _> = all(&metadata["resolve"]["nodes"]).map(|it| (word(&it["id"]), it)).collect();
    let is_linked = |dep: &&Value| all(&dep["dep_kinds"]).any(|kind| kind["kind"].is_null());
    let is_macro = |id: &str| {
        all(&packages[id]["targets"]).any(|target| all(&target["kind"]).any(|kind| kind == "proc-macro"))
    };

    let mut found = BTreeSet::new();
    let mut next: Vec<_> =
        packages.iter().filter(|(_, it)| it["name"] == package).map(|(id, _)| *id).collect();
    while let Some(id) = next.pop() {
        if !is_macro(id) && found.insert(id) {
            next.extend(all(&nodes[id]["deps"]).filter(is_linked).map(|dep| word(&dep["pkg"])));
        }
    }
    let mut linked: Vec<_> =
        found.into_iter().map(|id| packages[id]).filter(|it| !it["source"].is_null()).collect();
    linked.sort_by_key(|it| (word(&it["name"]), word(&it["version"])));
    linked
}

fn texts_of(manifest: &Path) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(manifest.parent().unwrap_or(manifest))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_uppercase();
        if NAMES.iter().any(|it| name.starts_with(it)) && entry.path().is_file() {
            texts.push(fs::read_to_string(entry.path())?.replace("\r\n", "\n"));
        }
    }
    Ok(texts)
}

fn all(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// The text of a member, or nothing.
pub(crate) fn word(text: &Value) -> &str {
    text.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::licences;

    #[test]
    fn what_the_modules_link_is_listed_with_its_licence() {
        let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        let text = licences("hatci-modules", &triple).unwrap();
        let of = |name: &str| {
            text.lines().any(|line| line.starts_with(&format!("{name} ")) && line.contains(": "))
        };
        assert!(of("rustls") && of("aws-lc-rs") && of("serde_json"), "{text:.2000}");
        // Neither dependencies of tests nor those of the compiler.
        assert!(!of("mockito") && !of("serde_derive"));
        assert!(text.contains("Permission is hereby granted"));
    }
}
