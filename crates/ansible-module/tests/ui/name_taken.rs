use ansible_module::{Options, Results};

/// Options.
#[derive(Options)]
struct Wait {
    /// Seconds.
    #[option(aliases("limit"))]
    pause: u64,
    /// Seconds.
    limit: u64,
}

#[derive(Results, Default)]
struct Waited {
    /// Seconds.
    pause: u64,
    /// Seconds.
    #[result(name = "pause")]
    limit: u64,
}

fn main() {}
