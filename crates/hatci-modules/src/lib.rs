//! hatci-modules
