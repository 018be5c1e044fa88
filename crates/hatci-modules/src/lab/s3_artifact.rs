//! `s3_artifact`
use super::{
    counted::counted,
    phases::{Housekeeping, Processing},
    s3_artifact_options::{ArtifactOptions, ArtifactResults, ArtifactState},
    s3_artifact_work::{Names, Work, shown},
    s3_connection::{S3Failure, failed},
    s3_metadata::{as_map, given_metadata},
    transfer::{Transfer, Unit},
};
use ansible_module::{ErrorKind, Failure, Module, Plan, Results, Return, SharedResults, Task};
use s3_client::{BucketState, Client, LARGEST_PART, LocalFile, Metadata, Object, SMALLEST_PART, is_same};
use serde_json::{Value, json};

/// The module `s3_artifact`.
pub struct S3Artifact {
    pub(super) task: Task,
    pub(super) client: Client,
    pub(super) options: ArtifactOptions,
    pub(super) metadata: Metadata,
    /// None: it should not exist, or it does not yet exist in check mode.
    pub(super) file: Option<LocalFile>,
    /// Bucket and key of the copy.
    pub(super) copy: Option<(String, String)>,
    is_done: bool,
}

impl Module for S3Artifact {
    const NAME: &'static str = "s3_artifact";
    const EXAMPLES: &'static str = include_str!("s3_artifact.yml");
    type Options = ArtifactOptions;
    type Results = ArtifactResults;
    type Change = Work;

    fn details() -> Vec<Return> {
        S3Failure::returns()
    }

    fn new(options: ArtifactOptions, task: &Task) -> Result<Self, Failure> {
        if !(SMALLEST_PART..=LARGEST_PART).contains(&options.part_size) {
            return Err(Failure::invalid("part_size must be between 5M and 5G. Leave it out for 16M."));
        }
        let copy = options.publish.as_ref().map(|publish| {
            (publish.bucket.clone(), publish.key.clone().unwrap_or_else(|| options.key.clone()))
        });
        if copy.as_ref().is_some_and(|(bucket, key)| (bucket, key) == (&options.bucket, &options.key)) {
            return Err(Failure::invalid(
                "publish names the object itself. Give the copy another bucket or key.",
            ));
        }
        Ok(S3Artifact {
            task: task.clone(),
            client: options.connection.client(task)?,
            metadata: given_metadata(options.metadata.as_ref())?,
            file: None,
            copy,
            options,
            is_done: false,
        })
    }

    fn discover(&mut self, results: &SharedResults<ArtifactResults>) -> Result<Plan<Work>, Failure> {
        let url = self.client.url_of(&self.options.bucket, &self.options.key);
        let published_url = self.published_url();
        results.update(|r| (r.url, r.published_url) = (Some(url), published_url));
        let is_present = self.options.state == ArtifactState::Present;
        if is_present {
            self.file = self.read_file()?;
            let file = self.file.as_ref().map(|file| (file.sha256().to_owned(), file.size()));
            results.update(|r| {
                (r.sha256, r.size) = file.unzip();
                r.resumed = Some(false);
            });
        }
        let found = self.object()?;
        let copy = self.published()?;
        if is_present && found.is_none() {
            self.check_bucket(&self.options.bucket)?;
        }
        if let (true, None, Some((bucket, _))) = (is_present, &copy, &self.copy) {
            self.check_bucket(bucket)?;
        }
        let unfinished = self.unfinished()?;
        let unfinished_count = unfinished.len();
        let discovery = json!({
            "exists": found.is_some(), "size": found.as_ref().map(|it| it.size),
            "sha256": found.as_ref().and_then(|it| it.metadata.sha256()),
            "metadata": found.as_ref().map(|it| as_map(&it.metadata)),
            "is_published": copy.is_some(), "unfinished_uploads": unfinished_count,
        });
        results.update(|r| r.phases.discovery = discovery.as_object().cloned());
        let work = if is_present {
            self.to_be_made(found.as_ref(), copy.as_ref())
        } else {
            Work {
                remove: found.is_some(),
                remove_copy: copy.is_some(),
                abort: unfinished,
                ..Work::default()
            }
        };
        let actions = if self.task.check_mode() { work.lines(&self.names()) } else { vec![] };
        results.update(|r| r.phases.processing = Some(Processing { actions, made: None }));
        if work == Work::default() {
            return Ok(Plan::Nothing);
        }
        let before = shown(found.as_ref(), copy.as_ref(), unfinished_count);
        let after = self.shown_after();
        Ok(Plan::Change { what: work, before, after })
    }

    fn process(&mut self, work: Work, results: &SharedResults<ArtifactResults>) -> Result<(), Failure> {
        let mut done = Vec::new();
        let outcome = match self.options.state {
            ArtifactState::Absent => self.remove(&work, &mut done),
            ArtifactState::Present => self.make(&work, &mut done, results),
        };
        let has_changed = !done.is_empty();
        results.update(|r| r.phases.processing.get_or_insert_default().actions = done);
        self.is_done = outcome.is_ok();
        outcome.map_err(|failure| Failure {
            changed: Some(has_changed || failure.changed.unwrap_or_default()),
            ..failure
        })
    }

    fn housekeep(&mut self, results: &SharedResults<ArtifactResults>) -> Result<(), Failure> {
        if !self.is_done {
            return Ok(());
        }
        let (found, copy, unfinished) = (self.object()?, self.published()?, self.unfinished()?);
        let verified = match &self.file {
            Some(_) => self.to_be_made(found.as_ref(), copy.as_ref()) == Work::default(),
            None => found.is_none() && copy.is_none() && unfinished.is_empty(),
        };
        let mut warnings = Vec::new();
        if !unfinished.is_empty() && self.file.is_some() {
            warnings.push(format!(
                "{} to this key wastes space on the server. If no other run is uploading, free it with a lifecycle rule.",
                counted(unfinished.len(), "unfinished upload")
            ));
        }
        results.update(|r| r.phases.housekeeping = Some(Housekeeping { verified: Some(verified), warnings }));
        if verified {
            return Ok(());
        }
        let url = self.client.url_of(&self.options.bucket, &self.options.key);
        let msg = format!("{url} was changed by someone else while this task ran. Run the task again.");
        Err(Failure::new(ErrorKind::Conflict, msg))
    }
}

impl S3Artifact {
    /// The file, read once; none if it need not exist yet.
    fn read_file(&self) -> Result<Option<LocalFile>, Failure> {
        let Some(src) = &self.options.src else { return Ok(None) };
        if self.task.check_mode() && !src.exists() {
            self.task.warn(format!("{} does not exist yet; a run would upload it.", src.display()));
            return Ok(None);
        }
        let transfer = Transfer::new(&self.task, format!("Reading {}", src.display()), Unit::Bytes);
        LocalFile::open(src, &mut |done, of| transfer.reach(done, of)).map(Some).map_err(|e| failed(&e))
    }

    pub(super) fn names(&self) -> Names {
        let ArtifactOptions { bucket, key, .. } = &self.options;
        let copy = self.copy.as_ref().map(|(bucket, key)| format!("{bucket}/{key}"));
        Names { object: format!("{bucket}/{key}"), copy: copy.unwrap_or_default() }
    }

    /// A bucket that is not there is a failure before anything is sent, and in check mode. A server answers 404 for a missing object
    /// in the same way.
    fn check_bucket(&self, bucket: &str) -> Result<(), Failure> {
        match self.client.bucket(bucket).map_err(|e| failed(&e))? {
            BucketState::Absent => Err(Failure::new(
                ErrorKind::NotFound,
                format!("There is no bucket {bucket}. Check its name, or create it with s3_artifact_store."),
            )),
            // Whoever may not ask for the bucket may still be allowed to write to it.
            BucketState::Present | BucketState::Foreign => Ok(()),
        }
    }

    pub(super) fn object(&self) -> Result<Option<Object>, Failure> {
        self.client.object(&self.options.bucket, &self.options.key).map_err(|e| failed(&e))
    }

    fn published(&self) -> Result<Option<Object>, Failure> {
        let Some((bucket, key)) = &self.copy else { return Ok(None) };
        self.client.object(bucket, key).map_err(|e| failed(&e))
    }

    fn published_url(&self) -> Option<String> {
        let (bucket, key) = self.copy.as_ref()?;
        Some(match &self.options.public_url {
            Some(base) => self.client.url_below(base, key),
            None => self.client.url_of(bucket, key),
        })
    }

    /// The unfinished uploads to the key; none if the server can't list them.
    fn unfinished(&self) -> Result<Vec<String>, Failure> {
        match self.client.uploads(&self.options.bucket, &self.options.key) {
            Err(e) if e.is_unsupported() || e.is(&["NoSuchBucket"]) => Ok(vec![]),
            Err(e) if e.is(&["AccessDenied"]) => Ok(vec![]),
            found => Ok(found.map_err(|e| failed(&e))?.into_iter().map(|upload| upload.id).collect()),
        }
    }

    fn to_be_made(&self, found: Option<&Object>, copy: Option<&Object>) -> Work {
        let Some(file) = &self.file else {
            return Work { upload: true, publish: self.copy.is_some(), ..Work::default() };
        };
        let is_there = |object: &Object| is_same(object, file);
        let upload = !found.is_some_and(is_there);
        let is_described = |object: &Object| object.metadata.has_all_of(&self.metadata);
        let describe = !upload && !found.is_some_and(is_described);
        let publish = self.copy.is_some() && !copy.is_some_and(|copy| is_there(copy) && is_described(copy));
        Work { upload, describe, publish, ..Work::default() }
    }

    fn shown_after(&self) -> Value {
        if self.options.state == ArtifactState::Absent {
            return Value::Null;
        }
        json!({
            "size": self.file.as_ref().map(LocalFile::size),
            "sha256": self.file.as_ref().map(LocalFile::sha256),
            "metadata": as_map(&self.metadata),
            "is_published": self.copy.is_some(),
        })
    }
}
