//! A whole module: one option, one result. `cargo run -p ansible-module --example present -- --help`
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
use ansible_module::{Failure, Module, Options, Plan, Results, SharedResults, Task, entry};
use serde_json::{Value, json};
use std::{fs, path::PathBuf, process::ExitCode};

/// Make sure that a file is there
///
/// A file that is there already is left as it is; a missing one is made, empty.
#[derive(Options)]
struct Present {
    /// The file; its folder must be there.
    path: PathBuf,
}

#[derive(Results, Default)]
struct PresentResults {
    /// The file's size in bytes.
    #[result(returned = "when the file is there", sample = 0)]
    size: Option<u64>,
}

impl Module for Present {
    const NAME: &'static str = "present";
    const EXAMPLES: &'static str = "- name: Mark the host as ready\n  present:\n    path: /etc/ready\n";
    type Options = Self;
    type Results = PresentResults;
    type Change = ();

    fn new(options: Self, _: &Task) -> Result<Self, Failure> {
        Ok(options)
    }

    fn discover(&mut self, results: &SharedResults<PresentResults>) -> Result<Plan<()>, Failure> {
        if look(self, results).is_some() {
            return Ok(Plan::Nothing);
        }
        Ok(Plan::change(Value::Null, json!({ "path": self.path })))
    }

    fn process(&mut self, (): (), _: &SharedResults<PresentResults>) -> Result<(), Failure> {
        let failed = |error| Failure::invalid(format!("No file was made: {error}. Make its folder first."));
        fs::File::create_new(&self.path).map(drop).map_err(failed)
    }

    fn housekeep(&mut self, results: &SharedResults<PresentResults>) -> Result<(), Failure> {
        look(self, results);
        Ok(())
    }
}

fn look(module: &Present, results: &SharedResults<PresentResults>) -> Option<u64> {
    let size = fs::metadata(&module.path).ok().map(|file| file.len());
    results.update(|r| r.size = size);
    size
}

fn main() -> ExitCode {
    ansible_module::main(env!("CARGO_PKG_VERSION"), &[entry::<Present>()], || ())
}
