//! What is in files and folders: for each file a digest and whether it is a program, and digests over many of them.
use crate::digest::Passing;
use hardened_host::{EntryKind, OpenFolder};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileContent {
    /// SHA-256 in hexadecimal digits.
    pub(crate) digest: String,
    pub(crate) is_executable: bool,
}

/// Files by their paths, such as `kubespray/group_vars/all.yml`.
pub(crate) type Contents = BTreeMap<String, FileContent>;

/// The digest of all that is left to read, which is also written to `copy`.
pub(crate) fn copied(from: &mut File, copy: &mut impl Write) -> io::Result<String> {
    let mut passing = Passing::default();
    let mut piece = vec![0; 64 << 10];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(passing.hex()),
            Ok(read) => {
                passing.add(&piece[..read]);
                copy.write_all(&piece[..read])?;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// The digest of this file.
pub(crate) fn read(folder: &OpenFolder, path: &Path) -> io::Result<String> {
    copied(&mut folder.file(path)?, &mut io::sink())
}

/// Adds what is at this path in the folder: a file, or all files below a folder. What is neither (a link, a pipe), what this user can't read
/// and what has a name that is not UTF-8 counts as a file whose digest is empty, which no file has.
pub(crate) fn add(
    contents: &mut Contents,
    folder: &OpenFolder,
    path: &str,
    kind: EntryKind,
) -> io::Result<()> {
    let no_file = || FileContent { digest: String::new(), is_executable: false };
    let added = match kind {
        EntryKind::File { is_executable } => read(folder, Path::new(path)).map(|digest| {
            contents.insert(path.to_owned(), FileContent { digest, is_executable });
        }),
        EntryKind::Folder => folder.entries(Path::new(path)).and_then(|entries| {
            entries.into_iter().try_for_each(|(name, kind)| {
                if let Some(name) = name.to_str() {
                    return add(contents, folder, &format!("{path}/{name}"), kind);
                }
                contents.insert(format!("{path}/{}", name.to_string_lossy()), no_file());
                Ok(())
            })
        }),
        EntryKind::Link | EntryKind::Other => Err(io::ErrorKind::PermissionDenied.into()),
    };
    match added {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            contents.insert(path.to_owned(), no_file());
            Ok(())
        }
        added => added,
    }
}

/// The digest of one output: that of the file itself (as `sha256sum` shows it), or of a folder: of a line
/// `NAME\0x\0DIGEST\n` for each file, in the order of their names from the folder, with `-` instead of `x` for what is no program.
pub(crate) fn digest_of_output(contents: &Contents, name: &str, is_folder: bool) -> String {
    if !is_folder {
        return contents.get(name).map(|file| file.digest.clone()).unwrap_or_default();
    }
    let below = format!("{name}/");
    let mut passing = Passing::default();
    let files = contents.range(below.clone()..).take_while(|(path, _)| path.starts_with(&below));
    for (path, file) in files {
        passing.add(line(&path[below.len()..], file.is_executable, &file.digest).as_bytes());
    }
    passing.hex()
}

/// One digest over these files, by their paths and in the same form.
pub(crate) fn digest_of_all(contents: &Contents) -> String {
    let mut passing = Passing::default();
    for (path, file) in contents {
        passing.add(line(path, file.is_executable, &file.digest).as_bytes());
    }
    passing.hex()
}

fn line(name: &str, is_executable: bool, digest: &str) -> String {
    format!("{name}\0{}\0{digest}\n", if is_executable { 'x' } else { '-' })
}
