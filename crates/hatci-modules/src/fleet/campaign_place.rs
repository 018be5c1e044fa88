//! Where a campaign's file is: in a folder that stays the same one from the first look at the file to its last change, whoever exchanges it
//! meanwhile.
use ::fleet::Campaign;
use ansible_module::{ErrorKind, Failure};
use hardened_host::{NamedFileError, OPENED_BY_USER, OpenFolder, SystemFault};
use std::{
    io,
    path::{Path, PathBuf},
};

/// The file may have so many bytes.
const LARGEST: u64 = 256 << 20;

/// The place of a campaign's file.
pub(super) struct CampaignPlace {
    pub(super) path: PathBuf,
    /// None if it is not there yet.
    folder: Option<OpenFolder>,
}

impl CampaignPlace {
    pub(super) fn at(path: &Path) -> Result<Self, Failure> {
        let folder = match OpenFolder::of(path) {
            Ok((folder, _)) => Some(folder),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(refused(path, &e)),
        };
        Ok(CampaignPlace { path: path.into(), folder })
    }

    /// The campaign in the file, which must be this user's; `None` if there is no such file.
    pub(super) fn read(&self) -> Result<Option<Campaign>, Failure> {
        let path = &self.path;
        let Some(folder) = &self.folder else { return Ok(None) };
        let bytes = match folder.read_own(path.file_name().unwrap_or_default(), LARGEST) {
            Ok(bytes) => bytes,
            Err(fault) if fault.is_not_found() => return Ok(None),
            Err(fault @ (NamedFileError::Foreign { .. } | NamedFileError::ForeignLink { .. })) => {
                let msg = format!(
                    "{}: {fault}, so what it says about the vehicles is not trusted. Give another resume_file (in playbooks: hatci_resume_file), or change its owner if you trust it.",
                    path.display()
                );
                return Err(Failure::new(ErrorKind::Conflict, msg));
            }
            Err(fault) => return Err(refused(path, &fault.into())),
        };
        Campaign::from_yaml(&String::from_utf8_lossy(&bytes)).map(Some).map_err(|why| {
            Failure::invalid(format!(
                "{}: {why}. Give another resume_file (in playbooks: hatci_resume_file).",
                path.display()
            ))
        })
    }

    /// Replaces the file in one step; only this user can read it. A folder that is missing is made.
    pub(super) fn write(&self, text: &str) -> Result<(), Failure> {
        let write = |folder: &OpenFolder| {
            folder.replace(self.path.file_name().unwrap_or_default(), text.as_bytes(), OPENED_BY_USER)
        };
        let written = match &self.folder {
            // Nobody would look for the file where the folder is now.
            Some(folder) if !folder.is_still_there() => {
                let msg = format!(
                    "{}: its folder was moved or replaced during the run. Move it back.",
                    self.path.display()
                );
                return Err(Failure::new(ErrorKind::Conflict, msg));
            }
            Some(folder) => write(folder),
            None => OpenFolder::made_of(&self.path).and_then(|(folder, _)| write(&folder)),
        };
        written.map_err(|e| refused(&self.path, &e))
    }
}

/// A file that cannot be read or written.
pub(super) fn refused(path: &Path, error: &io::Error) -> Failure {
    let fault = SystemFault::of(error);
    let remedy = fault
        .remedy_or("Correct resume_file (in playbooks: hatci_resume_file) or the permissions of its folder");
    Failure::new(ErrorKind::Failed, format!("{}: {}. {remedy}.", path.display(), fault.cause()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn nothing_is_written_once_somebody_has_exchanged_the_folder() {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        let text = |id: &str| Campaign { campaign_id: id.into(), ..Campaign::default() }.to_yaml();
        for name in ["campaign", "another"] {
            fs::create_dir(at(name)).unwrap();
            fs::write(at(name).join("resume.yml"), text(name)).unwrap();
        }
        let place = CampaignPlace::at(&at("campaign/resume.yml")).unwrap();
        fs::rename(at("campaign"), at("away")).unwrap();
        fs::rename(at("another"), at("campaign")).unwrap();
        assert_eq!(place.read().unwrap().unwrap().campaign_id, "campaign");
        let refused = place.write(&text("changed")).unwrap_err();
        assert!(refused.msg.contains("its folder was moved or replaced"), "{}", refused.msg);
        assert_eq!(fs::read_to_string(at("campaign/resume.yml")).unwrap(), text("another"));
        assert_eq!(fs::read_to_string(at("away/resume.yml")).unwrap(), text("campaign"));
    }
}
