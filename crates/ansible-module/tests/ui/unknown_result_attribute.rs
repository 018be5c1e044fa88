use ansible_module::Results;

#[derive(Results, Default)]
struct Waited {
    /// Seconds.
    #[result(example = 3)]
    pause: u64,
}

fn main() {}
