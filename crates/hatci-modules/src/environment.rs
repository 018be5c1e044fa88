//! The modules for environments as versioned packages.
pub(crate) mod environment_check;
