//! Writes the list of all modules: each file `NAME.rs` in the folder of a family that has its examples, `NAME.yml`, beside it.
#![allow(clippy::disallowed_methods)] // runs on the machines of developers only
use std::{collections::BTreeMap, env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=src");
    let mut modules = BTreeMap::new();
    for family in fs::read_dir("src")? {
        let family = family?.path();
        if !family.is_dir() {
            continue;
        }
        for file in fs::read_dir(&family)? {
            let file = file?.path();
            if file.extension().is_some_and(|extension| extension == "yml") {
                modules.insert(name(&file), name(&family));
            }
        }
    }
    let lines =
        modules.iter().map(|(module, family)| format!("{family}::{module}::{},\n", in_camel_case(module)));
    let list = format!("modules! {{\n{}}}\n", lines.collect::<String>());
    fs::write(Path::new(&env::var("OUT_DIR")?).join("modules.rs"), list)?;
    Ok(())
}

/// The name of a file or folder, without its extension.
fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// `hatci_info` as `HatciInfo`.
fn in_camel_case(name: &str) -> String {
    name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}
