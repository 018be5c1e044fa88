//! The queue of jobs: what changes settings at the next start, and what it was asked for.
use super::{
    answers::Answer,
    job::{Effect, Job, State},
    machine::Machine,
    request::Request,
};
use serde_json::{Value, json};
use std::time::Instant;

pub(super) const JOBS: &str = "/redfish/v1/Managers/iDRAC.Embedded.1/Jobs";

impl Machine {
    /// Whether a job is under way that keeps this page of settings from being changed.
    pub(super) fn has_job_for(&self, target: &str) -> bool {
        let is_one = self.scenarios.is_so("one-bios-job") && !target.contains("/NetworkAdapters/");
        let is_in_the_way = |job: &Job| {
            job.target == target || is_one && matches!(job.effect, Some(Effect::Bios | Effect::Boot))
        };
        self.jobs
            .iter()
            .any(|job| is_in_the_way(job) && matches!(job.state, State::Scheduled | State::Running))
    }

    /// Plans a job, and returns where it is. An import runs at once, everything else at the next start.
    pub(super) fn plan(&mut self, kind: &'static str, of: &str, target: &str, effect: Effect) -> String {
        self.version += 1;
        let id = format!("JID_{:012}", 123_456_700_000_u64 + self.jobs.len() as u64 + 1);
        let is_import = matches!(effect, Effect::FirstBootDevice(_));
        let location =
            if is_import { format!("/redfish/v1/TaskService/Tasks/{id}") } else { format!("{JOBS}/{id}") };
        self.jobs.push(Job {
            id,
            name: of.into(),
            kind,
            target: target.into(),
            state: if is_import { State::Running } else { State::Scheduled },
            ends: is_import.then(|| Instant::now() + self.options.step),
            effect: Some(effect),
        });
        location
    }

    /// `GET .../Jobs`.
    pub(super) fn job_list(&mut self) -> Answer {
        let members: Vec<Value> = (0..self.jobs.len()).map(|at| self.job(at)).collect();
        Answer::ok(json!({ "@odata.id": JOBS, "Members": members, "Members@odata.count": members.len() }))
    }

    /// One job by its id.
    pub(super) fn job_by_id(&mut self, id: &str) -> Option<Answer> {
        let at = self.jobs.iter().position(|job| job.id == id)?;
        Some(Answer::ok(self.job(at)))
    }

    fn job(&mut self, at: usize) -> Value {
        let shows_percent = !self.scenarios.happens("no-percent");
        let job = &self.jobs[at];
        let (state, percent, message, id) = match job.state {
            State::Scheduled => ("Scheduled", 0, "Task successfully scheduled.", "JCP001"),
            State::Running => ("Running", 34, "Job in progress.", "PR20"),
            State::Completed if job.kind == "ImportConfiguration" => (
                "Completed",
                100,
                "Successfully imported and applied Server Configuration Profile.",
                "SYS053",
            ),
            State::Completed => ("Completed", 100, "Job completed successfully.", "PR19"),
            State::Failed => ("Failed", 100, "Job failed.", "PR21"),
        };
        let mut shown = json!({
            "@odata.id": format!("{JOBS}/{}", job.id), "Id": job.id, "Name": job.name, "JobType": job.kind, "JobState": state,
            "Message": message, "MessageId": id, "MessageArgs": [], "TargetSettingsURI": self.shown_target(job), "PercentComplete": percent,
        });
        if !shows_percent {
            shown.as_object_mut().and_then(|it| it.remove("PercentComplete"));
        }
        shown
    }

    fn shown_target(&self, job: &Job) -> Value {
        match job.effect {
            Some(Effect::Boot) if self.scenarios.is_so("order-job-of-bios") => super::bios::PAGE.into(),
            Some(Effect::Boot) if self.scenarios.is_so("order-job-of-nothing") => Value::Null,
            _ => job.target.as_str().into(),
        }
    }

    /// `GET TaskService/Tasks/ID`.
    pub(super) fn task(&mut self, id: &str) -> Option<Answer> {
        let job = self.jobs.iter().find(|job| job.id == id)?;
        let (state, status) = match job.state {
            State::Scheduled => ("Starting", "OK"),
            State::Running => ("Running", "OK"),
            State::Completed => ("Completed", "OK"),
            State::Failed => ("Exception", "Critical"),
        };
        Some(Answer::ok(json!({ "Id": id, "Name": job.name, "TaskState": state, "TaskStatus": status })))
    }

    /// `POST .../Jobs`: plans a job for settings that are pending.
    pub(super) fn plan_for(&mut self, request: &Request) -> Answer {
        let target = request.body["TargetSettingsURI"].as_str().unwrap_or_default().to_owned();
        if self.has_job_for(&target) {
            return Answer::pending_already();
        }
        let nothing = || {
            Answer::refused(400, "RAC0602", "There are no pending values for this target.", "Set some first.")
        };
        let (kind, name, effect) = if target.ends_with("/BootSources/Settings") {
            (self.pending_boot.is_some()).then_some((
                "BIOSConfiguration",
                "Configure: BIOS.Setup.1-1".to_owned(),
                Effect::Boot,
            ))
        } else if target.ends_with("/Bios/Settings") {
            (!self.pending_bios.is_empty()).then_some((
                "BIOSConfiguration",
                "Configure: BIOS.Setup.1-1".to_owned(),
                Effect::Bios,
            ))
        } else {
            let pending =
                self.nics.iter().find(|(name, nic)| target.contains(**name) && !nic.pending.is_empty());
            pending.map(|(name, _)| ("NICConfiguration", format!("Configure: {name}"), Effect::Nic(name)))
        }
        .unwrap_or(("", String::new(), Effect::DropBoot));
        if kind.is_empty() {
            return nothing();
        }
        let location = self.plan(kind, &name, &target, effect);
        Answer::job(200, location)
    }

    /// `DELETE .../Jobs/ID`.
    pub(super) fn delete_job(&mut self, id: &str) -> Option<Answer> {
        let at = self.jobs.iter().position(|job| job.id == id)?;
        let mut job = self.jobs.remove(at);
        if let Some(effect) = job.effect.take() {
            self.apply(effect.dropped());
        }
        Some(Answer::ok(json!({})))
    }
}
