//! The messages of `jumpstarter.client.v1.ClientService`, interface 0.9.0, as far as leases need them.
//!
//! Written by hand to avoid protoc. Field numbers are the interface's.
use bytes::Bytes;
use std::collections::HashMap;

/// `google.protobuf.Duration`
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Duration {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

/// `google.protobuf.Timestamp`
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

/// `google.protobuf.FieldMask`
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FieldMask {
    #[prost(string, repeated, tag = "1")]
    pub(crate) paths: Vec<String>,
}

/// `google.protobuf.Empty`
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Empty {}

/// `jumpstarter.v1.Time`
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Time {
    #[prost(int64, optional, tag = "1")]
    pub(crate) seconds: Option<i64>,
}

/// `jumpstarter.v1.Condition`
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Condition {
    #[prost(string, optional, tag = "1")]
    pub(crate) r#type: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) status: Option<String>,
    #[prost(message, optional, tag = "4")]
    pub(crate) last_transition_time: Option<Time>,
    #[prost(string, optional, tag = "5")]
    pub(crate) reason: Option<String>,
    #[prost(string, optional, tag = "6")]
    pub(crate) message: Option<String>,
}

/// `jumpstarter.client.v1.Lease`
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Lease {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) selector: String,
    #[prost(message, optional, tag = "3")]
    pub(crate) duration: Option<Duration>,
    #[prost(message, optional, tag = "4")]
    pub(crate) effective_duration: Option<Duration>,
    #[prost(message, optional, tag = "5")]
    pub(crate) begin_time: Option<Timestamp>,
    #[prost(message, optional, tag = "6")]
    pub(crate) effective_begin_time: Option<Timestamp>,
    #[prost(message, optional, tag = "8")]
    pub(crate) effective_end_time: Option<Timestamp>,
    #[prost(string, optional, tag = "9")]
    pub(crate) client: Option<String>,
    #[prost(string, optional, tag = "10")]
    pub(crate) exporter: Option<String>,
    #[prost(message, repeated, tag = "11")]
    pub(crate) conditions: Vec<Condition>,
    #[prost(string, optional, tag = "12")]
    pub(crate) exporter_name: Option<String>,
    #[prost(map = "string, string", tag = "13")]
    pub(crate) tags: HashMap<String, String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CreateLeaseRequest {
    #[prost(string, tag = "1")]
    pub(crate) parent: String,
    #[prost(string, tag = "2")]
    pub(crate) lease_id: String,
    #[prost(message, optional, tag = "3")]
    pub(crate) lease: Option<Lease>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetLeaseRequest {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct DeleteLeaseRequest {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UpdateLeaseRequest {
    #[prost(message, optional, tag = "1")]
    pub(crate) lease: Option<Lease>,
    #[prost(message, optional, tag = "2")]
    pub(crate) update_mask: Option<FieldMask>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListLeasesRequest {
    #[prost(string, tag = "1")]
    pub(crate) parent: String,
    #[prost(int32, tag = "2")]
    pub(crate) page_size: i32,
    #[prost(string, tag = "3")]
    pub(crate) page_token: String,
    #[prost(bool, optional, tag = "5")]
    pub(crate) only_active: Option<bool>,
    #[prost(string, tag = "6")]
    pub(crate) tag_filter: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListLeasesResponse {
    /// Encoded [`Lease`]s; not decoded yet, since a reply can contain millions of empty ones.
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub(crate) leases: Vec<Bytes>,
    #[prost(string, tag = "2")]
    pub(crate) next_page_token: String,
}

/// `jumpstarter.client.v1.Exporter`
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Exporter {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(map = "string, string", tag = "2")]
    pub(crate) labels: HashMap<String, String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListExportersRequest {
    #[prost(string, tag = "1")]
    pub(crate) parent: String,
    #[prost(int32, tag = "2")]
    pub(crate) page_size: i32,
    #[prost(string, tag = "3")]
    pub(crate) page_token: String,
    #[prost(string, tag = "4")]
    pub(crate) filter: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListExportersResponse {
    /// Encoded [`Exporter`]s.
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub(crate) exporters: Vec<Bytes>,
    #[prost(string, tag = "2")]
    pub(crate) next_page_token: String,
}
