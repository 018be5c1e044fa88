use ansible_module::Options;

#[derive(Options)]
struct Wait {
    /// Seconds.
    pause: u64,
}

#[derive(Options)]
struct Retry {
    /// Seconds.
    #[option(aliases("pause"))]
    backoff: u64,
}

#[derive(Options)]
struct Deploy {
    #[option(flatten)]
    wait: Wait,
    #[option(flatten)]
    retry: Retry,
}

#[derive(Options)]
struct Abort {
    #[option(flatten)]
    wait: Wait,
    /// Seconds.
    pause: u64,
}

fn main() {}
