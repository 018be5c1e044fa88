//! `metadata.json`: which package and version the outputs of an environment are from, where each file is, and what is in it.
use crate::json::read_json;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// The name of the file.
pub const METADATA: &str = "metadata.json";
/// The largest that is read, in bytes.
pub(crate) const LARGEST: u64 = 1 << 20;

/// What is in `metadata.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The environment, such as `development`.
    pub environment: String,
    /// The id of the package.
    pub package: String,
    /// The version of the package, as it writes it.
    pub version: String,
    /// When it was generated: RFC 3339 in UTC, to the second.
    pub generated_at: String,
    /// In the order of package.json.
    pub files: Vec<OutputFile>,
    /// SHA-256 over all files: paths, executable bits and contents.
    pub digest: String,
}

/// A file or folder among the outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// By which consumers know it, such as `terraform`.
    pub key: String,
    /// Where it is, from `/`.
    pub path: PathBuf,
    /// SHA-256 of the file, or over all files of the folder.
    pub digest: String,
}

impl Metadata {
    /// The file or folder of this key.
    pub fn file(&self, key: &str) -> Option<&OutputFile> {
        self.files.iter().find(|file| file.key == key)
    }

    /// Whether no version of a package has given this, but files that are older than packages are: `v0.0.0-backfill`, or another version that
    /// ends like this.
    pub(crate) fn is_backfilled(&self) -> bool {
        self.version.ends_with("-backfill")
    }

    /// Whether both say the same, whenever each was generated and in whatever order the files are.
    pub(crate) fn says_the_same(&self, other: &Metadata) -> bool {
        let facts = |it: &Metadata| {
            let mut files: Vec<_> = it
                .files
                .iter()
                .map(|file| (file.key.clone(), file.path.clone(), file.digest.clone()))
                .collect();
            files.sort();
            (it.environment.clone(), it.package.clone(), it.version.clone(), it.digest.clone(), files)
        };
        facts(self) == facts(other)
    }

    /// As it is in the file.
    pub fn to_json(&self) -> Value {
        let text = |file: &OutputFile| Value::from(file.path.to_string_lossy().into_owned());
        let files: Map<_, _> = self.files.iter().map(|file| (file.key.clone(), text(file))).collect();
        let digests: Map<_, _> =
            self.files.iter().map(|file| (file.key.clone(), file.digest.clone().into())).collect();
        json!({
            "environment": self.environment,
            "configPackage": { "id": self.package, "version": self.version },
            "generatedAt": self.generated_at,
            "files": files,
            "digests": digests,
            "digest": self.digest,
        })
    }

    /// The text of the file: two spaces for each level, and a line end.
    pub(crate) fn to_text(&self) -> String {
        format!("{:#}\n", self.to_json())
    }

    /// Reads the text of the file. The error is a clause.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let content: Value = read_json(bytes).map_err(|e| format!("it is not valid JSON: {e}"))?;
        let text = |at: &str| {
            let found = content.pointer(at).and_then(Value::as_str).filter(|text| !text.is_empty());
            found
                .map(str::to_owned)
                .ok_or_else(|| format!("it has no {}", at.trim_start_matches('/').replace('/', ".")))
        };
        let files = content.get("files").and_then(Value::as_object).ok_or("it has no files")?;
        let digests = content.get("digests").and_then(Value::as_object).ok_or("it has no digests")?;
        let file = |(key, path): (&String, &Value)| {
            let path = path.as_str().ok_or_else(|| format!("the path of {key} is not a text"))?;
            let digest = digests
                .get(key)
                .and_then(Value::as_str)
                .ok_or_else(|| format!("it has no digest of {key}"))?;
            Ok(OutputFile { key: key.clone(), path: path.into(), digest: digest.to_owned() })
        };
        Ok(Metadata {
            environment: text("/environment")?,
            package: text("/configPackage/id")?,
            version: text("/configPackage/version")?,
            generated_at: text("/generatedAt")?,
            files: files.iter().map(file).collect::<Result<_, String>>()?,
            digest: text("/digest")?,
        })
    }
}
