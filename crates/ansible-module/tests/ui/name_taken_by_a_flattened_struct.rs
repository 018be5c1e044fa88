use ansible_module::Options;

/// Options.
#[derive(Options)]
struct Wait {
    /// Seconds.
    pause: u64,
}

/// Options.
#[derive(Options)]
struct Retry {
    /// Seconds.
    #[option(aliases("pause"))]
    backoff: u64,
}

/// Options.
#[derive(Options)]
struct Deploy {
    #[option(flatten)]
    wait: Wait,
    #[option(flatten)]
    retry: Retry,
}

/// Options.
#[derive(Options)]
struct Abort {
    #[option(flatten)]
    wait: Wait,
    /// Seconds.
    pause: u64,
}

fn main() {}
