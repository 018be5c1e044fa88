//! `s3_artifact_store`
use super::{
    phases::{Housekeeping, Processing},
    s3_connection::{S3Failure, failed},
    s3_store_options::{StoreOptions, StoreResults, StoreState},
    s3_store_steps::Step,
    s3_store_survey::{
        Found, Wanted, cleaned_by_default, contents, exists, index_step, removal, survey, take_old,
    },
    transfer::{Transfer, Unit},
};
use ansible_module::{ErrorKind, Failure, Module, Plan, Results, Return, SharedResults, Task};
use jiff::{Span, Timestamp};
use s3_client::Client;
use serde_json::{Map, json};

/// The module `s3_artifact_store`.
pub struct S3ArtifactStore {
    task: Task,
    client: Client,
    options: StoreOptions,
    is_done: bool,
}

impl Module for S3ArtifactStore {
    const NAME: &'static str = "s3_artifact_store";
    const EXAMPLES: &'static str = include_str!("s3_artifact_store.yml");
    type Options = StoreOptions;
    type Results = StoreResults;
    type Change = Steps;

    fn details() -> Vec<Return> {
        S3Failure::returns()
    }

    fn new(mut options: StoreOptions, task: &Task) -> Result<Self, Failure> {
        options.check()?;
        Ok(S3ArtifactStore {
            task: task.clone(),
            client: options.connection.client(task)?,
            options,
            is_done: false,
        })
    }

    fn discover(&mut self, results: &SharedResults<StoreResults>) -> Result<Plan<Steps>, Failure> {
        let steps = match self.options.state {
            StoreState::Present => self.survey_present(results)?,
            StoreState::Absent => self.survey_absent(results)?,
        };
        let actions: Vec<String> = steps.iter().map(Step::line).collect();
        let before = results.read(|r| r.phases.discovery.clone());
        let after = json!({ "actions": actions });
        results.update(|r| r.phases.processing = Some(Processing { actions, made: None }));
        if steps.is_empty() {
            return Ok(Plan::Nothing);
        }
        Ok(Plan::Change { what: Steps(steps), before: before.into(), after })
    }

    fn process(&mut self, Steps(steps): Steps, results: &SharedResults<StoreResults>) -> Result<(), Failure> {
        let mut made: Vec<String> = Vec::new();
        for step in &steps {
            let line = step.line();
            let warning = step.run(&self.client).map_err(|e| {
                let failure = failed(&e);
                let msg = format!("Could not {line}. {}{}", failure.msg, stays(&made));
                Failure { msg, changed: Some(!made.is_empty() || e.may_have_acted()), ..failure }
            })?;
            if let Some(warning) = warning {
                self.task.warn(warning);
            }
            self.task.progress(&line);
            made.push(line);
            let done = json!({ "done": made });
            results.update(|r| {
                if let Some(processing) = &mut r.phases.processing {
                    processing.made = done.as_object().cloned();
                }
            });
        }
        self.is_done = true;
        Ok(())
    }

    fn housekeep(&mut self, results: &SharedResults<StoreResults>) -> Result<(), Failure> {
        if !self.is_done {
            return Ok(());
        }
        let (missing, warnings) = match self.options.state {
            StoreState::Present => {
                let (private, public) = self.survey()?;
                let mut missing = private.steps.clone();
                missing.extend(public.iter().flat_map(|it| it.steps.clone()));
                let warnings = private.warnings.iter().chain(public.iter().flat_map(|it| &it.warnings));
                let warnings: Vec<String> = warnings.cloned().collect();
                self.tell_buckets(&private, public.as_ref(), results);
                (missing, warnings)
            }
            StoreState::Absent => {
                let mut missing = Vec::new();
                for bucket in self.buckets() {
                    if exists(&self.client, bucket)? {
                        missing.push(Step::Delete { bucket: bucket.to_owned() });
                    }
                }
                (missing, vec![])
            }
        };
        let verified = missing.is_empty();
        results.update(|r| r.phases.housekeeping = Some(Housekeeping { verified, warnings }));
        match missing.first() {
            None => Ok(()),
            Some(step) => Err(Failure::new(
                ErrorKind::Conflict,
                format!(
                    "The server accepted everything, and yet it remains to {}. Run the task again; if that does not help, look into the server's log.",
                    step.line()
                ),
            )),
        }
    }
}

/// All steps, in their order.
pub struct Steps(Vec<Step>);

impl S3ArtifactStore {
    fn buckets(&self) -> impl Iterator<Item = &str> {
        [Some(&self.options.private_bucket), self.options.public_bucket.as_ref()]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// The private bucket and the public one.
    fn survey(&self) -> Result<(Found, Option<Found>), Failure> {
        let private = Wanted {
            bucket: &self.options.private_bucket,
            folders: &self.options.private_folders,
            versioning: Some(self.options.versioning),
            public_prefix: None,
        };
        let public = self.options.public_bucket.as_deref().map(|bucket| Wanted {
            bucket,
            folders: &self.options.public_folders,
            versioning: None,
            public_prefix: Some(&self.options.public_prefix),
        });
        let public = public.map(|public| survey(&self.client, &public)).transpose()?;
        Ok((survey(&self.client, &private)?, public))
    }

    fn survey_present(&self, results: &SharedResults<StoreResults>) -> Result<Vec<Step>, Failure> {
        let (private, public) = self.survey()?;
        private
            .warnings
            .iter()
            .chain(public.iter().flat_map(|it| &it.warnings))
            .for_each(|it| self.task.warn(it));
        self.tell_buckets(&private, public.as_ref(), results);
        let discovery = results.read(|r| json!({ "buckets": r.buckets }));
        results.update(|r| r.phases.discovery = discovery.as_object().cloned());
        let is_there = private.exists;
        let mut steps = private.steps;
        steps.extend(public.into_iter().flat_map(|it| it.steps));
        steps.extend(self.survey_contents(is_there, results)?);
        Ok(steps)
    }

    fn survey_contents(
        &self,
        is_there: bool,
        results: &SharedResults<StoreResults>,
    ) -> Result<Vec<Step>, Failure> {
        let StoreOptions { private_bucket: bucket, index, keep_days, .. } = &self.options;
        let mut steps = Vec::new();
        let is_listed = is_there && (*index || keep_days.is_some());
        let listed = if is_listed { contents(&self.client, bucket) } else { Ok(vec![]) };
        let mut listed = listed.map_err(|e| failed(&e))?;
        let mut deleted = vec![];
        if let Some(days) = keep_days {
            let folders = self.options.cleanup_folders.clone();
            let folders = folders.unwrap_or_else(|| cleaned_by_default(&self.options.private_folders));
            let limit = Timestamp::now().checked_sub(Span::new().hours(24 * i64::from(*days)));
            // A limit before the beginning of time keeps everything.
            deleted = limit.map(|limit| take_old(&mut listed, &folders, limit)).unwrap_or_default();
            if !deleted.is_empty() {
                steps.push(Step::DeleteOld { bucket: bucket.clone(), keys: deleted.clone() });
            }
        }
        results.update(|r| r.deleted = Some(deleted));
        if *index {
            let transfer =
                Transfer::new(&self.task, format!("Reading the metadata in {bucket}"), Unit::Objects);
            let told = |done, of| transfer.reach(done, of);
            let (step, entries) =
                index_step(&self.client, bucket, &listed, is_there, &told).map_err(|e| failed(&e))?;
            steps.extend(step);
            results.update(|r| r.index_entries = Some(entries));
        }
        Ok(steps)
    }

    fn survey_absent(&self, results: &SharedResults<StoreResults>) -> Result<Vec<Step>, Failure> {
        let mut steps = Vec::new();
        let mut found = Map::new();
        for (role, bucket) in ["private", "public"].into_iter().zip(self.buckets()) {
            let step = removal(&self.client, bucket)?;
            found.insert(role.into(), json!({ "name": bucket, "exists": step.is_some() }));
            steps.extend(step);
        }
        let discovery = json!({ "buckets": found });
        results.update(|r| (r.buckets, r.phases.discovery) = (Some(found), discovery.as_object().cloned()));
        Ok(steps)
    }

    fn tell_buckets(&self, private: &Found, public: Option<&Found>, results: &SharedResults<StoreResults>) {
        let mut buckets = Map::new();
        buckets.insert("private".into(), private.shown(&self.options.private_bucket));
        if let (Some(bucket), Some(found)) = (&self.options.public_bucket, public) {
            buckets.insert("public".into(), found.shown(bucket));
        }
        let policy = public.and_then(|it| it.policy.clone());
        results.update(|r| (r.buckets, r.policy) = (Some(buckets), policy));
    }
}

/// What a failed task has made.
fn stays(made: &[String]) -> String {
    if made.is_empty() {
        return String::new();
    }
    format!(
        " What was done before stays ({}): run the task again to go on, or with state=absent to remove it.",
        made.join(", ")
    )
}
