//! All modules in one program, as they are shipped; it goes by the name it is started under.
fn main() -> std::process::ExitCode {
    hatci_modules::run(hatci_modules::MODULES)
}
