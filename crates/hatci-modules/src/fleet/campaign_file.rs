//! Which campaign a task means: that of its options, of the variables of a file, or of the file itself; and where that file is.
use super::{
    campaign_lock,
    campaign_place::{CampaignPlace, refused},
};
use ::fleet::{BegunBy, Campaign};
use ansible_module::{Failure, Task};
use hardened_host::exchangeable;
use hatci_client::IdempotencyKey;
use serde_json::{Map, Value};
use std::path::{PathBuf, absolute};

/// A campaign and its file.
pub(super) struct CampaignFile {
    pub(super) place: CampaignPlace,
    /// As it is in the file; none if there is none yet.
    pub(super) before: Option<Campaign>,
    pub(super) campaign: Campaign,
}

impl CampaignFile {
    /// Locks it first: what is read of it is still so when it is written. `id` and `file` may be missing or blank. `resume` is what the variables of such a file say. `begun_by` counts for a new campaign.
    pub(super) fn of(
        id: Option<String>,
        file: Option<PathBuf>,
        resume: Option<Map<String, Value>>,
        begun_by: BegunBy,
        task: &Task,
    ) -> Result<Self, Failure> {
        let given = resume.filter(|resume| !resume.is_empty()).map(|resume| {
            serde_json::from_value::<Campaign>(resume.into())
                .map_err(|e| Failure::invalid(format!("resume (in playbooks: hatci_resume) is not the state of a campaign: {e}. Give it as it is in the campaign's resume file.")))
        });
        let given = given.transpose()?;
        let id = id.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
        let id = id.or_else(|| Some(given.as_ref()?.campaign_id.clone()));
        let file = file.filter(|path| !path.as_os_str().is_empty());
        let new = || IdempotencyKey::random().to_string();
        let id = if file.is_none() { id.or_else(|| Some(new())) } else { id };
        let path = match (file, &id) {
            (None, Some(id)) => usual_path(id)?,
            (file, _) => {
                let file = file.unwrap_or_default();
                absolute(&file).map_err(|e| refused(&file, &e))?
            }
        };
        campaign_lock::lock(&path, task)?;
        if let Some(why) = path.parent().and_then(exchangeable) {
            task.warn(format!(
                "Another user can replace the resume file {} ({why}), and so change what is known about the vehicles. Choose a resume_file (in playbooks: hatci_resume_file) that only this user can change, in folders that only this user can change.",
                path.display()
            ));
        }
        let place = CampaignPlace::at(&path)?;
        let before = place.read()?;
        let id = id.or_else(|| Some(before.as_ref()?.campaign_id.clone())).unwrap_or_else(new);
        for (other, origin) in [(&given, "resume"), (&before, "resume_file")] {
            if let Some(other) = other.as_ref().filter(|other| other.campaign_id != id) {
                return Err(Failure::invalid(format!(
                    "{origin} belongs to campaign {}, not to {id}. Give another resume_file (in playbooks: hatci_resume_file), or that campaign_id to resume it.",
                    other.campaign_id
                )));
            }
        }
        // Of both the newer one.
        let known = given.into_iter().chain(before.clone()).max_by_key(|campaign| campaign.revision);
        let campaign = known.unwrap_or_else(|| Campaign { campaign_id: id, begun_by, ..Campaign::default() });
        Ok(CampaignFile { place, before, campaign })
    }
}

fn usual_path(id: &str) -> Result<PathBuf, Failure> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let name = id.replace(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c), "_");
    match home {
        Some(home) => Ok(home.join(".ansible/hatci_fleet").join(format!("{name}.yml"))),
        None => Err(Failure::invalid(
            "HOME is not set, so the resume file has no default place. Set resume_file (in playbooks: hatci_resume_file).",
        )),
    }
}
