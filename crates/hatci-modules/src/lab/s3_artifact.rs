//! `s3_artifact`
use super::{
    phases::{Housekeeping, Processing},
    s3_artifact_options::{ArtifactOptions, ArtifactResults, ArtifactState},
    s3_artifact_work::{Work, shown},
    s3_connection::{S3Failure, failed},
    s3_metadata::{as_map, given_metadata},
    transfer::{Transfer, Unit, in_mib},
};
use ansible_module::{ErrorKind, Failure, Module, Plan, Results, Return, SharedResults, Task};
use s3_client::{Client, LARGEST_PART, LocalFile, Metadata, NewObject, Object, SMALLEST_PART, is_same};
use serde_json::{Value, json};

/// The module `s3_artifact`.
pub struct S3Artifact {
    task: Task,
    client: Client,
    options: ArtifactOptions,
    metadata: Metadata,
    /// None: it should not exist, or it does not yet exist in check mode.
    file: Option<LocalFile>,
    /// Bucket and key of the copy.
    copy: Option<(String, String)>,
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
                "publish names the object itself. Give another bucket or key for the copy.",
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
        let object = format!("{}/{}", self.options.bucket, self.options.key);
        let copy_at = self.copy.as_ref().map(|(bucket, key)| format!("{bucket}/{key}"));
        let actions = work.lines(&object, copy_at.as_deref().unwrap_or_default());
        results.update(|r| r.phases.processing = Some(Processing { actions, made: None }));
        if work == Work::default() {
            return Ok(Plan::Nothing);
        }
        let before = shown(found.as_ref(), copy.as_ref(), unfinished_count);
        let after = self.shown_after();
        Ok(Plan::Change { what: work, before, after })
    }

    fn process(&mut self, work: Work, results: &SharedResults<ArtifactResults>) -> Result<(), Failure> {
        if self.options.state == ArtifactState::Absent {
            self.remove(&work)?;
        } else {
            self.make(&work, results)?;
        }
        self.is_done = true;
        Ok(())
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
                "{} unfinished uploads to this key take up space on the server. If no other run is uploading, remove them with a lifecycle rule.",
                unfinished.len()
            ));
        }
        results.update(|r| r.phases.housekeeping = Some(Housekeeping { verified, warnings }));
        if verified {
            return Ok(());
        }
        let url = self.client.url_of(&self.options.bucket, &self.options.key);
        let msg = format!(
            "{url} is not as this task has left it: somebody else changes it at the same time. Run the task again."
        );
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

    fn object(&self) -> Result<Option<Object>, Failure> {
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

    fn make(&self, work: &Work, results: &SharedResults<ArtifactResults>) -> Result<(), Failure> {
        let (bucket, key) = (self.options.bucket.as_str(), self.options.key.as_str());
        // Without a file there is only check mode.
        let Some(file) = &self.file else { return Ok(()) };
        if work.upload {
            self.upload(file, results)?;
        } else if work.describe
            && let Some(found) = self.object()?
        {
            let metadata = self.metadata.clone().with_sha256(file.sha256());
            self.client
                .copy((bucket, key), (bucket, key), &found, Some(&metadata))
                .map_err(|e| failed(&e))?;
        }
        if let (true, Some((to_bucket, to_key)), Some(found)) = (work.publish, &self.copy, self.object()?) {
            let copied = self.client.copy((bucket, key), (to_bucket, to_key), &found, None);
            copied.map_err(|e| {
                let failure = failed(&e);
                let msg =
                    format!("{} The object itself is uploaded, so the next run only copies it.", failure.msg);
                Failure { msg, ..failure }
            })?;
        }
        Ok(())
    }

    fn upload(&self, file: &LocalFile, results: &SharedResults<ArtifactResults>) -> Result<(), Failure> {
        let new = NewObject {
            bucket: &self.options.bucket,
            key: &self.options.key,
            file,
            metadata: self.metadata.clone(),
            part_size: self.options.part_size,
            resume: self.options.resume,
        };
        let name = self.options.key.rsplit('/').next().unwrap_or_default();
        let transfer = Transfer::new(&self.task, format!("Uploading {name}"), Unit::Bytes);
        let _hook = self.task.on_interrupt(|| {
            "The parts that were sent stay on the server: run the task again to continue, or with state=absent to remove them.".into()
        });
        let uploaded = self.client.upload(&new, &|progress| {
            if progress.kept > 0 && progress.kept == progress.done {
                let kept = in_mib(progress.kept);
                self.task.progress(&format!("Continuing an upload: {kept} MiB are on the server already"));
                results.update(|r| r.resumed = Some(true));
            }
            transfer.reach(progress.done, progress.of);
        });
        let uploaded = uploaded.map_err(|e| self.not_uploaded(&e))?;
        let made = json!({ "parts_sent": uploaded.sent, "parts_kept": uploaded.kept });
        results.update(|r| {
            r.resumed = Some(uploaded.kept > 0);
            if let Some(processing) = &mut r.phases.processing {
                processing.made = made.as_object().cloned();
            }
        });
        Ok(())
    }

    /// Says what becomes of the parts.
    fn not_uploaded(&self, error: &s3_client::Error) -> Failure {
        let failure = failed(error);
        let is_in_parts = self.file.as_ref().is_some_and(|file| file.size() > self.options.part_size);
        let then = match (is_in_parts, self.options.resume) {
            (false, _) => "",
            (true, true) => {
                " The parts that were sent are kept: run the task again to continue, or with state=absent to remove them."
            }
            (true, false) => " The parts that were sent are removed.",
        };
        Failure { msg: format!("{}{then}", failure.msg), ..failure }
    }

    fn remove(&self, work: &Work) -> Result<(), Failure> {
        let (bucket, key) = (self.options.bucket.as_str(), self.options.key.as_str());
        let remove = || -> Result<(), s3_client::Error> {
            if let (true, Some((bucket, key))) = (work.remove_copy, &self.copy) {
                self.client.delete(bucket, key)?;
            }
            if work.remove {
                self.client.delete(bucket, key)?;
            }
            work.abort.iter().try_for_each(|upload| self.client.abort_upload(bucket, key, upload))
        };
        remove().map_err(|e| failed(&e))
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
