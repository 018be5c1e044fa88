use ansible_module::Options;

/// Options.
#[derive(Options)]
struct Login {
    /// Sent as it is.
    #[option(nolog)]
    token: String,
}

fn main() {
    Login::spec();
}
