//! Compares the packages of a repository with a base as a module does: `check-bumps ROOT BASE`. Prints problems and warnings, a line each.
use environments::{BumpCheck, Package, Root};
use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    if let Some(guard) = hardened_host::guard_if_asked() {
        return guard;
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [root, base] = words.as_slice() else { return ExitCode::FAILURE };
    let root = Root::at(Path::new(root)).expect("a root");
    let ids = Package::all(&root).expect("packages");
    let packages: Vec<_> = ids.iter().map(|id| Package::read(&root, id).expect("a package")).collect();
    let check = BumpCheck::against(&root, &packages, base);
    check.problems.iter().for_each(|problem| println!("problem {problem}"));
    check.warnings.iter().for_each(|warning| println!("warning {warning}"));
    ExitCode::SUCCESS
}
