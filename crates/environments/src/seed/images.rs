//! The images of a role: planned, written and removed, with their record among the outputs.
use super::{
    Image, SeedError, SeedRequest, cloud_config, host_name::check_host_name, provisioner::Provisioner,
    record, removal, request::KEY,
};
use crate::{Metadata, json::read_json, outputs, root::PACKAGES, sha256_hex};
use hardened_host::{OPENED_BY_USER, make_folders, read_named_file, replace_file};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

const LARGEST_INPUT: u64 = 4 << 20;
/// The largest seed that is written.
const LARGEST_IMAGE: u64 = 64 << 20;
/// Where images are, from the root, if `provisioner.json` does not say.
const DIRECTORY: &str = "provisioner/outputs";

/// The images that a role is to have.
#[derive(Debug)]
pub struct SeedPlan {
    /// In the order of the hosts.
    pub images: Vec<Image>,
    /// What can't be done by a seed.
    pub warnings: Vec<String>,
    /// The images that are missing or have other contents; none and no change of the record: there is nothing to do.
    pub changed: Vec<PathBuf>,
    /// The record of the images.
    pub metadata_path: PathBuf,
    /// The images of this role that an earlier run has made and that are no longer wanted, such as those of hosts that are gone.
    pub obsolete: Vec<PathBuf>,
    /// Whether anything is to be written.
    pub is_change: bool,
    /// Whether a process that was killed has left files, which building removes.
    pub has_leftovers: bool,
    folder: PathBuf,
    volumes: Vec<Vec<u8>>,
    record: Value,
}

/// What building the seeds would do. Only reads.
pub fn plan_seeds(request: &SeedRequest) -> Result<SeedPlan, SeedError> {
    let metadata = outputs::read_outputs(&request.place)?;
    let (bytes, input) = configuration(request, &metadata)?;
    let content: Value =
        read_json(&bytes).map_err(|e| input_error(&input, &format!("it is not valid JSON: {e}")))?;
    let provisioner = Provisioner::of(&content, request.role.as_str(), request.home.as_deref())
        .map_err(|why| input_error(&input, &why))?;
    let folder = images_folder(request, &provisioner).map_err(|why| input_error(&input, &why))?;
    let (mut images, mut volumes) = (vec![], vec![]);
    for (host, path) in targets(request, &folder)? {
        let volume = cloud_config::volume(&provisioner, host.as_deref())
            .ok_or_else(|| input_error(&input, "it is too long for a seed image"))?;
        let name = path.strip_prefix(&folder).unwrap_or(&path).to_string_lossy();
        let object_key = record::object_key(&provisioner.remote.prefix, &name);
        images.push(Image { sha256: sha256_hex(&volume), size: volume.len() as u64, path, host, object_key });
        volumes.push(volume);
    }
    let metadata_path = request.metadata_path();
    let now = outputs::now();
    let mut record =
        record::record(request.role.as_str(), &metadata, &provisioner, &sha256_hex(&bytes), &images, &now);
    let is_there = |image: &Image| {
        let found = read_named_file(&image.path, LARGEST_IMAGE).map(|bytes| sha256_hex(&bytes));
        found.is_ok_and(|found| found == image.sha256)
    };
    let changed: Vec<_> =
        images.iter().filter(|image| !is_there(image)).map(|image| image.path.clone()).collect();
    let before = read_named_file(&metadata_path, record::LARGEST).ok();
    let before: Option<Value> = before.and_then(|bytes| read_json(&bytes).ok());
    let same = before.filter(|before| record::says_the_same(before, &record));
    let mut obsolete = removal::recorded(request)?;
    obsolete.retain(|path| !images.iter().any(|image| image.path == *path));
    let mut is_change = !changed.is_empty() || same.is_none() || !obsolete.is_empty();
    if let Some(before) = &same {
        record::keep_upload(&mut record, before);
    }
    if let Some(bucket) = &request.uploaded_to {
        if is_change {
            return Err(not_as_uploaded(request, bucket));
        }
        is_change = !record::is_uploaded_to(&record, bucket);
        record::note_upload(&mut record, bucket, &now);
    }
    Ok(SeedPlan {
        has_leftovers: !removal::leftovers(request, &folder)?.is_empty(),
        images,
        warnings: provisioner.warnings,
        changed,
        metadata_path,
        obsolete,
        is_change,
        folder,
        volumes,
        record,
    })
}

/// Writes what the plan says, each file in one step, and removes what is no longer wanted. Fails if the outputs were replaced since the plan.
pub fn build_seeds(request: &SeedRequest, plan: &SeedPlan) -> Result<(), SeedError> {
    let _lock = outputs::lock_outputs(&request.place)?;
    removal::remove(&removal::leftovers(request, &plan.folder)?)?;
    for (image, volume) in plan.images.iter().zip(&plan.volumes) {
        if plan.changed.contains(&image.path) {
            write(&image.path, volume)?;
        }
    }
    let now = outputs::read_outputs(&request.place)?;
    let input = configuration(request, &now).map(|(bytes, _)| sha256_hex(&bytes))?;
    if plan.record["inputSha256"] != input {
        return Err(SeedError(format!(
            "The outputs of {} were replaced while the seeds were built. Run the task again.",
            request.place.environment()
        )));
    }
    // Before the record, which names them: if this is interrupted, the next run knows what is left.
    removal::remove(&plan.obsolete)?;
    if !plan.is_change {
        return Ok(());
    }
    write(&plan.metadata_path, format!("{:#}\n", plan.record).as_bytes())
}

/// The bytes of provisioner.json, and where it is.
fn configuration(request: &SeedRequest, metadata: &Metadata) -> Result<(Vec<u8>, PathBuf), SeedError> {
    let file = metadata.file(KEY).ok_or_else(|| {
        let known: Vec<_> = metadata.files.iter().map(|file| file.key.as_str()).collect();
        SeedError(format!(
            "{} {} gives no file `{KEY}` to {}, only {}. Add it to package.json, then run: {}",
            metadata.package,
            metadata.version,
            metadata.environment,
            known.join(", "),
            request.place.command(&metadata.package)
        ))
    })?;
    let bytes =
        read_named_file(&file.path, LARGEST_INPUT).map_err(|e| input_error(&file.path, &e.to_string()))?;
    if sha256_hex(&bytes) != file.digest {
        return Err(input_error(
            &file.path,
            &format!("it was replaced during the run; the outputs have {}", file.digest),
        ));
    }
    Ok((bytes, file.path.clone()))
}

fn not_as_uploaded(request: &SeedRequest, bucket: &str) -> SeedError {
    SeedError(format!(
        "The seeds of {} are missing, or no longer those of the outputs, so they can't be marked as uploaded to {bucket}. Build them without \
         `uploaded_to`, upload them, and run the task again.",
        request.role
    ))
}

fn input_error(path: &Path, why: &str) -> SeedError {
    SeedError(format!(
        "No seed can be made from {}: {why}. Correct it in the package, raise the version and generate the outputs again.",
        path.display()
    ))
}

/// The folder of this environment's images. The error is a clause.
fn images_folder(request: &SeedRequest, provisioner: &Provisioner) -> Result<PathBuf, String> {
    let directory = provisioner.directory.as_deref().unwrap_or(DIRECTORY);
    let is_within = Path::new(directory)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !is_within {
        return Err(format!(
            "artifacts.local.directory: {directory:?} is not below the root of the repository; give a relative path without `..`"
        ));
    }
    let folder = request.root.join(directory).join(request.place.environment());
    let (packages, outputs) = (request.root.join(PACKAGES), request.place.folder());
    match [packages, outputs].iter().find(|taken| folder.starts_with(taken)) {
        None => Ok(folder),
        Some(taken) => Err(format!(
            "artifacts.local.directory: {directory:?} would put images into {}, and change its contents; give another folder",
            taken.display()
        )),
    }
}

/// Each host with the path of its image.
fn targets(request: &SeedRequest, folder: &Path) -> Result<Vec<(Option<String>, PathBuf)>, SeedError> {
    let role = request.role.as_str();
    if request.hosts.is_empty() {
        return Ok(vec![(None, folder.join(format!("{role}.img")))]);
    }
    let mut seen = BTreeSet::new();
    request
        .hosts
        .iter()
        .map(|host| {
            check_host_name(host).map_err(|why| SeedError(format!("hosts: {why}.")))?;
            if !seen.insert(host.to_ascii_lowercase()) {
                return Err(SeedError(format!("hosts: {host} is listed twice. List each host once.")));
            }
            Ok((Some(host.clone()), folder.join(role).join(format!("{host}.img"))))
        })
        .collect()
}

fn write(path: &Path, content: &[u8]) -> Result<(), SeedError> {
    let made = make_folders(path.parent().unwrap_or(Path::new("/")));
    let written = made.and_then(|()| replace_file(path, content, OPENED_BY_USER));
    written.map_err(|e| crate::OutputsError::system("write", path, &e).into())
}
