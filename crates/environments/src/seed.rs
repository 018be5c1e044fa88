//! Seed images.
mod fat12;
