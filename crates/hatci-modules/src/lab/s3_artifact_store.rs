//! `s3_artifact_store`
use super::{
    phases::{Housekeeping, Processing},
    s3_connection::{S3Failure, failed},
    s3_store_options::{StoreOptions, StoreResults, StoreState},
    s3_store_removal::{gone, removal},
    s3_store_shown as shown,
    s3_store_steps::Step,
    s3_store_survey::{Found, Wanted, cleaned_by_default, contents, exists, index_step, survey, take_old},
    transfer::{Transfer, Unit},
};
use ansible_module::{ErrorKind, Failure, Module, Plan, Results, Return, SharedResults, Task};
use jiff::{Span, Timestamp};
use s3_client::Client;
use serde_json::{Map, Value, json};

/// The module `s3_artifact_store`.
pub struct S3ArtifactStore {
    task: Task,
    client: Client,
    options: StoreOptions,
    is_done: bool,
    /// Whether the server could not do a step at all.
    is_incomplete: bool,
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
            is_incomplete: false,
        })
    }

    fn discover(&mut self, results: &SharedResults<StoreResults>) -> Result<Plan<Steps>, Failure> {
        let Planned { steps, before, after } = match self.options.state {
            StoreState::Present => self.survey_present(results)?,
            StoreState::Absent => self.survey_absent(results)?,
        };
        let is_told = self.task.check_mode();
        let actions = steps.iter().filter(|_| is_told).map(Step::line).collect();
        results.update(|r| r.phases.processing = Some(Processing { actions, made: None }));
        if steps.is_empty() {
            return Ok(Plan::Nothing);
        }
        Ok(Plan::Change { what: Steps(steps), before: before.into(), after: after.into() })
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
                self.is_incomplete = true;
                continue;
            }
            self.task.progress(&line);
            made.push(line);
            let done = json!({ "done": made }).as_object().cloned();
            results.update(|r| {
                r.phases.processing = Some(Processing { actions: made.clone(), made: done });
            });
        }
        if made.is_empty() {
            self.task.unchanged();
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
                self.is_incomplete |= !warnings.is_empty();
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
        let verified = missing.is_empty() && !self.is_incomplete;
        results.update(|r| r.phases.housekeeping = Some(Housekeeping { verified: Some(verified), warnings }));
        match missing.first() {
            None => Ok(()),
            Some(step) => Err(Failure::new(
                ErrorKind::Conflict,
                format!(
                    "The server accepted everything, but did not {}. Run the task again; if that does not help, check the server's log.",
                    step.line()
                ),
            )),
        }
    }
}

/// All steps, in their order.
pub struct Steps(Vec<Step>);

/// What is to be done, and what that makes of the store.
struct Planned {
    steps: Vec<Step>,
    before: Map<String, Value>,
    after: Map<String, Value>,
}

impl S3ArtifactStore {
    fn buckets(&self) -> impl Iterator<Item = &str> {
        [Some(&self.options.private_bucket), self.options.public_bucket.as_ref()]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    fn private(&self) -> Wanted<'_> {
        Wanted {
            bucket: &self.options.private_bucket,
            folders: &self.options.private_folders,
            versioning: Some(self.options.versioning),
            public_prefix: None,
        }
    }

    fn public(&self) -> Option<Wanted<'_>> {
        self.options.public_bucket.as_deref().map(|bucket| Wanted {
            bucket,
            folders: &self.options.public_folders,
            versioning: None,
            public_prefix: Some(&self.options.public_prefix),
        })
    }

    /// The private bucket and the public one.
    fn survey(&self) -> Result<(Found, Option<Found>), Failure> {
        let public = self.public().map(|public| survey(&self.client, &public)).transpose()?;
        Ok((survey(&self.client, &self.private())?, public))
    }

    fn survey_present(&self, results: &SharedResults<StoreResults>) -> Result<Planned, Failure> {
        let (private, public) = self.survey()?;
        private
            .warnings
            .iter()
            .chain(public.iter().flat_map(|it| &it.warnings))
            .for_each(|it| self.task.warn(it));
        self.tell_buckets(&private, public.as_ref(), results);
        let discovery = results.read(|r| json!({ "buckets": r.buckets }));
        results.update(|r| r.phases.discovery = discovery.as_object().cloned());
        let both = |of: fn(&Wanted, &Found) -> Value| {
            let public = self.public().zip(public.as_ref());
            json!({ "private": of(&self.private(), &private), "public": public.map(|(wanted, found)| of(&wanted, found)) })
        };
        let mut before = Map::from_iter([("buckets".to_owned(), both(shown::found))]);
        let mut after = Map::from_iter([("buckets".to_owned(), both(shown::made))]);
        if let Some(found) = &public {
            before.insert("policy".into(), found.old_policy.clone().into());
            after.insert("policy".into(), found.policy.clone().into());
        }
        let is_there = private.exists;
        let steps = private.steps.into_iter().chain(public.into_iter().flat_map(|it| it.steps)).collect();
        let mut planned = Planned { steps, before, after };
        self.survey_contents(is_there, &mut planned, results)?;
        Ok(planned)
    }

    fn survey_contents(
        &self,
        is_there: bool,
        planned: &mut Planned,
        results: &SharedResults<StoreResults>,
    ) -> Result<(), Failure> {
        let StoreOptions { private_bucket: bucket, index, keep_days, .. } = &self.options;
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
                planned.steps.push(Step::DeleteOld { bucket: bucket.clone(), keys: deleted.clone() });
            }
            planned.before.insert("old_objects".into(), json!(deleted));
            planned.after.insert("old_objects".into(), json!([]));
        }
        results.update(|r| r.deleted = Some(deleted));
        if *index {
            let transfer =
                Transfer::new(&self.task, format!("Reading the metadata in {bucket}"), Unit::Objects);
            let told = |done, of| transfer.reach(done, of);
            let (step, old, new) = index_step(&self.client, bucket, &listed, is_there, &told)?;
            let is_current = step.is_none();
            planned.before.insert("index".into(), json!({ "entries": old, "is_current": is_current }));
            planned.after.insert("index".into(), json!({ "entries": new, "is_current": true }));
            planned.steps.extend(step);
            results.update(|r| r.index_entries = Some(new));
        }
        Ok(())
    }

    fn survey_absent(&self, results: &SharedResults<StoreResults>) -> Result<Planned, Failure> {
        let mut steps = Vec::new();
        let (mut before, mut after) = (Map::new(), Map::new());
        for (role, bucket) in ["private", "public"].into_iter().zip(self.buckets()) {
            let removal = removal(&self.client, bucket)?;
            before.insert(role.into(), removal.shown);
            after.insert(role.into(), gone(bucket));
            steps.extend(removal.steps);
        }
        let buckets = |it: Map<String, Value>| Map::from_iter([("buckets".to_owned(), it.into())]);
        results.update(|r| {
            (r.buckets, r.phases.discovery) = (Some(before.clone()), Some(buckets(before.clone())));
        });
        Ok(Planned { steps, before: buckets(before), after: buckets(after) })
    }

    fn tell_buckets(&self, private: &Found, public: Option<&Found>, results: &SharedResults<StoreResults>) {
        let mut buckets = Map::new();
        buckets.insert("private".into(), shown::found(&self.private(), private));
        if let (Some(wanted), Some(found)) = (self.public(), public) {
            buckets.insert("public".into(), shown::found(&wanted, found));
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
        " What was done so far stays ({}): run the task again to continue, or with state=absent to remove it.",
        made.join(", ")
    )
}
