//! in-toto statements (in-toto *Attestation Framework* 1.0, `statement.md` and `resource_descriptor.md`).

use std::collections::BTreeMap;

use casehard_oci::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Digests by algorithm, hexadecimal: `{"sha256": "…"}`.
pub type DigestSet = BTreeMap<String, String>;

/// The digest set of a digest.
#[must_use]
pub fn digest_set(digest: &Digest) -> DigestSet {
    BTreeMap::from([("sha256".to_owned(), digest.hex())])
}

/// Says something, its predicate, of subjects that are named by digest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
    /// Always [`Statement::TYPE`].
    #[serde(rename = "_type")]
    pub kind: String,
    /// What it is about; at least one.
    pub subject: Vec<Subject>,
    /// Which predicate, a URI that is compared as it is.
    pub predicate_type: String,
    /// What is said.
    pub predicate: Value,
}

/// What a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Its name; for an image its repository without tag.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its digests; consumers match by these alone.
    pub digest: DigestSet,
}

/// Something that went into a build or came out of it. What is absent is not said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResourceDescriptor {
    /// What it is called in this document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is, everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Its digests.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub digest: DigestSet,
    /// Where it can be got.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub download_location: Option<String>,
    /// What kind of bytes it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Its bytes in base64, when they are few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, Value>,
}

/// Why bytes are no statement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// They are no JSON of that shape.
    #[error("parse the statement: {0}")]
    Parse(#[from] serde_json::Error),
    /// They are of another type, or an older version.
    #[error("read the statement: its _type is {found:?} (expected {})", Statement::TYPE)]
    Type {
        /// The type it has.
        found: String,
    },
    /// It says nothing of anything.
    #[error("read the statement: it has no subject with a digest")]
    NoSubject,
}

impl Statement {
    /// What [`Statement::kind`] says.
    pub const TYPE: &str = "https://in-toto.io/Statement/v1";
    /// The media type of a statement in an envelope.
    pub const MEDIA_TYPE: &str = "application/vnd.in-toto+json";

    /// Says `predicate` of images, each by name and digest.
    #[must_use]
    pub fn new(subject: Vec<Subject>, predicate_type: &str, predicate: Value) -> Self {
        Self { kind: Self::TYPE.to_owned(), subject, predicate_type: predicate_type.to_owned(), predicate }
    }

    /// The statement as JSON in one line: the bytes that are signed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The statement as JSON for people, with a newline at its end.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads a statement, as strictly as its consumers do.
    ///
    /// # Errors
    /// When the bytes are no statement of version 1 with a subject.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        let statement: Self = serde_json::from_slice(bytes)?;
        if statement.kind != Self::TYPE {
            return Err(StatementError::Type { found: statement.kind });
        }
        if !statement.subject.iter().any(|subject| !subject.digest.is_empty()) {
            return Err(StatementError::NoSubject);
        }
        Ok(statement)
    }

    /// Whether it is about the image with this manifest.
    #[must_use]
    pub fn is_about(&self, digest: &Digest) -> bool {
        let hex = digest.hex();
        self.subject.iter().any(|subject| subject.digest.get("sha256") == Some(&hex))
    }
}

impl Subject {
    /// An image by name and manifest.
    #[must_use]
    pub fn new(name: impl Into<String>, digest: &Digest) -> Self {
        Self { name: name.into(), digest: digest_set(digest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_has_its_four_fields_and_no_other() {
        let image = Digest::of(b"image");
        let statement =
            Statement::new(vec![Subject::new("app", &image)], "https://example.com/p", serde_json::json!({}));
        let value: Value = serde_json::from_slice(&statement.to_bytes()).unwrap();
        let fields: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["_type", "subject", "predicateType", "predicate"]);
        assert_eq!(value["subject"][0]["digest"]["sha256"], image.hex());
        assert_eq!(Statement::parse(&statement.to_bytes()).unwrap(), statement);
        assert!(statement.is_about(&image) && !statement.is_about(&Digest::of(b"other")));
    }

    #[test]
    fn what_consumers_refuse_is_refused() {
        let base = r#""subject":[{"digest":{"sha256":"00"}}],"predicateType":"p","predicate":{}"#;
        assert!(Statement::parse(format!(r#"{{"_type":"{}",{base}}}"#, Statement::TYPE).as_bytes()).is_ok());
        for (wrong, why) in [
            (format!(r#"{{"_type":"{}",{base},"more":1}}"#, Statement::TYPE), "unknown field"),
            (format!(r#"{{"_type":"https://in-toto.io/Statement/v0.1",{base}}}"#), "v0.1"),
            (
                format!(
                    r#"{{"_type":"{}","subject":[],"predicateType":"p","predicate":{{}}}}"#,
                    Statement::TYPE
                ),
                "no subject",
            ),
            ("[".to_owned(), "parse"),
        ] {
            let error = Statement::parse(wrong.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
