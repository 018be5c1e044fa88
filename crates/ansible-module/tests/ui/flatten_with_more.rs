use ansible_module::Options;

#[derive(Options)]
struct Wait {
    /// Seconds.
    pause: u64,
}

#[derive(Options)]
struct Deploy {
    #[option(flatten, name = "wait")]
    wait: Wait,
}

fn main() {}
