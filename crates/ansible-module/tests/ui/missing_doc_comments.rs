use ansible_module::{Options, Results};

#[derive(Options)]
struct Wait {
    pause: u64,
    /// Documented.
    times: u64,
    limit: u64,
}

#[derive(Results, Default)]
struct Waited {
    pauses: u64,
}

#[derive(Options)]
struct Undocumented {
    /// Seconds.
    pause: Option<u64>,
}

fn main() {}
