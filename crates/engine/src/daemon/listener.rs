//! The recorder's side of a container: commands come to a socket, which is mounted into the container, get the filter,
//! and hand over its listener.

use std::{
    fs::File,
    io,
    os::{
        fd::{AsFd, AsRawFd as _, OwnedFd},
        unix::fs::PermissionsExt as _,
    },
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use rustix::{
    fs::{Mode, OFlags},
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, sockopt},
};

use crate::{
    Recorder,
    channel::Channel,
    supervisor::{Answer, Attach, Becoming, Enter, Operation, Progress},
};

/// What a command that has ended said of itself comes within this time.
const TOLD: Duration = Duration::from_secs(2);
/// Commands that may wait at once.
const WAITING: i32 = 64;

/// What is known of the commands that came.
#[derive(Default)]
struct Known {
    /// Whether the container's own command has come.
    began: bool,
    /// How many became what they were to be, or failed to.
    settled: u64,
    /// Whom the next one becomes.
    next: Option<Becoming>,
    failed: Option<String>,
    /// The recorder, until all is over.
    recorder: Option<Channel>,
}

/// Attends a socket, in a thread of its own.
pub(super) struct Listener {
    socket: OwnedFd,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    filter: Vec<Operation>,
    known: Mutex<Known>,
    changed: Condvar,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

impl Listener {
    /// Begins to listen at `socket` in `folder`. The first command becomes `first`.
    pub(super) fn start(folder: &Path, recorder: Recorder, first: Option<Becoming>) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(folder, flags, Mode::empty())?;
        // However long the path of the folder is: that of a socket has 107 bytes.
        let path = PathBuf::from(format!("/proc/self/fd/{}/socket", folder.as_raw_fd()));
        let flags = SocketFlags::CLOEXEC;
        let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
        rustix::net::bind(&socket, &SocketAddrUnix::new(&path)?)?;
        // Whichever user the container runs as; the folder is closed to those of this machine.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666))?;
        rustix::net::listen(&socket, WAITING)?;
        let known = Known { next: first, recorder: Some(recorder.channel), ..Known::default() };
        let shared =
            Arc::new(Shared { filter: recorder.filter, known: Mutex::new(known), changed: Condvar::new() });
        let (of_thread, listening) = (Arc::clone(&shared), socket.try_clone()?);
        let thread = thread::Builder::new().name("listener".to_owned()).spawn(move || {
            while let Ok(came) = rustix::net::accept_with(&listening, SocketFlags::CLOEXEC) {
                let shared = Arc::clone(&of_thread);
                // One that cannot have a thread is closed, and says so.
                let _ = thread::Builder::new().spawn(move || shared.attend(came));
            }
        })?;
        Ok(Self { socket, shared, thread: Some(thread) })
    }

    /// Waits until the container's own command has become what it was to be, or `is_over`.
    pub(super) fn settled(&self, is_over: impl Fn() -> bool) -> Result<(), String> {
        let mut known = self.shared.known();
        while known.settled == 0 && !is_over() {
            let step = Duration::from_millis(20);
            known = self.shared.changed.wait_timeout(known, step).unwrap_or_else(PoisonError::into_inner).0;
        }
        match known.failed.take() {
            Some(why) => Err(why),
            None if known.began => Ok(()),
            None => Err("it ended before it came to the recorder".to_owned()),
        }
    }

    /// The next command that comes becomes this. How many have come.
    pub(super) fn expect(&self, becoming: Option<Becoming>) -> u64 {
        let mut known = self.shared.known();
        known.next = becoming;
        known.settled
    }

    /// Why the command after the first `before` failed to become what it was to be, when it did; it has ended.
    pub(super) fn failure(&self, before: u64) -> Option<String> {
        let known = self.shared.known();
        let waits = |known: &mut Known| known.settled == before;
        let waited = self.shared.changed.wait_timeout_while(known, TOLD, waits);
        waited.unwrap_or_else(PoisonError::into_inner).0.failed.take()
    }

    /// The container has ended: the recorder looks at what is left of it.
    pub(super) fn finish(&mut self) {
        let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both);
        let _ = self.thread.take().map(JoinHandle::join);
        let recorder = self.shared.known().recorder.take();
        if let Some(recorder) = recorder {
            let _ = rustix::net::shutdown(&recorder, rustix::net::Shutdown::Write);
            let _ = recorder.receive::<()>();
        }
    }
}

impl Shared {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Attends one command until it is what it was to be.
    fn attend(&self, came: OwnedFd) {
        let result = self.follow(came);
        let mut known = self.known();
        known.settled += 1;
        if let Err(why) = result {
            known.failed = Some(why);
        }
        self.changed.notify_all();
    }

    fn follow(&self, came: OwnedFd) -> Result<(), String> {
        let reach = |error: io::Error| format!("reach the process that is to be recorded: {error}");
        let process = sockopt::socket_peercred(&came).map_err(|error| reach(error.into()))?.pid;
        let channel = Channel::from(came);
        let identity = self.known().next.clone();
        channel.send(&Enter { filter: self.filter.clone(), identity }, &[]).map_err(reach)?;
        while let Some((said, mut descriptors)) = channel.receive::<Progress>().map_err(reach)? {
            match said {
                Progress::Listener => {
                    let listener = descriptors.pop().ok_or("receive the listener: there is none")?;
                    self.attach(process.as_raw_nonzero().get(), &listener)
                        .map_err(|error| format!("attach the recorder: {error}"))?;
                    channel.send(&Answer::Done, &[]).map_err(reach)?;
                }
                Progress::Failed(failure) => return Err(failure.to_string()),
                Progress::Root(_) => return Err("understand the process that is to be recorded".to_owned()),
            }
        }
        Ok(())
    }

    fn attach(&self, process: i32, listener: &OwnedFd) -> io::Result<()> {
        let mut known = self.known();
        let began = known.began;
        let recorder = known.recorder.as_ref().ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?;
        if began {
            recorder.send(&Attach::Command, &[listener.as_fd()])?;
        } else {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let root = rustix::fs::open(format!("/proc/{process}/root"), flags, Mode::empty())?;
            let namespace = File::open(format!("/proc/{process}/ns/user"))?;
            recorder.send(&Attach::Container, &[listener.as_fd(), root.as_fd(), namespace.as_fd()])?;
        }
        recorder.expect::<()>()?;
        known.began = true;
        Ok(())
    }
}
