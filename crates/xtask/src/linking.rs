//! How the programs that are shipped are linked: statically, so that one file runs on any Linux, and small.

/// For cargo's variable `RUSTFLAGS`: those of the caller, and ours. A build with them must name its target, or they would also apply to
/// procedural macros, which must be shared objects.
pub(crate) fn flags() -> String {
    let given = std::env::var("RUSTFLAGS").unwrap_or_default();
    OURS.iter().fold(given, |flags, flag| format!("{flags} -C {flag}"))
}

const OURS: [&str; 4] = [
    "target-feature=+crt-static",
    // Relocations in a thousandth of the space.
    "link-arg=-Wl,-z,pack-relative-relocs",
    // No tables for unwinding, and no index of them. Cargo links a program of the workspace in the workspace's folder.
    "link-arg=-Wl,--no-eh-frame-hdr",
    "link-arg=-Wl,-T,crates/hatci-modules/without_unwind_tables.ld",
];
