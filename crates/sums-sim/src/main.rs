//! sums-sim
fn main() {}
