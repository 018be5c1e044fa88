//! `environment_seed`
use super::place_options::{PlaceOptions, name};
use ansible_module::{Choices, ErrorKind, Failure, Module, Options, Plan, Results, SharedResults, Task};
use environments::{SeedError, SeedPlan, SeedRequest};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Build the seed images of a role
///
/// A seed is a small volume from which cloud-init configures a machine at its first boot (its data source is `NoCloud`). It is built from the file
/// `provisioner` of the environment's outputs, with the users, their public keys, packages and kernel settings of the role. The same configuration
/// gives the same bytes; a different one gives a new `instance-id`, without which cloud-init would not apply it.
///
/// # Notes
///
/// - Images that the role no longer has, such as those of removed hosts, are deleted.
/// - Attach the image to the machine as a disk. It is a FAT volume with the label `CIDATA`, not meant as a virtual CD.
/// - The users may become root with `sudo`, without a password, and log in with their keys only. The distribution's own user is created, too.
/// - In `authorizedKeys`, a path that begins with `/` or `~/` stands for the public keys in that file on this machine.
/// - A seed neither sets the size of a disk nor chooses the image that the machine boots from. If `provisioner.json` asks for such things, the task
///   warns.
#[derive(Options)]
pub struct SeedOptions {
    #[option(flatten)]
    place: PlaceOptions,
    /// The role, as `provisioner.json` names it.
    role: String,
    /// The hosts that each get an image with their host name. Without them, the role has one image that sets no host name.
    #[option(default = [])]
    hosts: Vec<String>,
    /// The bucket to which the images were uploaded after they were built, each under its `object_key`, for example by the module `s3_artifact`.
    /// It is noted in the metadata. A change of the images removes the note.
    uploaded_to: Option<String>,
    /// Whether the images should exist.
    #[option(default = SeedState::Present)]
    state: SeedState,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum SeedState {
    /// They exist, as `provisioner.json` describes them.
    Present,
    /// Neither they nor their metadata exist.
    Absent,
}

/// What `environment_seed` returns.
#[derive(Results, Default)]
pub struct SeedResults {
    /// The images: `path`, `sha256`, `size` in bytes, the `host` that it is for, if any, and its `object_key` in a bucket: the `prefix` in
    /// `provisioner.json`, and its name.
    #[result(returned = "when `state` is `present`", sample = [{ "path": "/srv/lab/provisioner/outputs/development/k8s-master.img",
        "sha256": "0d3c6e…", "size": 131_072, "host": null, "object_key": "seeds/k8s-master.img" }])]
    images: Option<Vec<Value>>,
    /// Describes the images, and what they were made from.
    #[result(returned = "always", sample = "/srv/lab/api/outputs/development/provisioner/k8s-master.json")]
    metadata_path: Option<String>,
}

/// The module `environment_seed`.
pub struct EnvironmentSeed {
    task: Task,
    request: SeedRequest,
    state: SeedState,
    plan: Option<SeedPlan>,
    is_done: bool,
}

impl Module for EnvironmentSeed {
    const NAME: &'static str = "environment_seed";
    const EXAMPLES: &'static str = include_str!("environment_seed.yml");
    type Options = SeedOptions;
    type Results = SeedResults;
    type Change = ();

    fn new(options: SeedOptions, task: &Task) -> Result<Self, Failure> {
        let (root, place) = options.place.place()?;
        let request = SeedRequest {
            role: name("role", &options.role)?,
            root: root.path().to_owned(),
            place,
            hosts: options.hosts,
            uploaded_to: options.uploaded_to.filter(|bucket| !bucket.trim().is_empty()),
            home: std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute()),
        };
        Ok(EnvironmentSeed { task: task.clone(), request, state: options.state, plan: None, is_done: false })
    }

    fn discover(&mut self, results: &SharedResults<SeedResults>) -> Result<Plan<()>, Failure> {
        let path = self.request.metadata_path().display().to_string();
        results.update(|r| r.metadata_path = Some(path));
        if self.state == SeedState::Absent {
            let files = environments::remove_seeds(&self.request, true).map_err(|e| failed(&e))?;
            return Ok(if files.is_empty() {
                Plan::Nothing
            } else {
                Plan::change(json!({ "files": files }), Value::Null)
            });
        }
        let plan = environments::plan_seeds(&self.request).map_err(|e| failed(&e))?;
        plan.warnings.iter().for_each(|warning| self.task.warn(warning));
        let images: Vec<Value> = plan
            .images
            .iter()
            .map(|image| {
                json!({
                    "path": image.path, "sha256": image.sha256, "size": image.size, "host": image.host, "object_key": image.object_key,
                })
            })
            .collect();
        results.update(|r| r.images = Some(images));
        if !plan.is_change && (self.task.check_mode() || !plan.has_leftovers) {
            return Ok(Plan::Nothing);
        }
        let digests: Map<String, Value> = plan
            .images
            .iter()
            .map(|image| (image.path.display().to_string(), image.sha256.as_str().into()))
            .collect();
        let before = json!({ "images": digests_of(&plan), "no_longer_wanted": plan.obsolete });
        self.plan = Some(plan);
        Ok(Plan::change(before, json!({ "images": digests, "no_longer_wanted": [] })))
    }

    fn process(&mut self, (): (), _: &SharedResults<SeedResults>) -> Result<(), Failure> {
        match &self.plan {
            Some(plan) => {
                if !plan.is_change {
                    // Only what a process has left that was killed.
                    self.task.unchanged();
                }
                environments::build_seeds(&self.request, plan)
            }
            None => environments::remove_seeds(&self.request, false).map(drop),
        }
        .map_err(|e| failed(&e))?;
        self.is_done = true;
        Ok(())
    }

    fn housekeep(&mut self, _: &SharedResults<SeedResults>) -> Result<(), Failure> {
        if !self.is_done {
            return Ok(());
        }
        let is_as_asked = match self.state {
            SeedState::Present => !environments::plan_seeds(&self.request).map_err(|e| failed(&e))?.is_change,
            SeedState::Absent => {
                environments::remove_seeds(&self.request, true).map_err(|e| failed(&e))?.is_empty()
            }
        };
        if is_as_asked {
            return Ok(());
        }
        Err(Failure::new(
            ErrorKind::Conflict,
            format!(
                "The seeds of {} were changed by another process at the same time. Run the task again.",
                self.request.role
            ),
        ))
    }
}

/// The images that stay as they are.
fn digests_of(plan: &SeedPlan) -> Map<String, Value> {
    let kept = plan.images.iter().filter(|image| !plan.changed.contains(&image.path));
    kept.map(|image| (image.path.display().to_string(), image.sha256.as_str().into())).collect()
}

fn failed(error: &SeedError) -> Failure {
    Failure::new(ErrorKind::Invalid, error.to_string())
}

#[cfg(test)]
mod tests;
