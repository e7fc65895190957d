//! Advisory stores that whoever built them signed: a statement about the file, in an envelope beside it.

use std::path::{Path, PathBuf};

use casehard_evidence::{Envelope, SigningKey, Statement, Subject, VerifyingKey, digest_set};
use casehard_oci::Digest;
use casehard_vuln::Store;

use crate::{Failure, bill::bytes, output_file};

/// What is said of the file: its sources and the day it was built.
const PREDICATE: &str = "https://github.com/casehard/casehard/blob/main/docs/guides/advisories.md#signed";

/// Signs the store that stands in `file` with the key in the PEM file `key`.
pub fn sign(file: &Path, store: &Store, key: &Path) -> Result<(), Failure> {
    let failed = |error: &(dyn std::error::Error + 'static)| {
        Failure::cannot(format_args!("failed to sign {}", file.display()), error)
    };
    let text = String::from_utf8_lossy(&bytes(&key.to_owned())?).into_owned();
    let key = SigningKey::from_pem(&text).map_err(|error| {
        failed(&error).hint("make one with `openssl genpkey -algorithm ed25519 -out key.pem`")
    })?;
    let digest = digest_set(&Digest::of(store.as_bytes()));
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let predicate = serde_json::to_value(store.meta()).unwrap_or_default();
    let mut envelope = Envelope::of(&Statement::new(vec![Subject { name, digest }], PREDICATE, predicate));
    envelope.sign_with(&key).map_err(|error| failed(&error))?;
    output_file::write(&beside(file), envelope.to_bytes())
}

/// Holds if the statement beside the store `file` is signed by the key in the PEM file `key`, and is about its bytes.
pub fn verify(file: &Path, key: &Path) -> Result<(), Failure> {
    let beside = beside(file);
    let failed = |error: &(dyn std::error::Error + 'static)| {
        Failure::cannot(format_args!("failed to trust {}", file.display()), error)
    };
    let text = String::from_utf8_lossy(&bytes(&key.to_owned())?).into_owned();
    let key = VerifyingKey::from_pem(&text).map_err(|error| {
        failed(&error).hint("a public key is written by `openssl pkey -in key.pem -pubout`")
    })?;
    let envelope = Envelope::parse(&bytes(&beside)?).map_err(|error| failed(&error))?;
    envelope.verify_with(&key).map_err(|error| failed(&error))?;
    let statement = envelope.statement().map_err(|error| failed(&error))?;
    let digest = digest_set(&Digest::of(&bytes(&file.to_owned())?));
    if statement.predicate_type == PREDICATE
        && statement.subject.iter().any(|subject| subject.digest == digest)
    {
        return Ok(());
    }
    Err(Failure::usage(format_args!(
        "{} is not the store that {} is about",
        file.display(),
        beside.display()
    ))
    .hint("fetch both again"))
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sig.json");
    name.into()
}
