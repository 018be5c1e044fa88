//! Tolerant PEM parser: finds sections where OpenSSL finds them.
//!
//! Text before, between and after the sections, CRLF, blanks around lines and byte-order marks (also inside concatenated
//! files) are ignored. A section that can't be decoded is marked as such and doesn't affect others.
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// One section, from `-----BEGIN …-----` to its end.
#[derive(Clone)]
pub(crate) struct Section {
    /// `CERTIFICATE`, `PRIVATE KEY`, …
    pub(crate) label: String,
    /// Its content; `None` if that isn't base64, or the end is missing.
    pub(crate) der: Option<Vec<u8>>,
    /// Whether its headers say that it is encrypted, as in old key files.
    pub(crate) is_encrypted: bool,
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// All sections, in order.
pub(crate) fn sections(text: &[u8]) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut lines = text.split(|byte| *byte == b'\n').map(plain);
    while let Some(line) = lines.next() {
        let Some(label) = label(line, b"-----BEGIN ") else { continue };
        let mut section = Section { label, der: None, is_encrypted: false };
        let mut inside = Vec::new();
        for line in lines.by_ref() {
            if line.starts_with(b"-----") {
                if self::label(line, b"-----END ").as_ref() == Some(&section.label) {
                    section.der = BASE64.decode(&inside).ok();
                }
                break;
            }
            if line.contains(&b':') {
                section.is_encrypted |= line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED");
            } else {
                inside.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
            }
        }
        sections.push(section);
    }
    sections
}

/// A line without invisible characters at its ends.
fn plain(line: &[u8]) -> &[u8] {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line).trim_ascii()
}

fn label(line: &[u8], begin: &[u8]) -> Option<String> {
    let label = line.strip_prefix(begin)?.strip_suffix(b"-----")?;
    let is_label = label.iter().all(|byte| byte.is_ascii_alphanumeric() || b" #-".contains(byte));
    is_label.then(|| String::from_utf8_lossy(label).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, Option<Vec<u8>>, bool)> {
        sections(text.as_bytes()).into_iter().map(|s| (s.label, s.der, s.is_encrypted)).collect()
    }

    #[test]
    fn sections_are_found_however_the_file_was_made() {
        let hello = [("X Y".to_owned(), Some(b"hello".to_vec()), false)];
        for text in [
            "-----BEGIN X Y-----\naGVsbG8=\n-----END X Y-----\n",
            "-----BEGIN X Y-----\naGVsbG8\n-----END X Y-----",
            "-----BEGIN X Y-----\r\naGVs\r\nbG8=\r\n-----END X Y-----\r\n",
            "\u{feff}-----BEGIN X Y-----  \naGVs bG8=\n \n-----END X Y----- \n",
            "Bag Attributes\n    x: y\n-----BEGIN X Y-----\n aGVsbG8=\n-----END X Y-----\nmore\n-----\n",
        ] {
            assert_eq!(found(text), hello, "{text:?}");
        }
    }

    #[test]
    fn what_is_broken_spoils_nothing_else() {
        let good = "-----BEGIN A-----\naGVsbG8=\n-----END A-----\n";
        for broken in
            ["-----BEGIN B-----\n!\n-----END B-----\n", "-----BEGIN B-----\naGVsbG8=\n-----END A-----\n"]
        {
            let found = found(&format!("{good}{broken}{good}"));
            assert_eq!(
                found.iter().map(|(_, der, _)| der.is_some()).collect::<Vec<_>>(),
                [true, false, true],
                "{broken}"
            );
        }
        assert_eq!(found("-----BEGIN A-----\naGVsbG8=\n"), [("A".into(), None, false)]);
    }

    #[test]
    fn an_old_encrypted_key_is_known_by_its_headers() {
        let text = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\naGVsbG8=\n-----END RSA PRIVATE KEY-----\n";
        assert_eq!(found(text), [("RSA PRIVATE KEY".into(), Some(b"hello".to_vec()), true)]);
    }
}
