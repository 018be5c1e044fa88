use ansible_module::Options;

/// Options.
#[derive(Options)]
#[options(exclusive(a, b))]
struct Wait {
    /// Seconds.
    a: Option<u64>,
    /// Seconds.
    b: Option<u64>,
}

fn main() {}
