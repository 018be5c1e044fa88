use ansible_module::Options;

/// Options.
#[derive(Options)]
struct Wait {
    /// Seconds.
    #[option(aliases("break"))]
    pause: Option<u64>,
}

/// Options.
#[derive(Options)]
#[options(mutually_exclusive(pause, event), required_by(event_id, pauses))]
struct Deploy {
    #[option(flatten)]
    wait: Wait,
    /// Which.
    event_id: Option<String>,
}

fn main() {}
