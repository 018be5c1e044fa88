use ansible_module::Options;

/// Wait.
#[derive(Options)]
struct Wait {
    /// Seconds.
    #[option(version_added = "soon")]
    pause: Option<u64>,
    /// Which.
    #[option(name = "event id")]
    event: Option<String>,
}

fn main() {}
