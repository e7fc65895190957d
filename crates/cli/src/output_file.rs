//! Files that commands write: a stop at any moment leaves what was there before, or all that is new.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown},
    path::Path,
};

use tempfile::NamedTempFile;

use crate::Failure;

/// Writes all of a file.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    write_with(path, |file| file.write_all(bytes.as_ref()).map_err(|error| unwritten(path, &error)))
}

/// Writes a file as `fill` does; when that fails, what was there stays.
pub fn write_with(path: &Path, fill: impl FnOnce(&mut File) -> Result<(), Failure>) -> Result<(), Failure> {
    let failed = |error: io::Error| unwritten(path, &error);
    // What a link leads to is written, not the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let known = fs::metadata(&target).ok();
    let beside = match &known {
        // A pipe or a device is no file that another could take the place of.
        Some(known) if !known.is_file() => None,
        _ => beside(&target).map_err(failed)?,
    };
    let Some(mut beside) = beside else {
        return fill(&mut File::create(&target).map_err(failed)?);
    };
    fill(beside.as_file_mut())?;
    if let Some(known) = known {
        let now = beside.as_file().metadata().map_err(failed)?;
        if (known.uid(), known.gid()) != (now.uid(), now.gid()) {
            // Only root may give files away; for others it becomes their own.
            let _ = chown(beside.path(), Some(known.uid()), Some(known.gid()));
        }
        fs::set_permissions(beside.path(), known.permissions()).map_err(failed)?;
    }
    let beside = match beside.persist(&target) {
        Ok(_) => return Ok(()),
        Err(failed) if failed.error.kind() == ErrorKind::ResourceBusy => failed.file,
        Err(error) => return Err(failed(error.error)),
    };
    // A file that is a mount of its own can only be written in place.
    fs::copy(beside.path(), &target).map(drop).map_err(failed)
}

/// A file in the folder of `target`; `None` where no file may be made, though one that is there may be written.
fn beside(target: &Path) -> io::Result<Option<NamedTempFile>> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // As any new file, it is for whom the process's mask lets.
    let made = tempfile::Builder::new()
        .prefix(".casehard-")
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(folder);
    match made {
        Ok(file) => Ok(Some(file)),
        Err(error)
            if target.exists()
                && matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::cannot(format_args!("failed to write {}", path.display()), error)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_is_there_is_replaced_as_a_whole_and_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("Dockerfile"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("Dockerfile", &link).unwrap();
        let failed = write_with(&link, |file| {
            file.write_all(b"half").unwrap();
            Err(Failure::usage("stopped"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&file).unwrap(), b"old");
        write(&link, "new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
    }

    #[test]
    fn what_is_no_plain_file_is_written_to() {
        write(Path::new("/dev/null"), "gone").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        let error = write(Path::new("/nowhere/at/all"), "x").unwrap_err();
        assert!(error.message().contains("/nowhere/at/all"), "{}", error.message());
    }
}
