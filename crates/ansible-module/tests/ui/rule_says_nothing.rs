use ansible_module::Options;

/// Alone.
#[derive(Options)]
#[options(mutually_exclusive(pause))]
struct Alone {
    /// Seconds.
    pause: Option<u64>,
}

/// Twice.
#[derive(Options)]
#[options(required_together(pause, pause))]
struct Twice {
    /// Seconds.
    pause: Option<u64>,
}

/// For nothing.
#[derive(Options)]
#[options(required_if(pause = 1, all()))]
struct ForNothing {
    /// Seconds.
    pause: Option<u64>,
}

fn main() {}
