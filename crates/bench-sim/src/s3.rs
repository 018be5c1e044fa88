//! A stand-in for S3: checks each signature, keeps buckets, objects and uploads in memory, and does on request what real servers do
//! at their worst. What moto can do is tested against moto.
#![allow(clippy::format_push_string, clippy::format_collect)] // XML is easier to read so
mod answers;
mod bucket_calls;
mod faults;
mod http;
mod object_calls;
mod server;
mod signature;
mod store;
mod upload_calls;

pub use faults::{Effect, Fault};
pub use server::{Options, S3, Seen};
pub use store::{Bucket, Object};
