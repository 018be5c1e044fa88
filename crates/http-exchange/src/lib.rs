//! http-exchange
