use ansible_module::{Options, Results};

/// Options.
#[derive(Options)]
struct Wait(u64);

#[derive(Results, Default)]
enum Waited {
    #[default]
    Long,
}

/// Options.
#[derive(Options)]
struct Of<T> {
    /// Anything.
    anything: T,
}

fn main() {}
