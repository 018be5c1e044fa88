//! ara-client
