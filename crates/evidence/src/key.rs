//! Keys in PEM files: ECDSA on P-256 with SHA-256, which every verifier knows, and Ed25519.
//!
//! Private keys are PKCS#8 (RFC 5958), public ones `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7), as `openssl
//! genpkey` and `openssl pkey -pubout` write them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair,
        UnparsedPublicKey,
    },
};

use crate::{Envelope, EnvelopeError, pae};

/// `SubjectPublicKeyInfo` of a P-256 key up to the point: ecPublicKey, prime256v1.
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// `SubjectPublicKeyInfo` of an Ed25519 key up to the key (RFC 8410, section 4).
const ED25519_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Why a key cannot be used, or a signature does not hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It is no PEM of that label.
    #[error("read the key: it is no PEM with the label {0}")]
    Pem(&'static str),
    /// It is of another kind.
    #[error("read the key: it is neither Ed25519 nor ECDSA on P-256")]
    Kind,
    /// The signature could not be made.
    #[error("sign: the system gave no random numbers")]
    Sign,
    /// No signature of the envelope is by the key.
    #[error("verify the envelope: none of its {count} signatures is by this key")]
    NotSigned {
        /// How many signatures there are.
        count: usize,
    },
    /// The envelope is broken.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

/// A private key.
pub struct SigningKey(Kind);

enum Kind {
    P256(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    is_p256: bool,
    bytes: Vec<u8>,
}

impl SigningKey {
    /// Reads a PKCS#8 key in PEM (`-----BEGIN PRIVATE KEY-----`).
    ///
    /// # Errors
    /// When it is none, encrypted, or of another kind.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let der = decode(text, "PRIVATE KEY")?;
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der) {
            return Ok(Self(Kind::Ed25519(Box::new(pair))));
        }
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der, &SystemRandom::new());
        Ok(Self(Kind::P256(Box::new(pair.map_err(|_| KeyError::Kind)?))))
    }

    /// The signature over a message.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.0 {
            Kind::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Kind::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).map_err(|_| KeyError::Sign)?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey")
    }
}

impl VerifyingKey {
    /// Reads a public key in PEM (`-----BEGIN PUBLIC KEY-----`).
    ///
    /// # Errors
    /// When it is none, or of another kind.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let der = decode(text, "PUBLIC KEY")?;
        if let Some(point) = der.strip_prefix(&P256_PREFIX).filter(|point| point.len() == 65) {
            return Ok(Self { is_p256: true, bytes: point.to_vec() });
        }
        match der.strip_prefix(&ED25519_PREFIX) {
            Some(key) if key.len() == 32 => Ok(Self { is_p256: false, bytes: key.to_vec() }),
            _ => Err(KeyError::Kind),
        }
    }

    /// Whether `signature` over `message` is by this key.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        if self.is_p256 {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.bytes).verify(message, signature).is_ok()
        } else {
            UnparsedPublicKey::new(&ED25519, &self.bytes).verify(message, signature).is_ok()
        }
    }
}

impl Envelope {
    /// Adds a signature by `key`.
    ///
    /// # Errors
    /// When the payload is broken, or no signature could be made.
    pub fn sign_with(&mut self, key: &SigningKey) -> Result<(), KeyError> {
        self.sign(|message| key.sign(message))
    }

    /// Holds if at least one of its signatures is by `key`. What keys are called in it does not count.
    ///
    /// # Errors
    /// When none is.
    pub fn verify_with(&self, key: &VerifyingKey) -> Result<(), KeyError> {
        let message = pae(&self.payload_type, &self.payload()?);
        let is_by = |signature: &crate::Signature| {
            STANDARD.decode(&signature.sig).is_ok_and(|signature| key.verifies(&message, &signature))
        };
        match self.signatures.iter().any(is_by) {
            true => Ok(()),
            false => Err(KeyError::NotSigned { count: self.signatures.len() }),
        }
    }
}

fn decode(text: &str, label: &'static str) -> Result<Vec<u8>, KeyError> {
    let begin = format!("-----BEGIN {label}-----");
    let end = format!("-----END {label}-----");
    let body = text.split_once(&begin).and_then(|(_, rest)| Some(rest.split_once(&end)?.0));
    let body: String = body.ok_or(KeyError::Pem(label))?.split_whitespace().collect();
    STANDARD.decode(body).map_err(|_| KeyError::Pem(label))
}

#[cfg(test)]
mod tests {
    use super::{KeyError, SigningKey, VerifyingKey};
    use crate::Envelope;

    // Made with `openssl genpkey`, for these tests only.
    const ED25519: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEILcI45GznuJ7cthYxT/DqfSqol8MBAgpLIliJcDlqRnV\n-----END PRIVATE KEY-----";
    const ED25519_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAv7oAV07EzfHsTceJCpsmg7T0R88LV5Aq5xtuNJ/VipM=\n-----END PUBLIC KEY-----";
    const P256: &str = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJHbvs3RCao+AXw37\nchuTE7yNPtTMKhQhDJbwsdpdteqhRANCAATcD8A06fUOPvTfCWnDkrPLnNBimMnh\nPJx0PbCbJ8VIhviMbHDmLDrhi9Xu14JEq/pqYAt8RnXKj3KGrtMoS+Jz\n-----END PRIVATE KEY-----";
    const P256_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE3A/ANOn1Dj703wlpw5Kzy5zQYpjJ\n4TycdD2wmyfFSIb4jGxw5iw64YvV7teCRKv6amALfEZ1yo9yhq7TKEvicw==\n-----END PUBLIC KEY-----";
    const P384_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE7jNLA1sM3+ixPfYBgBMLWuTiitiFUkFK\nk8v5fKBfMOXT7Mj3C50DBtz465CWUF2DEveL8Ixyv+a2klOVwS32m0r8l+FYeqC7\n6ou0hMX+PVYjP2D+wjOJ6ekcg8ka2S5s\n-----END PUBLIC KEY-----";

    #[test]
    fn what_is_signed_is_verified_by_its_key_alone() {
        for (private, public, other) in
            [(ED25519, ED25519_PUBLIC, P256_PUBLIC), (P256, P256_PUBLIC, ED25519_PUBLIC)]
        {
            let mut envelope = Envelope::new("text/plain", b"x");
            let key = VerifyingKey::from_pem(public).expect("a key");
            assert!(matches!(envelope.verify_with(&key), Err(KeyError::NotSigned { count: 0 })));
            envelope.sign_with(&SigningKey::from_pem(private).expect("a key")).expect("a signature");
            let mut read = Envelope::parse(&envelope.to_bytes()).expect("an envelope");
            read.verify_with(&key).expect("signed");
            let other = VerifyingKey::from_pem(other).expect("a key");
            assert!(matches!(read.verify_with(&other), Err(KeyError::NotSigned { count: 1 })));
            read.payload_type = "text/html".into();
            assert!(read.verify_with(&key).is_err(), "the type is signed too");
        }
    }

    #[test]
    fn keys_of_other_kinds_are_refused() {
        assert!(matches!(VerifyingKey::from_pem(P384_PUBLIC), Err(KeyError::Kind)));
        assert!(matches!(VerifyingKey::from_pem(P256), Err(KeyError::Pem("PUBLIC KEY"))));
        assert!(matches!(SigningKey::from_pem(P256_PUBLIC), Err(KeyError::Pem("PRIVATE KEY"))));
    }
}
