//! DSSE envelopes (secure-systems-lab *Dead Simple Signing Envelope* 1.0.2).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::{Statement, StatementError};

/// What is signed: the type and the payload, each after its length (*Pre-Authentication Encoding*).
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut encoded = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    encoded.extend_from_slice(payload);
    encoded
}

/// A payload with the signatures over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Envelope {
    /// Media type of the payload.
    pub payload_type: String,
    /// The payload in padded standard base64.
    pub payload: String,
    /// Signatures over [`pae`] of the payload.
    pub signatures: Vec<Signature>,
}

/// A signature. Its key is not named: verifiers compare a name with a fingerprint of their own and pass over what
/// differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The signature in padded standard base64.
    pub sig: String,
    /// Which key, as others may state it; never written.
    #[serde(default, skip_serializing)]
    pub keyid: Option<String>,
}

/// Why an envelope cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// It is no JSON of that shape.
    #[error("parse the envelope: {0}")]
    Parse(#[from] serde_json::Error),
    /// The payload is no base64.
    #[error("decode the payload of the envelope: {0}")]
    Base64(#[from] base64::DecodeError),
    /// The payload is of another type.
    #[error("open the envelope: its payload is {found:?} (expected {expected:?})")]
    Type {
        /// The type it has.
        found: String,
        /// The type that was asked for.
        expected: &'static str,
    },
    /// The payload is no statement.
    #[error(transparent)]
    Statement(#[from] StatementError),
}

impl Envelope {
    /// An envelope around a payload, not signed yet.
    #[must_use]
    pub fn new(payload_type: &str, payload: &[u8]) -> Self {
        Self {
            payload_type: payload_type.to_owned(),
            payload: STANDARD.encode(payload),
            signatures: Vec::new(),
        }
    }

    /// Around a statement.
    #[must_use]
    pub fn of(statement: &Statement) -> Self {
        Self::new(Statement::MEDIA_TYPE, &statement.to_bytes())
    }

    /// The payload.
    ///
    /// # Errors
    /// When it is no base64.
    pub fn payload(&self) -> Result<Vec<u8>, EnvelopeError> {
        Ok(STANDARD.decode(&self.payload)?)
    }

    /// The statement inside. Nothing is verified.
    ///
    /// # Errors
    /// When the payload is something else.
    pub fn statement(&self) -> Result<Statement, EnvelopeError> {
        if self.payload_type != Statement::MEDIA_TYPE {
            return Err(EnvelopeError::Type {
                found: self.payload_type.clone(),
                expected: Statement::MEDIA_TYPE,
            });
        }
        Ok(Statement::parse(&self.payload()?)?)
    }

    /// Takes a signature over [`pae`] of this payload.
    ///
    /// # Errors
    /// When the payload is no base64, or `sign` fails.
    pub fn sign<E: From<EnvelopeError>>(
        &mut self,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<(), E> {
        let signature = sign(&pae(&self.payload_type, &self.payload()?))?;
        self.signatures.push(Signature { sig: STANDARD.encode(signature), keyid: None });
        Ok(())
    }

    /// The envelope as JSON in one line.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads an envelope.
    ///
    /// # Errors
    /// When the bytes are none.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        Ok(serde_json::from_slice(bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example of the specification, `protocol.md`.
    #[test]
    fn the_encoding_is_that_of_the_specification() {
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
        // Lengths are bytes, not characters.
        assert_eq!(pae("", "ä".as_bytes()), "DSSEv1 0  2 ä".as_bytes());
    }

    #[test]
    fn a_key_is_never_named() {
        let mut envelope = Envelope::new("text/plain", b"x");
        envelope.sign::<EnvelopeError>(|bytes| Ok(bytes.to_vec())).unwrap();
        let text = String::from_utf8(envelope.to_bytes()).unwrap();
        assert!(!text.contains("keyid"), "{text}");
        let theirs =
            br#"{"payloadType":"text/plain","payload":"eA==","signatures":[{"keyid":"k","sig":"eA=="}]}"#;
        assert_eq!(Envelope::parse(theirs).unwrap().signatures[0].keyid.as_deref(), Some("k"));
        assert!(matches!(Envelope::parse(theirs).unwrap().statement(), Err(EnvelopeError::Type { .. })));
    }

    proptest! {
        #[test]
        fn different_contents_are_never_encoded_alike(a in ".{0,8}", b in ".{0,8}", c in ".{0,8}", d in ".{0,8}") {
            if (&a, &b) != (&c, &d) {
                prop_assert_ne!(pae(&a, b.as_bytes()), pae(&c, d.as_bytes()));
            }
        }

        #[test]
        fn payloads_come_back(payload in proptest::collection::vec(any::<u8>(), 0..64)) {
            let envelope = Envelope::new("application/octet-stream", &payload);
            let read = Envelope::parse(&envelope.to_bytes()).unwrap();
            prop_assert_eq!(read.payload().unwrap(), payload);
            prop_assert_eq!(read, envelope);
        }
    }
}
