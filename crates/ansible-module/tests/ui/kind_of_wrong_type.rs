use ansible_module::Options;

/// Options.
#[derive(Options)]
struct Upload {
    /// JSON.
    #[option(json)]
    document: Vec<String>,
    /// A size.
    #[option(bytes)]
    size: Option<u32>,
}

fn main() {}
