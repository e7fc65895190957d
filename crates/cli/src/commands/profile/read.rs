//! Profiles from files.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use casehard_profile::Profile;

use crate::Failure;

/// Bytes of a profile; one of a large application has some ten million.
const LARGEST: u64 = 512 << 20;

/// The profile in a file, or on standard input when the file is `-`.
pub fn read(file: &Path) -> Result<Profile, Failure> {
    let failed = |error: &io::Error| Failure::cannot(format_args!("failed to read {}", file.display()), error);
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|opened| opened.take(LARGEST + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| failed(&error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(failed(&io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 512 MiB")));
    }
    Profile::from_json(&bytes)
        .map_err(|error| Failure::cannot(format_args!("failed to read {}", file.display()), &error))
}

/// The profiles in files, merged; `None` without files.
pub fn merged(files: &[PathBuf]) -> Result<Option<Profile>, Failure> {
    let mut merged: Option<Profile> = None;
    for file in files {
        let profile = read(file)?;
        match &mut merged {
            Some(merged) => merged.merge(profile),
            None => merged = Some(profile),
        }
    }
    Ok(merged)
}
