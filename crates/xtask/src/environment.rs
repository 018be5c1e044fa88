//! Runs programs in a clean environment, as on a machine without any settings.

use std::env;
use std::path::Path;
use std::process::Command;

use fs_err as fs;

use crate::error::Result;
use crate::tree;

/// The cargo that runs us, in the source tree, building into `target/`.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    without_settings(&mut cargo);
    cargo.args(args).current_dir(tree::root()).env("CARGO_TARGET_DIR", tree::root().join("target"));
    cargo
}

/// A program with its own home, and with the virtual environment at `venv` first on PATH.
pub(crate) fn program(venv: &Path, name: &str, args: &[&str]) -> Result<Command> {
    let home = tree::target("home");
    fs::create_dir_all(&home)?;
    // Given explicitly, since Ansible would otherwise read one in the current folder or below /etc.
    let config = home.join("ansible.cfg");
    fs::write(&config, "")?;

    let path = env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(venv.join("bin")).chain(env::split_paths(&path));
    let mut program = Command::new(name); // looked up on the PATH set below
    without_settings(&mut program);
    program
        .args(args)
        .env("PATH", env::join_paths(path).unwrap_or_default())
        .env("HOME", &home)
        .env("ANSIBLE_CONFIG", config)
        .env("LC_ALL", "C.UTF-8");
    Ok(program)
}

fn without_settings(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if is_setting(&name.to_string_lossy()) {
            command.env_remove(&name);
        }
    }
}

/// Whether a variable could change a program's behaviour: those of Ansible and Python, our own, and those that `cargo run` sets
/// for xtask. (Build scripts watch the last: those of C libraries would rerun whenever cargo is called alternately from here and
/// from a shell.)
fn is_setting(name: &str) -> bool {
    const PREFIXES: [&str; 11] = [
        "ANSIBLE_",
        "ARA_",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "HATCI_",
        "JMP_",
        "JUMPSTARTER_",
        "LC_",
        "LANG",
        "PYTEST_",
        "PYTHON",
    ];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || ["LD_LIBRARY_PATH", "VIRTUAL_ENV"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_the_login_shell_do_not_pass_but_the_way_to_the_network_does() {
        assert!(is_setting("ANSIBLE_COLLECTIONS_PATH"));
        assert!(is_setting("HATCI_TOKEN"));
        assert!(is_setting("PYTHONPATH"));
        assert!(!is_setting("PIP_INDEX_URL"));
        assert!(!is_setting("https_proxy"));
    }
}
