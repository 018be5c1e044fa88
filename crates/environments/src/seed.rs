//! Seed images.
mod fat12;
mod host_name;
mod public_key;
