//! The documents in the folder that `casehard harden` wrote.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

use crate::Failure;

/// More than any image's plan has; a larger file is not one of ours.
const LARGEST: u64 = 1 << 30;

/// The bytes of `name` in the folder `out`; `out` may be the document itself. `None` when it is not there.
pub fn bytes(out: &Path, name: &str) -> Result<Option<Vec<u8>>, Failure> {
    let file = place(out, name);
    let failed =
        |error: &std::io::Error| Failure::cannot(format_args!("failed to read {}", file.display()), error);
    let opened = match fs::File::open(&file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&error)),
    };
    let mut bytes = Vec::new();
    opened.take(LARGEST).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    Ok(Some(bytes))
}

/// The document `name` in the folder `out`.
pub fn document<T: DeserializeOwned>(out: &Path, name: &str) -> Result<T, Failure> {
    let bytes = bytes(out, name)?.ok_or_else(|| missing(out, name))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Failure::cannot(format_args!("failed to parse {}", place(out, name).display()), &error)
    })
}

/// There is no such document.
pub fn missing(out: &Path, name: &str) -> Failure {
    let error = std::io::Error::from(std::io::ErrorKind::NotFound);
    Failure::cannot(format_args!("failed to read {}", place(out, name).display()), &error)
        .hint("name the folder that `casehard harden -o` wrote")
}

fn place(out: &Path, name: &str) -> PathBuf {
    if out.is_file() { out.to_owned() } else { out.join(name) }
}
