use ansible_module::Options;

/// Options.
#[derive(Options)]
struct Wait {
    /// Seconds.
    #[option(default = 1)]
    pause: Option<u64>,
}

fn main() {}
