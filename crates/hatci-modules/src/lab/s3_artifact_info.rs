//! `s3_artifact_info`
use super::{
    s3_connection::{S3Connection, S3Failure, failed},
    s3_index::{is_folder_marker, kind_of},
    s3_metadata::{as_map, given_metadata},
    transfer::{Transfer, Unit},
};
use ansible_module::{ErrorKind, Failure, InfoModule, Options, Results, Return, SharedResults, Task};
use s3_client::{Client, Listed, Metadata};
use serde_json::{Map, Value};

/// More than this is no list for a playbook.
const MOST: usize = 10_000;

/// List artifacts in S3
///
/// Folder markers, which are empty objects whose keys end in a slash, are left out.
#[derive(Options)]
pub struct ArtifactInfoOptions {
    /// The bucket.
    bucket: String,
    /// Only objects whose key begins with this.
    #[option(default = "")]
    prefix: String,
    /// Only objects that have all of these names and values in their metadata.
    metadata: Option<Map<String, Value>>,
    #[option(flatten)]
    connection: S3Connection,
}

/// What `s3_artifact_info` returns.
#[derive(Results, Default)]
pub struct ArtifactInfoResults {
    /// The objects, in the order of their keys.
    #[result(returned = "success")]
    artifacts: Option<Vec<Artifact>>,
}

/// One object.
#[derive(Results, Default)]
struct Artifact {
    /// Its key.
    #[result(returned = "always", sample = "isos/4.18/agent.x86_64.iso")]
    key: String,
    /// Its size in bytes.
    #[result(returned = "always", sample = 1_207_959_552)]
    size: u64,
    /// When it was written.
    #[result(returned = "always", sample = "2026-11-20T22:00:00.000Z")]
    last_modified: String,
    /// Its `ETag`, which is an MD5 only if the object was not uploaded in parts.
    #[result(returned = "always", sample = "900150983cd24fb0d6963f7d28e17f72")]
    etag: String,
    /// `iso`, `binary`, `artifact` or `other`, by the first folder of its key.
    #[result(name = "type", returned = "always", sample = "iso")]
    kind: String,
    /// What is kept with it.
    #[result(returned = "always", sample = { "version": "4.18.9" })]
    metadata: Map<String, Value>,
    /// The SHA-256 of its content.
    #[result(
        returned = "when it was kept with the object",
        sample = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )]
    sha256: Option<String>,
    /// Its URL.
    #[result(returned = "always", sample = "https://s3.example.com/lab-public/isos/4.18/agent.x86_64.iso")]
    url: String,
}

/// The module `s3_artifact_info`.
pub struct S3ArtifactInfo {
    task: Task,
    client: Client,
    bucket: String,
    prefix: String,
    metadata: Metadata,
}

impl InfoModule for S3ArtifactInfo {
    const NAME: &'static str = "s3_artifact_info";
    const EXAMPLES: &'static str = include_str!("s3_artifact_info.yml");
    type Options = ArtifactInfoOptions;
    type Results = ArtifactInfoResults;

    fn details() -> Vec<Return> {
        S3Failure::returns()
    }

    fn new(options: ArtifactInfoOptions, task: &Task) -> Result<Self, Failure> {
        Ok(S3ArtifactInfo {
            task: task.clone(),
            client: options.connection.client(task)?,
            metadata: given_metadata(options.metadata.as_ref())?,
            bucket: options.bucket,
            prefix: options.prefix,
        })
    }

    fn read(&mut self, results: &SharedResults<ArtifactInfoResults>) -> Result<(), Failure> {
        let mut listed = Vec::new();
        let mut more = 0;
        let mut keep = |found: Listed| match is_folder_marker(&found.key, found.size) {
            true => {}
            false if listed.len() == MOST => more += 1,
            false => listed.push(found),
        };
        self.client.list(&self.bucket, &self.prefix, &mut keep).map_err(|e| failed(&e))?;
        if more > 0 {
            let msg = format!(
                "{} has more than {MOST} objects under {:?}. Give a longer prefix.",
                self.bucket, self.prefix
            );
            return Err(Failure::new(ErrorKind::Invalid, msg));
        }
        let transfer =
            Transfer::new(&self.task, format!("Reading the metadata in {}", self.bucket), Unit::Objects);
        let mut artifacts = Vec::new();
        for (number, found) in listed.iter().enumerate() {
            transfer.reach(number as u64, listed.len() as u64);
            artifacts.extend(self.artifact(found)?);
        }
        results.update(|r| r.artifacts = Some(artifacts));
        Ok(())
    }
}

impl S3ArtifactInfo {
    /// None if it lacks the metadata that is asked for, or was deleted meanwhile.
    fn artifact(&self, listed: &Listed) -> Result<Option<Artifact>, Failure> {
        let found = self.client.object(&self.bucket, &listed.key).map_err(|e| failed(&e))?;
        let found = found.filter(|found| found.metadata.has_all_of(&self.metadata));
        Ok(found.map(|found| Artifact {
            url: self.client.url_of(&self.bucket, &listed.key),
            kind: kind_of(&listed.key).to_owned(),
            key: listed.key.clone(),
            size: found.size,
            last_modified: listed.last_modified.clone(),
            etag: found.etag,
            sha256: found.metadata.sha256().map(str::to_owned),
            metadata: as_map(&found.metadata),
        }))
    }
}
