//! The S3 API as far as a bench needs it, for AWS and for the stores that speak its language (`MinIO`, Ceph, Garage and others).
//!
//! | what | where |
//! |---|---|
//! | a server, its credentials, retries and deadlines | [`Client`], [`Settings`], [`Credentials`] |
//! | buckets: existence, versions, policies, the block of public access | [`Client::bucket`], [`Client::create_bucket`], [`Client::set_policy`] |
//! | one object: its description, small ones as a whole | [`Client::object`], [`Client::text`], [`Client::put`], [`Client::delete`] |
//! | lists of objects and versions, page by page, each within the deadline of one call | [`Client::list`], [`Client::versions`] |
//! | a large file, in parts, resumed after an interruption | [`Client::upload`], [`LocalFile`] |
//! | a copy within the server | [`Client::copy`] |
//! | why it failed, and what to do | [`Error`] |
//!
//! # How it speaks
//!
//! Buckets are in the path, not in the host name, since only that works everywhere. Each request is signed in its headers (AWS
//! Signature Version 4) with the SHA-256 of its whole body, and without the checksums that newer SDKs add by default: many stores
//! refuse those. A bucket that turns out to be in another region is signed for once more. An answer 200 that contains an
//! error counts as one.
//!
//! # How an object is known again
//!
//! By its size and the SHA-256 that is kept in its metadata (`x-amz-meta-sha256`). The `ETag` of an object that was uploaded in parts
//! depends on the parts, and differs from that of its own copy.
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests lay out by hand what others would
mod address;
mod buckets;
mod checksum;
mod client;
mod copying;
mod error;
#[cfg(test)]
mod fuzz;
mod judgement;
mod listing;
mod local_file;
mod metadata;
mod multipart;
mod objects;
mod pages;
mod pieces;
pub mod policy;
mod request;
mod sending;
mod settings;
mod signature;
mod upload;
mod xml;

pub use buckets::{BucketState, Versioning};
pub use client::Client;
pub use error::{Error, Refusal};
pub use http_exchange::{CallStats, Kind, Policy, ProxyVariables, Secret, TlsSettings};
pub use listing::{Listed, Version};
pub use local_file::LocalFile;
pub use metadata::Metadata;
pub use multipart::Upload;
pub use objects::{Doomed, Object};
pub use pieces::{LARGEST_PART, SMALLEST_PART};
pub use settings::Settings;
pub use signature::Credentials;
pub use upload::{NewObject, Progress, Uploaded, is_same};
