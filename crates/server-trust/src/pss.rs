//! What is unusual about the parameters of an RSA-PSS signature. TLS allows three sets of them: SHA-256, SHA-384 or SHA-512, the same hash
//! for MGF1, and a salt as long as the hash.
use pkcs1::RsaPssParamsOwned;
use x509_cert::der::{Any, asn1::ObjectIdentifier};

const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");

/// Hashes with their name, and the length in bytes of those that TLS allows.
const HASHES: [(ObjectIdentifier, &str, Option<u8>); 5] = [
    (ObjectIdentifier::new_unwrap("1.3.14.3.2.26"), "SHA-1", None),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.4"), "SHA-224", None),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"), "SHA-256", Some(32)),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2"), "SHA-384", Some(48)),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3"), "SHA-512", Some(64)),
];

/// Names the algorithm with what keeps these parameters from being one of the three sets.
pub(crate) fn unusual(parameters: Option<&Any>) -> String {
    let read = parameters.and_then(|it| it.decode_as::<RsaPssParamsOwned>().ok());
    read.and_then(|it| cause(&it)).unwrap_or_else(|| "RSA-PSS with unusual parameters".to_owned())
}

fn cause(it: &RsaPssParamsOwned) -> Option<String> {
    let (hash, length) = named(it.hash.oid);
    let Some(length) = length else { return Some(format!("RSA-PSS with {hash}")) };
    let mask_hash = it.mask_gen.parameters.as_ref().filter(|_| it.mask_gen.oid == MGF1)?.oid;
    if mask_hash != it.hash.oid {
        return Some(format!("RSA-PSS with {hash} and MGF1 with {}", named(mask_hash).0));
    }
    (it.salt_len != length).then(|| "RSA-PSS with a salt that is not as long as the hash".to_owned())
}

/// A hash's name, else its number, and its length if TLS allows it.
fn named(hash: ObjectIdentifier) -> (String, Option<u8>) {
    let known = HASHES.iter().find(|(number, ..)| *number == hash);
    known.map_or((hash.to_string(), None), |(_, name, length)| ((*name).to_owned(), *length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use x509_cert::der::Decode;

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
