//! This program, as it is mounted into containers: itself, and what the loader of this machine gives it, so that it runs
//! in an image that has no C library, or another one.

use std::{
    ffi::{CStr, OsStr},
    io,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use super::create::FOLDER_INSIDE;

/// The files of this program.
#[derive(Debug, Clone)]
pub(super) struct Program {
    executable: PathBuf,
    /// As the loader names them.
    libraries: Vec<PathBuf>,
    loader: Option<PathBuf>,
}

/// What is loaded into this process: name and base.
#[derive(Default)]
struct Loaded(Vec<(PathBuf, u64)>);

impl Program {
    /// Those of this process.
    ///
    /// # Errors
    /// When the executable was removed or replaced meanwhile.
    pub(super) fn of_this_process() -> io::Result<Self> {
        let executable = std::fs::read_link("/proc/self/exe")?;
        if !executable.is_file() {
            let what = format!("{} is not there any more", executable.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, what));
        }
        let mut loaded = Loaded::default();
        // SAFETY: the callback gets the pointer that is given here, and only during this call.
        unsafe { libc::dl_iterate_phdr(Some(note), (&raw mut loaded).cast()) };
        // SAFETY: reads a value that the kernel gave this process.
        let base = unsafe { libc::getauxval(libc::AT_BASE) };
        let of_loader = |(_, at): &&(PathBuf, u64)| base != 0 && *at == base;
        let loader = loaded.0.iter().find(of_loader).map(|(path, _)| path.clone());
        let libraries = match &loader {
            None => Vec::new(),
            Some(loader) => {
                loaded.0.into_iter().map(|(path, _)| path).filter(|path| path != loader).collect()
            }
        };
        Ok(Self { executable, libraries, loader })
    }

    /// What is mounted, from where to where.
    pub(super) fn mounts(&self) -> Vec<(PathBuf, String)> {
        let own = (self.executable.clone(), format!("{FOLDER_INSIDE}/casehard"));
        let others = self.libraries.iter().chain(&self.loader);
        let others = others.filter_map(|path| Some((path.clone(), inside(path)?)));
        std::iter::once(own).chain(others).collect()
    }

    /// The words that start it in the container.
    pub(super) fn words(&self) -> Vec<String> {
        let own = format!("{FOLDER_INSIDE}/casehard");
        match self.loader.as_deref().and_then(inside) {
            Some(loader) => vec![loader, "--library-path".to_owned(), FOLDER_INSIDE.to_owned(), own],
            None => vec![own],
        }
    }
}

fn inside(path: &Path) -> Option<String> {
    Some(format!("{FOLDER_INSIDE}/{}", path.file_name()?.to_str()?))
}

/// Notes an object with a path; the executable has no name, the kernel's own object no path.
unsafe extern "C" fn note(
    object: *mut libc::dl_phdr_info,
    _size: libc::size_t,
    loaded: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: the loader gives a description that is valid during this call, with a name that is ended by zero, and
    // the pointer is the one that `dl_iterate_phdr` was given.
    let (object, loaded) = unsafe { (&*object, &mut *loaded.cast::<Loaded>()) };
    if !object.dlpi_name.is_null() {
        // SAFETY: as above.
        let name = unsafe { CStr::from_ptr(object.dlpi_name) };
        let path = Path::new(OsStr::from_bytes(name.to_bytes()));
        if path.is_absolute() && !path.starts_with("/proc") {
            loaded.0.push((path.to_owned(), object.dlpi_addr));
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_enough_to_start() {
        let program = Program::of_this_process().unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (from, to) in program.mounts() {
            let name = Path::new(&to).file_name().unwrap();
            std::os::unix::fs::symlink(from, folder.path().join(name)).unwrap();
        }
        // As in the container, but for the place, and with nothing found elsewhere.
        let place = folder.path().to_str().unwrap();
        let words = program.words().into_iter().map(|word| word.replace(FOLDER_INSIDE, place));
        let words: Vec<String> = words.collect();
        let output = std::process::Command::new(&words[0])
            .args(&words[1..])
            .arg("--list")
            .env_clear()
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).contains("the_files_are_enough_to_start"));
    }
}
