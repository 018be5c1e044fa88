use ansible_module::Options;

/// Options.
#[derive(Options)]
#[options(required_if(wait = "yes", all(pause)), required_if(wait = true, some(pause)))]
struct Wait {
    /// Whether.
    #[option(default = false)]
    wait: bool,
    /// Seconds.
    pause: Option<u64>,
}

/// Options.
#[derive(Options)]
#[options(required_if(wait = "yes", all(pause)))]
struct Waits {
    /// Whether.
    #[option(default = false)]
    wait: bool,
    /// Seconds.
    pause: Option<u64>,
}

fn main() {}
