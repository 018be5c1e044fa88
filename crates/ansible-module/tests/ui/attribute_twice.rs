use ansible_module::Options;

/// Options.
#[derive(Options)]
struct Wait {
    /// Seconds.
    #[option(default = 1, default = 2)]
    pause: u64,
}

fn main() {}
