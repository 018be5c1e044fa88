//! Generates the outputs of `development` as a task does: `generates ROOT TIMES`, alternating between the packages' files `one` and `two`; or once and
//! without touching the package with `generates ROOT`. Prints the most memory that it had, in KiB.
#![allow(clippy::disallowed_methods)] // plays the user, too
use environments::{Name, Package, Place, Root};
use std::{fs, path::Path};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let root = Root::at(Path::new(&words[0])).expect("the root is a folder");
    let core = Name::parse("core").expect("it is a name");
    let place =
        Place::new(&root.path().join("api/outputs"), &Name::parse("development").expect("it is a name"))
            .expect("it is a path");
    let times = words.get(1).map_or(1, |times| times.parse().expect("it is a number"));
    for time in 0..times {
        if words.len() > 1 {
            let folder = root.package_folder(&core);
            let next = folder.join("next.json");
            fs::copy(folder.join(if time % 2 == 0 { "one.json" } else { "two.json" }), &next)
                .expect("it is copied");
            fs::rename(&next, folder.join("package.json")).expect("it is renamed");
        }
        let package = Package::read(&root, &core).expect("the package is good");
        let environment = package.environment("development").expect("it is there");
        environments::generate(&place, &package, environment).expect("it is generated");
    }
    let status = fs::read_to_string("/proc/self/status").expect("there is /proc");
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("it is there");
    println!("{}", most.trim().trim_end_matches(" kB"));
}
