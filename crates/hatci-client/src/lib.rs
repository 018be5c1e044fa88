//! hatci-client
