//! What is unusual about the parameters of an RSA-PSS signature. TLS allows three sets of them: SHA-256, SHA-384 or SHA-512, the same hash
//! for MGF1, and a salt as long as the hash.
use x509_cert::{
    der::{
        Any, Decode, Encode, Reader, SliceReader, TagNumber,
        asn1::{ContextSpecific, ObjectIdentifier},
    },
    spki::AlgorithmIdentifierOwned,
};

struct Parameters {
    hash: ObjectIdentifier,
    /// Of MGF1; `None` for another function.
    mask_hash: Option<ObjectIdentifier>,
    /// In bytes.
    salt: u32,
}

const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
/// What counts where no hash is named.
const SHA_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const DEFAULT_SALT: u32 = 20;

/// Hashes with their name, and the length in bytes of those that TLS allows.
const HASHES: [(ObjectIdentifier, &str, Option<u32>); 5] = [
    (SHA_1, "SHA-1", None),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.4"), "SHA-224", None),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"), "SHA-256", Some(32)),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2"), "SHA-384", Some(48)),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3"), "SHA-512", Some(64)),
];

/// Names the algorithm with what keeps these parameters from being one of the three sets.
pub(crate) fn unusual(parameters: Option<&Any>) -> String {
    let unknown = || "RSA-PSS with unusual parameters".to_owned();
    let Some(Parameters { hash, mask_hash, salt }) = parameters.and_then(read) else { return unknown() };
    let (hash_name, length) = named(hash);
    match (length, mask_hash) {
        (None, _) => format!("RSA-PSS with {hash_name}"),
        (_, Some(other)) if other != hash => {
            format!("RSA-PSS with {hash_name} and MGF1 with {}", named(other).0)
        }
        (Some(length), Some(_)) if length != salt => {
            "RSA-PSS with a salt that is not as long as the hash".to_owned()
        }
        _ => unknown(),
    }
}

/// A hash's name, else its number, and its length if TLS allows it.
fn named(hash: ObjectIdentifier) -> (String, Option<u32>) {
    let known = HASHES.iter().find(|(number, ..)| *number == hash);
    known.map_or((hash.to_string(), None), |(_, name, length)| ((*name).to_owned(), *length))
}

fn read(parameters: &Any) -> Option<Parameters> {
    let der = parameters.to_der().ok()?;
    let mut reader = SliceReader::new(&der).ok()?;
    let fields = reader.sequence(|fields| {
        let hash = explicit::<AlgorithmIdentifierOwned>(fields, 0)?;
        let mask = explicit::<AlgorithmIdentifierOwned>(fields, 1)?;
        let salt = explicit::<u32>(fields, 2)?;
        // The trailer, of which there is one kind.
        explicit::<u32>(fields, 3)?;
        Ok::<_, x509_cert::der::Error>((hash, mask, salt))
    });
    let (hash, mask, salt) = fields.ok()?;
    let mask_hash = match mask {
        None => Some(SHA_1),
        Some(mask) if mask.oid == MGF1 => mask
            .parameters
            .and_then(|hash| hash.decode_as::<AlgorithmIdentifierOwned>().ok())
            .map(|it| it.oid),
        Some(_) => None,
    };
    Some(Parameters {
        hash: hash.map_or(SHA_1, |hash| hash.oid),
        mask_hash,
        salt: salt.unwrap_or(DEFAULT_SALT),
    })
}

/// The field with this tag, unless it is left out.
fn explicit<'a, T>(fields: &mut SliceReader<'a>, tag: u32) -> Result<Option<T>, x509_cert::der::Error>
where
    T: Decode<'a, Error = x509_cert::der::Error>,
{
    let field = ContextSpecific::<T>::decode_explicit(fields, TagNumber(tag))?;
    Ok(field.map(|field| field.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by OpenSSL 3.0, which leaves out what is the default.
    #[test]
    fn what_is_unusual_is_named() {
        for (parameters, named) in [
            (
                "3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402030500a203020120",
                "RSA-PSS with SHA-256 and MGF1 with SHA-512",
            ),
            ("3016a00f300d06096086480165030402010500a203020120", "RSA-PSS with SHA-256 and MGF1 with SHA-1"),
            (
                "302fa00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500",
                "RSA-PSS with a salt that is not as long as the hash",
            ),
            (
                "3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020120",
                "RSA-PSS with a salt that is not as long as the hash",
            ),
            ("3000", "RSA-PSS with SHA-1"),
            // One of the three sets, and none at all.
            (
                "3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120",
                "RSA-PSS with unusual parameters",
            ),
            ("0500", "RSA-PSS with unusual parameters"),
        ] {
            let bytes: Vec<_> = (0..parameters.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&parameters[at..at + 2], 16).unwrap())
                .collect();
            assert_eq!(unusual(Some(&Any::from_der(&bytes).unwrap())), named);
        }
        assert_eq!(unusual(None), "RSA-PSS with unusual parameters");
    }
}
