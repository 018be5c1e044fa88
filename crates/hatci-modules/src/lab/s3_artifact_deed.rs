//! Takes the steps that make or remove an artifact, and says which of them were taken.
use super::{
    s3_artifact::S3Artifact,
    s3_artifact_options::ArtifactResults,
    s3_artifact_work::Work,
    s3_connection::not_done,
    transfer::{Transfer, Unit, in_mib},
};
use ansible_module::{Failure, SharedResults};
use s3_client::{Error, LocalFile, NewObject};
use serde_json::json;

impl S3Artifact {
    /// Uploads, describes and publishes.
    pub(super) fn make(
        &self,
        work: &Work,
        done: &mut Vec<String>,
        results: &SharedResults<ArtifactResults>,
    ) -> Result<(), Failure> {
        let (bucket, key) = (self.options.bucket.as_str(), self.options.key.as_str());
        let names = self.names();
        // Without a file there is only check mode.
        let Some(file) = &self.file else { return Ok(()) };
        if work.upload {
            self.upload(file, results)?;
            done.push(names.upload());
        } else if work.describe
            && let Some(found) = self.unchanged_object()?
        {
            let metadata = self.metadata.clone().with_sha256(file.sha256());
            let described = self.client.copy((bucket, key), (bucket, key), &found, Some(&metadata));
            described.map_err(|e| not_done(&e))?;
            done.push(names.describe());
        }
        if let (true, Some((to_bucket, to_key)), Some(found)) =
            (work.publish, &self.copy, self.unchanged_object()?)
        {
            let copied = self.client.copy((bucket, key), (to_bucket, to_key), &found, None);
            copied.map_err(|e| {
                let failure = not_done(&e);
                let msg =
                    format!("{} The object itself is uploaded, so the next run only copies it.", failure.msg);
                Failure { msg, ..failure }
            })?;
            done.push(names.publish());
        }
        Ok(())
    }

    /// The object; a failure to read it changes nothing.
    fn unchanged_object(&self) -> Result<Option<s3_client::Object>, Failure> {
        self.object().map_err(Failure::unchanged)
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
        let uploaded = uploaded.map_err(|e| not_uploaded(&e))?;
        let made = json!({ "parts_sent": uploaded.sent, "parts_kept": uploaded.kept });
        results.update(|r| {
            r.resumed = Some(uploaded.kept > 0);
            if let Some(processing) = &mut r.phases.processing {
                processing.made = made.as_object().cloned();
            }
        });
        Ok(())
    }

    /// Deletes the copy and the object, and ends unfinished uploads.
    pub(super) fn remove(&self, work: &Work, done: &mut Vec<String>) -> Result<(), Failure> {
        let (bucket, key) = (self.options.bucket.as_str(), self.options.key.as_str());
        let names = self.names();
        if let (true, Some((bucket, key))) = (work.remove_copy, &self.copy) {
            self.client.delete(bucket, key).map_err(|e| not_done(&e))?;
            done.push(names.remove_copy());
        }
        if work.remove {
            self.client.delete(bucket, key).map_err(|e| not_done(&e))?;
            done.push(names.remove());
        }
        for (at, upload) in work.abort.iter().enumerate() {
            self.client.abort_upload(bucket, key, upload).map_err(|e| not_done(&e))?;
            if at > 0 {
                done.pop();
            }
            done.push(names.abort(at + 1));
        }
        Ok(())
    }
}

/// Says what to do with the parts that are on the server.
fn not_uploaded(error: &Error) -> Failure {
    let failure = not_done(error);
    match error {
        Error::Partly { .. } => Failure {
            msg: format!(
                "{} Run the task again to continue, or with state=absent to remove what was sent.",
                failure.msg
            ),
            ..failure
        },
        _ => failure,
    }
}
