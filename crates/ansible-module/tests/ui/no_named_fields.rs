use ansible_module::{Options, Results};

#[derive(Options)]
struct Wait(u64);

#[derive(Results, Default)]
enum Waited {
    #[default]
    Long,
}

#[derive(Options)]
struct Of<T> {
    /// Anything.
    anything: T,
}

fn main() {}
