//! Public keys of OpenSSH: in the text itself, or in a file that the text names.
use data_encoding::BASE64;
use hardened_host::read_named_file;
use shown_text::cut;
use std::path::{Path, PathBuf};

/// The largest file of public keys, in bytes.
const LARGEST: u64 = 64 << 10;

/// The keys that an entry of `authorizedKeys` stands for: itself, or those in the file that it names. `~/` is the folder `home`, since no
/// program expands it. The error is a clause and never shows what a file holds.
pub(super) fn public_keys(entry: &str, home: Option<&Path>) -> Result<Vec<String>, String> {
    let entry = entry.trim();
    let Some(path) = named_file(entry, home)? else {
        return check(entry).map(|()| vec![entry.to_owned()]);
    };
    let bytes = read_named_file(&path, LARGEST)
        .map_err(|e| format!("the file of public keys {} can't be read: {e}", path.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    let failed = |why: String| format!("the file {}: {why}", path.display());
    if text.contains("PRIVATE KEY") {
        return Err(failed("it holds a private key; name the file that ends in .pub".into()));
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut keys = vec![];
    for (index, line) in lines.enumerate() {
        check(line).map_err(|_| failed(format!("its key {} is not an OpenSSH public key", index + 1)))?;
        keys.push(line.to_owned());
    }
    if keys.is_empty() { Err(failed("it holds no key".into())) } else { Ok(keys) }
}

/// The file that this entry names, if it is a path.
fn named_file(entry: &str, home: Option<&Path>) -> Result<Option<PathBuf>, String> {
    if let Some(below) = entry.strip_prefix("~/") {
        let home = home.ok_or_else(|| {
            format!("{entry} is below the user's home, and HOME is not set; give the path from `/`")
        })?;
        return Ok(Some(home.join(below)));
    }
    if entry.starts_with('/') {
        return Ok(Some(entry.into()));
    }
    let is_path = entry.starts_with('~')
        || entry.contains('/') && !entry.contains(' ')
        || Path::new(entry).extension().is_some_and(|ending| ending == "pub") && !entry.contains(' ');
    if is_path {
        return Err(format!(
            "{entry:?} is a path that means a different file on each machine; begin it with `/` or `~/`, or give the key itself"
        ));
    }
    Ok(None)
}

/// Whether this is a line `TYPE BASE64 COMMENT` whose data says the same type.
fn check(key: &str) -> Result<(), String> {
    let no_key = || {
        let start = cut(key, 20);
        format!(
            "the text that begins with {start:?} is not an OpenSSH public key, such as `ssh-ed25519 AAAA... kim@example.com`"
        )
    };
    if key.contains("PRIVATE KEY") {
        return Err("it is a private key; give the public one".into());
    }
    let mut words = key.split_ascii_whitespace();
    let kind = words.next().unwrap_or_default();
    let data = words.next().and_then(|word| BASE64.decode(word.as_bytes()).ok()).unwrap_or_default();
    let length = u32::try_from(kind.len()).unwrap_or_default().to_be_bytes();
    let is_known =
        ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"].iter().any(|start| kind.starts_with(start));
    let says_the_same = data.strip_prefix(&length).is_some_and(|rest| rest.starts_with(kind.as_bytes()));
    let is_one_line = !key.chars().any(char::is_control);
    if is_known && says_the_same && is_one_line { Ok(()) } else { Err(no_key()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f kim@example.com";

    #[test]
    fn a_key_is_taken_as_it_is() {
        assert_eq!(public_keys(&format!(" {KEY}\n"), None).unwrap(), [KEY]);
    }

    #[test]
    fn what_only_looks_like_a_key_is_refused() {
        for bad in [
            "",
            "ssh-ed25519",
            "ssh-ed25519 kim@example.com",
            "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
            &format!("{KEY}\nssh-rsa x"),
            "-----BEGIN OPENSSH PRIVATE KEY-----",
        ] {
            assert!(public_keys(bad, None).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_path_is_never_a_key_and_its_file_is_read() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".ssh")).unwrap();
        std::fs::write(home.path().join(".ssh/id.pub"), format!("# mine\n{KEY}\n\n{KEY}2\n")).unwrap();
        let found = public_keys("~/.ssh/id.pub", Some(home.path())).unwrap();
        assert_eq!(found, [KEY.to_owned(), format!("{KEY}2")]);
        let whole = home.path().join(".ssh/id.pub");
        assert_eq!(public_keys(whole.to_str().unwrap(), None).unwrap().len(), 2);
        for (path, expected) in [
            ("~/.ssh/missing.pub", "can't be read"),
            ("~kim/.ssh/id.pub", "begin it with `/` or `~/`"),
            ("keys/id.pub", "begin it with `/` or `~/`"),
            ("id.pub", "begin it with `/` or `~/`"),
        ] {
            let error = public_keys(path, Some(home.path())).unwrap_err();
            assert!(error.contains(expected), "{path}: {error}");
        }
        assert!(public_keys("~/x.pub", None).unwrap_err().contains("HOME is not set"));
    }

    #[test]
    fn a_private_key_is_refused_and_never_shown() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("id"), "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n").unwrap();
        let error = public_keys("~/id", Some(home.path())).unwrap_err();
        assert!(error.contains("name the file that ends in .pub") && !error.contains("c2VjcmV0"), "{error}");
    }
}
