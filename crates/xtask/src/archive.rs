//! Makes an archive of `ansible-galaxy collection build` the same to the byte for the same files: it holds times, and the order of a folder.

use std::io::{Cursor, Read};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use flate2::read::GzDecoder;
use fs_err as fs;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};
use sha2::{Digest, Sha256};
use tar::{Archive, Builder, EntryType, Header};
use zopfli::{Format, Options};

use crate::error::{Error, Result};

/// 1980-01-01, the first day that every archive format can hold.
const TIME: u64 = 315_532_800;

const MANIFEST: &str = "MANIFEST.json";
const FILES: &str = "FILES.json";

/// One file, folder or link of the archive.
struct Entry {
    path: PathBuf,
    kind: EntryType,
    mode: u32,
    link: Option<PathBuf>,
    content: Vec<u8>,
}

/// Rewrites the archive in place: sorted, with one time for all.
pub(crate) fn make_reproducible(archive: &Path) -> Result<()> {
    let mut entries = read(archive)?;
    let files = sorted_files(content(&mut entries, FILES)?)?;
    let manifest = content(&mut entries, MANIFEST)?;
    let mut described: Value = parse(manifest, MANIFEST)?;
    described["file_manifest_file"]["chksum_sha256"] = sha256(&files).into();
    *manifest = as_ansible_writes(&described)?;
    *content(&mut entries, FILES)? = files;

    // Galaxy reads the manifest first.
    let rank =
        |entry: &Entry| [MANIFEST, FILES].iter().position(|name| entry.path == Path::new(name)).unwrap_or(2);
    entries.sort_by_cached_key(|entry| (rank(entry), entry.path.clone()));
    let mut builder = Builder::new(Vec::new());
    for entry in &entries {
        let mut header = Header::new_gnu();
        header.set_entry_type(entry.kind);
        header.set_mode(entry.mode);
        header.set_mtime(TIME);
        header.set_size(entry.content.len() as u64);
        match &entry.link {
            Some(target) => builder.append_link(&mut header, &entry.path, target)?,
            None => builder.append_data(&mut header, &entry.path, entry.content.as_slice())?,
        }
    }
    Ok(fs::write(archive, compressed(&builder.into_inner()?)?)?)
}

/// As gzip, in a twentieth less space than gzip's own best, for some seconds of computing.
fn compressed(bytes: &[u8]) -> Result<Vec<u8>> {
    let options = Options { iteration_count: NonZeroU64::MIN, ..Options::default() };
    let mut out = Vec::new();
    zopfli::compress(options, Format::Gzip, bytes, &mut out)?;
    Ok(out)
}

/// In hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

fn read(archive: &Path) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in Archive::new(GzDecoder::new(Cursor::new(fs::read(archive)?))).entries()? {
        let mut entry = entry?;
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        entries.push(Entry {
            path: entry.path()?.into_owned(),
            kind: entry.header().entry_type(),
            mode: entry.header().mode()?,
            link: entry.link_name()?.map(std::borrow::Cow::into_owned),
            content,
        });
    }
    Ok(entries)
}

fn content<'a>(entries: &'a mut [Entry], name: &str) -> Result<&'a mut Vec<u8>> {
    let found = entries.iter_mut().find(|entry| entry.path == Path::new(name));
    found.map(|entry| &mut entry.content).ok_or_else(|| Error::Tree(format!("the archive lacks {name}")))
}

/// `FILES.json` with its files in the order of their names. "." comes first, as it does by itself.
fn sorted_files(text: &[u8]) -> Result<Vec<u8>> {
    let mut list = parse(text, FILES)?;
    if let Some(files) = list["files"].as_array_mut() {
        files.sort_by_cached_key(|file| {
            file["name"].as_str().filter(|name| *name != ".").unwrap_or_default().to_owned()
        });
    }
    as_ansible_writes(&list)
}

fn parse(text: &[u8], name: &str) -> Result<Value> {
    serde_json::from_slice(text).map_err(|e| Error::Tree(format!("cannot parse {name} of the archive: {e}")))
}

/// Indented by one space.
fn as_ansible_writes(value: &Value) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b" "));
    value.serialize(&mut serializer).map_err(|e| Error::Tree(format!("cannot write JSON: {e}")))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, GzBuilder};
    use tempfile::TempDir;

    /// An archive as `ansible-galaxy` writes it, with its files in this order and of this time.
    fn built(folder: &Path, names: [&str; 2], time: u64) -> Vec<u8> {
        let listed: Vec<Value> =
            [".", names[0], names[1]].map(|name| serde_json::json!({ "name": name })).into();
        let files = as_ansible_writes(&serde_json::json!({ "files": listed })).unwrap();
        let manifest = serde_json::json!({ "file_manifest_file": { "chksum_sha256": sha256(&files) } });
        let manifest = as_ansible_writes(&manifest).unwrap();
        let mut builder = Builder::new(GzBuilder::new().mtime(7).write(Vec::new(), Compression::fast()));
        let all = [(MANIFEST, &manifest[..]), (FILES, &files[..]), (names[0], b"one"), (names[1], b"one")];
        for (name, content) in all {
            let mut header = Header::new_gnu();
            header.set_mode(0o755);
            header.set_mtime(time);
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, name, content).unwrap();
        }
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Symlink);
        header.set_mode(0o777);
        header.set_size(0);
        builder.append_link(&mut header, "link", names[0].min(names[1])).unwrap();
        let path = folder.join("archive.tar.gz");
        fs::write(&path, builder.into_inner().unwrap().finish().unwrap()).unwrap();
        make_reproducible(&path).unwrap();
        fs::read(&path).unwrap()
    }

    #[test]
    fn neither_times_nor_the_order_of_a_folder_are_in_the_archive() {
        let folder = TempDir::new().unwrap();
        let one = built(folder.path(), ["a/b", "c"], 1);
        let other = built(folder.path(), ["c", "a/b"], 2);
        assert_eq!(one, other);
    }

    #[test]
    fn the_manifest_goes_first_and_its_checksum_is_that_of_the_sorted_list() {
        let folder = TempDir::new().unwrap();
        built(folder.path(), ["c", "a/b"], 2);
        let entries = read(&folder.path().join("archive.tar.gz")).unwrap();
        let names: Vec<_> = entries.iter().map(|entry| entry.path.to_str().unwrap()).collect();
        assert_eq!(names, [MANIFEST, FILES, "a/b", "c", "link"]);
        let manifest = parse(&entries[0].content, MANIFEST).unwrap();
        assert_eq!(manifest["file_manifest_file"]["chksum_sha256"], sha256(&entries[1].content));
        assert_eq!(entries[2].mode, 0o755);
        assert_eq!(entries[4].link.as_deref(), Some(Path::new("a/b")));
    }
}
