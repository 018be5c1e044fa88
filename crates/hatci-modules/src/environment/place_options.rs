//! Which environment of which repository, and where its outputs are.
use ansible_module::{ErrorKind, Failure, Options, Results};
use environments::{Metadata, Name, OutputsError, Place, Root};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf, absolute};

/// Where outputs are, from the root.
const OUTPUTS: &str = "api/outputs";

/// The environment, and where its outputs are.
#[derive(Options)]
pub(crate) struct PlaceOptions {
    /// The root of the repository: the folder that holds `config/packages`. Defaults to the working directory, or the nearest folder above it that
    /// holds them.
    root: Option<PathBuf>,
    /// The environment, such as `development`.
    id: String,
    /// The folder that holds one folder for each environment. Defaults to `api/outputs` in the root.
    ///
    /// In a container, everything below the project folder is lost with it; use a folder that persists.
    outputs: Option<PathBuf>,
}

impl PlaceOptions {
    /// The root and the place.
    pub(crate) fn place(&self) -> Result<(Root, Place), Failure> {
        let root = match &self.root {
            Some(root) => Root::at(root),
            None => Root::above(Path::new(".")),
        };
        let root = root.map_err(|e| Failure::new(ErrorKind::NotFound, e.to_string()))?;
        let outputs = self.outputs.clone().unwrap_or_else(|| root.path().join(OUTPUTS));
        let mut place = Place::new(&outputs, &name("id", &self.id)?)
            .map_err(|e| Failure::invalid(format!("outputs: {e}.")))?;
        if self.root.is_some() {
            place = place.given("environment_root", root.path());
        }
        if let Some(outputs) = self.outputs.as_ref().and_then(|outputs| absolute(outputs).ok()) {
            place = place.given("environment_outputs", &outputs);
        }
        Ok((root, place))
    }
}

/// This option as a name.
pub(crate) fn name(option: &str, text: &str) -> Result<Name, Failure> {
    Name::parse(text).map_err(|why| Failure::invalid(format!("{option}: {why}.")))
}

/// The failure of a task.
pub(crate) fn failed(error: &OutputsError) -> Failure {
    let kind = match error {
        OutputsError::Sources(_) => ErrorKind::Invalid,
        OutputsError::Conflict(_) | OutputsError::Damaged(_) | OutputsError::Stale(_) => ErrorKind::Conflict,
        OutputsError::Locked(_) => ErrorKind::Timeout,
        OutputsError::NotGenerated(_) => ErrorKind::NotFound,
        OutputsError::System(_) => ErrorKind::Failed,
    };
    Failure::new(kind, error.to_string())
}

/// What the outputs of an environment are.
#[derive(Results, Default)]
pub(crate) struct OutputsFacts {
    /// What `metadata.json` says.
    #[result(returned = "when there are outputs, or would be in check mode", sample = {
        "environment": "development",
        "configPackage": { "id": "core", "version": "v0.2.0" },
        "generatedAt": "2026-11-20T20:48:58Z",
        "files": { "terraform": "/srv/lab/api/outputs/development/terraform.tfvars" },
        "digests": { "terraform": "5c3b1f0e2a…" },
        "digest": "9b74c9897b…"
    })]
    metadata: Option<Map<String, Value>>,
    /// The file `metadata.json`.
    #[result(returned = "always", sample = "/srv/lab/api/outputs/development/metadata.json")]
    pub(crate) metadata_path: Option<String>,
    /// Each file or folder by its key.
    #[result(returned = "when there are outputs, or would be in check mode", sample = { "terraform": "/srv/lab/api/outputs/development/terraform.tfvars" })]
    files: Option<Map<String, Value>>,
    /// SHA-256 over all files.
    #[result(returned = "when there are outputs, or would be in check mode", sample = "9b74c9897b…")]
    digest: Option<String>,
    /// The package they come from.
    #[result(returned = "when there are outputs, or would be in check mode", sample = "core")]
    package: Option<String>,
    /// Its version.
    #[result(returned = "when there are outputs, or would be in check mode", sample = "v0.2.0")]
    version: Option<String>,
}

impl OutputsFacts {
    /// The facts of these outputs.
    pub(crate) fn of(place: &Place, metadata: &Metadata) -> Self {
        let all = metadata.to_json();
        OutputsFacts {
            files: all["files"].as_object().cloned(),
            metadata: all.as_object().cloned(),
            metadata_path: Some(place.metadata_path().display().to_string()),
            digest: Some(metadata.digest.clone()),
            package: Some(metadata.package.clone()),
            version: Some(metadata.version.clone()),
        }
    }

    /// The facts where there are none.
    pub(crate) fn nothing(place: &Place) -> Self {
        OutputsFacts {
            metadata_path: Some(place.metadata_path().display().to_string()),
            ..OutputsFacts::default()
        }
    }
}
