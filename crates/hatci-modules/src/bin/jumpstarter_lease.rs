//! The module `jumpstarter_lease` as a program of its own.
fn main() -> std::process::ExitCode {
    hatci_modules::run(&[ansible_module::entry::<hatci_modules::JumpstarterLease>()])
}
