use ansible_module::Options;

/// Options.
#[derive(Options)]
struct Wait {
    /// Seconds.
    pause: u64,
}

/// Options.
#[derive(Options)]
struct Deploy {
    #[option(flatten, name = "wait")]
    wait: Wait,
}

fn main() {}
