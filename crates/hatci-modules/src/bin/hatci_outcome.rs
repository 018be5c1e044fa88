//! The module `hatci_outcome` as a program of its own.
fn main() -> std::process::ExitCode {
    ansible_module::main(env!("CARGO_PKG_VERSION"), &[ansible_module::entry::<hatci_modules::Outcome>()])
}
