//! All modules in one program, as they are shipped; it goes by the name it is started under.
fn main() -> std::process::ExitCode {
    if let Some(keeper) = jumpstarter::keepalive::run_if_asked() {
        return keeper;
    }
    ansible_module::main(env!("CARGO_PKG_VERSION"), hatci_modules::MODULES)
}
