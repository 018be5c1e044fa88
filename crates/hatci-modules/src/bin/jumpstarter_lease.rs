//! The module `jumpstarter_lease` as a program of its own.
fn main() -> std::process::ExitCode {
    if let Some(keeper) = jumpstarter::keepalive::run_if_asked() {
        return keeper;
    }
    ansible_module::main(
        env!("CARGO_PKG_VERSION"),
        &[ansible_module::entry::<hatci_modules::JumpstarterLease>()],
    )
}
