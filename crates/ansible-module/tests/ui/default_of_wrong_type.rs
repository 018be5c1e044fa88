use ansible_module::{Choices, Options};

#[derive(Choices)]
enum Level {
    Low,
}

/// Options.
#[derive(Options)]
struct Wait {
    /// Seconds.
    #[option(default = "thirty")]
    pause: u64,
    /// How much.
    #[option(default = "low")]
    level: Level,
    /// Some.
    #[option(default = [1, 2])]
    words: Vec<String>,
    /// A power of two.
    #[option(choices(1, "two"))]
    power: Option<u8>,
}

fn main() {}
