//! The steps that make or remove a store: each described in a line, and carried out.
use super::{counted::counted, s3_index::INDEX};
use s3_client::{Client, Doomed, Error};
use serde_json::Value;

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// Create a bucket.
    Create { bucket: String },
    /// Turn versions on, or suspend them.
    SetVersioning { bucket: String, is_on: bool },
    /// Write the empty object that shows a folder.
    MakeFolder { bucket: String, key: String },
    /// Let policies make objects of a bucket public.
    AllowPublic { bucket: String },
    /// Replace the policy.
    SetPolicy { bucket: String, policy: Value },
    /// Delete objects that are too old.
    DeleteOld { bucket: String, keys: Vec<String> },
    /// Write the index.
    WriteIndex { bucket: String, index: Value },
    /// Delete what the store itself has put into a bucket, and old versions of whatever was there.
    Empty { bucket: String, doomed: Vec<Doomed>, what: String },
    /// Delete an empty bucket.
    Delete { bucket: String },
}

impl Step {
    /// For the list of actions in a result.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Create { bucket } => format!("create bucket {bucket}"),
            Self::SetVersioning { bucket, is_on: true } => format!("enable versioning of {bucket}"),
            Self::SetVersioning { bucket, is_on: false } => format!("suspend versioning of {bucket}"),
            Self::MakeFolder { bucket, key } => format!("create folder {bucket}/{key}"),
            Self::AllowPublic { bucket } => format!("allow public policies for {bucket}"),
            Self::SetPolicy { bucket, .. } => format!("set the policy of {bucket}"),
            Self::DeleteOld { bucket, keys } => {
                format!("delete {} in {bucket}", counted(keys.len(), "old object"))
            }
            Self::WriteIndex { bucket, .. } => format!("write {bucket}/{INDEX}"),
            Self::Empty { bucket, what, .. } => format!("delete {what} in {bucket}"),
            Self::Delete { bucket } => format!("delete bucket {bucket}"),
        }
    }

    /// Does it. What this server can't do at all is not done, and becomes a warning.
    pub(crate) fn run(&self, client: &Client) -> Result<Option<String>, Error> {
        match (self.try_run(client), self) {
            (Err(e), Self::SetVersioning { bucket, .. }) if e.is_unsupported() => {
                Ok(Some(no_versions(bucket)))
            }
            (Err(e), Self::SetPolicy { bucket, .. }) if e.is_unsupported() => Ok(Some(no_policies(bucket))),
            (done, _) => done.map(|()| None),
        }
    }

    fn try_run(&self, client: &Client) -> Result<(), Error> {
        match self {
            Self::Create { bucket } => client.create_bucket(bucket),
            Self::SetVersioning { bucket, is_on } => client.set_versioning(bucket, *is_on),
            Self::MakeFolder { bucket, key } => client.put(bucket, key, "application/x-directory", b""),
            Self::AllowPublic { bucket } => client.allow_public_policies(bucket),
            Self::SetPolicy { bucket, policy } => {
                // A bucket that was just created may block what an older one allows.
                let was_blocked = client.blocks_public_policies(bucket)?;
                if was_blocked {
                    client.allow_public_policies(bucket)?;
                }
                client.set_policy(bucket, policy).map_err(|error| {
                    if was_blocked {
                        Error::partly(format!("Public policies are now allowed for {bucket}"), error)
                    } else {
                        error
                    }
                })
            }
            Self::DeleteOld { bucket, keys } => {
                let doomed: Vec<_> =
                    keys.iter().map(|key| Doomed { key: key.clone(), version: None }).collect();
                client.delete_all(bucket, &doomed)
            }
            Self::WriteIndex { bucket, index } => {
                client.put(bucket, INDEX, "application/json", index.to_string().as_bytes())
            }
            Self::Empty { bucket, doomed, .. } => client.delete_all(bucket, doomed),
            // What somebody has put into it since keeps it.
            Self::Delete { bucket } => client.delete_bucket(bucket),
        }
    }
}

/// Warns of a server without versions.
pub(crate) fn no_versions(bucket: &str) -> String {
    format!(
        "This server keeps no versions, so objects that are replaced or deleted in {bucket} are lost. Set versioning to false to accept that."
    )
}

/// Warns of a server without policies.
pub(crate) fn no_policies(bucket: &str) -> String {
    format!(
        "This server has no bucket policies, so this task can't make {bucket} public. Make it public on the server, and give s3_artifact its public_url."
    )
}
