//! Types of public keys: their names, and which of them TLS supports here.
use x509_cert::{
    der::{
        Decode, Reader, SliceReader,
        asn1::{ObjectIdentifier, UintRef},
    },
    spki::SubjectPublicKeyInfoOwned,
};

/// What to use instead of an unsupported key.
pub(crate) const USABLE: &str =
    "an RSA key of 2048 to 8192 bits, an EC key on P-256, P-384 or P-521, or an Ed25519 key";

/// The type of a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// RSA, with its size in bits.
    Rsa(usize),
    /// EC on this curve; `None` if it is given by explicit parameters.
    Ec(Option<ObjectIdentifier>),
    Other(ObjectIdentifier),
}

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Curves by their usual names; the first three are supported.
const CURVES: [(ObjectIdentifier, &str); 9] = [
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), "P-256"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), "P-384"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), "P-521"),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.1"), "P-192"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.33"), "P-224"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.10"), "secp256k1"),
    (ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.7"), "brainpoolP256r1"),
    (ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.11"), "brainpoolP384r1"),
    (ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.13"), "brainpoolP512r1"),
];
const USABLE_CURVES: usize = 3;

const OTHERS: [(ObjectIdentifier, &str); 4] = [
    (ED25519, "an Ed25519 key"),
    (ObjectIdentifier::new_unwrap("1.3.101.113"), "an Ed448 key"),
    (ObjectIdentifier::new_unwrap("1.2.840.10040.4.1"), "a DSA key"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10"), "an RSA key for PSS signatures only"),
];

impl Key {
    pub(crate) fn of(info: &SubjectPublicKeyInfoOwned) -> Self {
        match info.algorithm.oid {
            RSA => Self::Rsa(rsa_bits(info.subject_public_key.raw_bytes()).unwrap_or_default()),
            EC => Self::Ec(info.algorithm.parameters.as_ref().and_then(|curve| curve.decode_as().ok())),
            other => Self::Other(other),
        }
    }

    /// Whether TLS supports it: what OpenSSL accepts at security level 2, as far as rustls has it.
    pub(crate) fn is_usable(self) -> bool {
        match self {
            Self::Rsa(bits) => (2048..=8192).contains(&bits),
            Self::Ec(curve) => CURVES[..USABLE_CURVES].iter().any(|(usable, _)| Some(*usable) == curve),
            Self::Other(algorithm) => algorithm == ED25519,
        }
    }

    /// With its article: `an RSA key of 1024 bits`.
    pub(crate) fn words(self) -> String {
        let named = |known: &[(ObjectIdentifier, &'static str)], id: ObjectIdentifier| {
            known.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
        };
        match self {
            Self::Rsa(bits) => format!("an RSA key of {bits} bits"),
            Self::Ec(None) => "an EC key with explicit curve parameters instead of a named curve".into(),
            Self::Ec(Some(curve)) => match named(&CURVES, curve) {
                Some(name) => format!("an EC key on the curve {name}"),
                None => format!("an EC key on an unsupported curve ({curve})"),
            },
            Self::Other(algorithm) => named(&OTHERS, algorithm)
                .map_or_else(|| format!("a key of an unknown type ({algorithm})"), str::to_owned),
        }
    }
}

fn rsa_bits(public: &[u8]) -> Option<usize> {
    let mut reader = SliceReader::new(public).ok()?;
    let bits = reader.sequence(|reader| {
        let modulus = UintRef::decode(reader)?;
        let bytes = modulus.as_bytes();
        let unused = bytes.first().map_or(0, |first| first.leading_zeros() as usize);
        UintRef::decode(reader)?;
        Ok::<_, x509_cert::der::Error>(bytes.len() * 8 - unused)
    });
    bits.ok()
}
