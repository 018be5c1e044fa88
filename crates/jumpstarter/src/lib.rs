//! jumpstarter
