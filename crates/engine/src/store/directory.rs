//! The directory of unpacked images, shared by processes of Casehard through file locks.

use std::{
    fs::{self, File},
    io,
    os::fd::{AsFd, OwnedFd},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use casehard_image::{Image, ReadError};
use casehard_oci::Hasher;
use rustix::{
    fs::{FlockOperation, Mode, OFlags, flock},
    pipe::{PipeFlags, pipe_with},
};

use super::{
    Unpacked,
    send::{SendError, send},
};
use crate::{
    namespace::UserNamespace,
    supervisor::{Answer, Job, start},
};

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file or directory of the store.
    #[error("{doing} {path}: {source}")]
    File {
        /// What was being done.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The image cannot be read.
    #[error("read the image: {0}")]
    Image(#[from] ReadError),
    /// The image cannot be written to disk.
    #[error("{doing} into {path}")]
    Unpack {
        /// What failed.
        doing: String,
        /// Where it was to be written.
        path: PathBuf,
    },
}

/// The directory of unpacked images.
#[derive(Debug)]
pub struct Store {
    pub(super) path: PathBuf,
    directory: OwnedFd,
}

/// An unpacked image. It stays as long as this does.
#[derive(Debug)]
pub struct Root {
    /// Its directory, relative to the store.
    pub(crate) path: String,
    /// What could not be kept as the image has it.
    pub unpacked: Unpacked,
    _lock: File,
}

/// A directory for what one run writes.
#[derive(Debug)]
pub(crate) struct Run {
    /// Relative to the store.
    pub(crate) path: String,
    whole: PathBuf,
    _lock: File,
}

impl Drop for Run {
    /// The supervisor has emptied and removed it; this is for when none was started.
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.whole);
        if !self.whole.exists() {
            let _ = fs::remove_file(self.whole.with_extension("lock"));
        }
    }
}

pub(super) fn failed<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> StoreError + 'a {
    move |source| StoreError::File { doing, path: path.to_owned(), source }
}

impl Store {
    /// Opens the store in this directory, and makes it where it is not there.
    ///
    /// # Errors
    /// When it cannot be made or opened.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        // Root's containers are other users: they pass through, but cannot look around.
        let mode = if rustix::process::geteuid().is_root() { 0o711 } else { 0o700 };
        for directory in [path.to_owned(), path.join("roots"), path.join("runs"), path.join("partial")] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(mode)
                .create(&directory)
                .map_err(failed("make the directory", &directory))?;
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(path, flags, Mode::empty()).map_err(io::Error::from);
        Ok(Self { path: path.to_owned(), directory: directory.map_err(failed("open", path))? })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) const fn directory(&self) -> &OwnedFd {
        &self.directory
    }

    /// The image unpacked: as it is there, or unpacked now. Other processes that want the same wait meanwhile.
    ///
    /// # Errors
    /// When the image cannot be read, or not be written.
    pub fn root(&self, image: &Image, namespace: &UserNamespace) -> Result<Root, StoreError> {
        let key = key(image, namespace);
        let place = self.path.join("roots").join(&key);
        let facts = place.join("unpacked.json");
        loop {
            let lock = self.lock(&key, FlockOperation::LockShared)?;
            if let Ok(text) = fs::read(&facts) {
                let unpacked = serde_json::from_slice(&text).map_err(io::Error::from);
                let unpacked = unpacked.map_err(failed("read", &facts))?;
                // Its time says when it was used last.
                let _ = File::open(&facts).and_then(|file| rustix_touch(&file));
                return Ok(Root { path: format!("roots/{key}/root"), unpacked, _lock: lock });
            }
            drop(lock);
            // Waiting for the exclusive lock would wait for everybody who uses what somebody else has unpacked meanwhile.
            let Ok(lock) = self.lock(&key, FlockOperation::NonBlockingLockExclusive) else {
                std::thread::sleep(std::time::Duration::from_millis(5));
                continue;
            };
            if !facts.exists() {
                self.unpack(image, namespace, &place)?;
            }
            drop(lock);
        }
    }

    /// Locks an unpacked image; the lock is of the file that is there when it is held.
    pub(super) fn lock(&self, key: &str, how: FlockOperation) -> Result<File, StoreError> {
        let path = self.path.join("roots").join(format!("{key}.lock"));
        loop {
            let file = File::options().create(true).truncate(false).write(true).open(&path);
            let file = file.map_err(failed("open", &path))?;
            flock(&file, how).map_err(io::Error::from).map_err(failed("lock", &path))?;
            let here = file.metadata().map_err(failed("look at", &path))?;
            if fs::metadata(&path).is_ok_and(|there| there.ino() == here.ino()) {
                return Ok(file);
            }
        }
    }

    fn unpack(&self, image: &Image, namespace: &UserNamespace, place: &Path) -> Result<(), StoreError> {
        let partial = self.new_directory("partial", namespace)?;
        let path = self.path.join(&partial.path);
        let unpacked = self.stream(image, namespace, &partial.path, place);
        let result = unpacked.and_then(|unpacked| {
            let facts = path.join("unpacked.json");
            let text =
                serde_json::to_vec(&unpacked).map_err(io::Error::from).map_err(failed("write", &facts))?;
            fs::write(&facts, text).map_err(failed("write", &facts))?;
            fs::rename(&path, place).map_err(failed("move into place", place))
        });
        if result.is_err() {
            self.remove(&partial.path, namespace);
        }
        let _ = fs::remove_file(self.path.join(format!("{}.lock", partial.path)));
        result
    }

    fn stream(
        &self,
        image: &Image,
        namespace: &UserNamespace,
        target: &str,
        place: &Path,
    ) -> Result<Unpacked, StoreError> {
        let unpack = |doing: String| StoreError::Unpack { doing, path: place.to_owned() };
        let broken = |error: &io::Error| unpack(format!("unpack the image ({error})"));
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).map_err(|error| broken(&error.into()))?;
        // A larger pipe lets both sides run for longer; it may be refused.
        let _ = rustix::pipe::fcntl_setpipe_size(&writer, 1 << 20);
        let job = Job::Unpack(target.to_owned());
        let descriptors = [self.directory.as_fd(), namespace.as_fd(), reader.as_fd()];
        let (mut child, channel) = start(&job, &descriptors).map_err(|error| broken(&error))?;
        drop(reader);
        let sent = send(image, File::from(writer));
        let answer = channel.expect::<Answer>();
        let _ = child.wait();
        if let Err(SendError::Read(error)) = sent {
            return Err(StoreError::Image(error));
        }
        match answer {
            Ok((Answer::Unpacked(unpacked), _)) => Ok(unpacked),
            Ok((Answer::Failed(failure), _)) => Err(unpack(failure.to_string())),
            Ok(_) => Err(broken(&io::Error::from(io::ErrorKind::InvalidData))),
            Err(error) => Err(broken(&error)),
        }
    }

    /// A new directory below `kind` that belongs to root of the user namespace, with a lock that says it is in use.
    fn new_directory(&self, kind: &str, namespace: &UserNamespace) -> Result<Run, StoreError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = format!("{kind}/{}-{number}", std::process::id());
            let whole = self.path.join(&path);
            let lock_path = self.path.join(format!("{path}.lock"));
            let lock = File::options().create_new(true).write(true).open(&lock_path);
            let lock = match lock {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                lock => lock.map_err(failed("make", &lock_path))?,
            };
            flock(&lock, FlockOperation::NonBlockingLockExclusive)
                .map_err(io::Error::from)
                .map_err(failed("lock", &lock_path))?;
            let made = fs::DirBuilder::new().mode(0o700).create(&whole);
            made.map_err(failed("make the directory", &whole))?;
            let (user, group) = namespace.ids().root();
            std::os::unix::fs::chown(&whole, Some(user), Some(group)).map_err(failed("give away", &whole))?;
            return Ok(Run { path, whole, _lock: lock });
        }
    }

    /// A directory for what one run writes.
    pub(crate) fn run(&self, namespace: &UserNamespace) -> Result<Run, StoreError> {
        self.new_directory("runs", namespace)
    }

    /// Removes a directory of the store, as far as it can be.
    pub(super) fn remove(&self, path: &str, namespace: &UserNamespace) {
        let job = Job::Remove(path.to_owned());
        if let Ok((mut child, channel)) = start(&job, &[self.directory.as_fd(), namespace.as_fd()]) {
            let _ = channel.expect::<Answer>();
            let _ = child.wait();
        }
        let whole = self.path.join(path);
        let _ = fs::remove_file(whole.join("unpacked.json"));
        let _ = fs::remove_dir(whole);
    }
}

/// What tells an unpacked image from others: its layers, and who its owners are on this machine.
fn key(image: &Image, namespace: &UserNamespace) -> String {
    let mut hasher = Hasher::new();
    for layer in image.layers() {
        hasher.update(layer.diff_id.as_bytes());
    }
    hasher.update(namespace.ids().tag().as_bytes());
    hasher.finish().hex()[..40].to_owned()
}

fn rustix_touch(file: &File) -> io::Result<()> {
    use rustix::fs::{Timespec, Timestamps, UTIME_NOW, futimens};
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    Ok(futimens(file, &Timestamps { last_access: now, last_modification: now })?)
}
