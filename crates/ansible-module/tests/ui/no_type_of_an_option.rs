use ansible_module::{Options, Results};

/// Options.
#[derive(Options)]
struct Wait {
    /// Seconds.
    pause: std::time::Duration,
}

#[derive(Results, Default)]
struct Waited {
    /// Seconds.
    pause: std::time::Duration,
}

fn main() {}
