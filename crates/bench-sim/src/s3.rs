//! A stand-in for S3: checks each signature, keeps buckets, objects and uploads in memory, and does on request what real servers do
//! at their worst. What moto can do is tested against moto.
#![allow(clippy::format_push_string, clippy::format_collect)] // XML is easier to read so
mod answers;
mod bucket_calls;
mod faults;
mod http;
mod object_calls;
mod options;
mod server;
mod signature;
mod state;
mod store;
mod upload_calls;

pub use faults::{Effect, Fault};
pub use options::Options;
pub use server::S3;
pub use state::Seen;
pub use store::{Bucket, Object};
