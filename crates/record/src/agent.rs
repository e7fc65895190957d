//! The agent that OCI runtimes hand listeners to: `linux.seccomp.listenerPath` of their runtime specification.
//!
//! Each container has a recorder's process of its own, whose root is that of the container; further commands that
//! come with the same container's name belong to it.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, IoSliceMut},
    mem::MaybeUninit,
    os::{
        fd::{AsFd as _, BorrowedFd, OwnedFd},
        unix::net::{UnixListener, UnixStream},
    },
    process::Child,
    time::{Duration, Instant},
};

use casehard_engine::{channel::Channel, supervisor::Attach};
use casehard_profile::{Phase, Profile};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{Mode as Permissions, OFlags},
    net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg},
};
use serde::Deserialize;

use crate::{
    Mode, RecordError,
    process::{self, Command, Report, Witnesses},
    recording::failed,
};

/// No state of a container is longer.
const LONGEST: usize = 1 << 20;
const DESCRIPTORS: usize = 16;
/// A runtime sends its message at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a runtime sends: the "container process state" of the runtime specification.
#[derive(Debug, Deserialize)]
struct Sent {
    fds: Vec<String>,
    pid: i32,
    state: State,
}

#[derive(Debug, Deserialize)]
struct State {
    id: String,
}

/// A container that is recorded.
struct Recorded {
    child: Child,
    control: Channel,
    supervisor: Channel,
    /// Its listeners, which hang up when nobody has their filter any more.
    listeners: Vec<OwnedFd>,
}

/// What happened to a container.
#[derive(Debug)]
#[non_exhaustive]
pub enum Told<'a> {
    /// It is recorded from now on.
    Began,
    /// This was seen so far.
    SoFar(&'a Profile),
    /// It has ended, and this was seen.
    Ended(&'a Profile),
    /// It could not be recorded, or no more.
    Failed(&'a RecordError),
}

/// Records every container whose runtime connects to `socket`; what was seen is told every `every`, by the container's
/// name (which a runtime chose: it is escaped). Goes on until the socket fails.
///
/// # Errors
/// When the socket fails. What fails of one container is told, and the others go on.
pub fn listen(
    socket: &UnixListener,
    every: Duration,
    tell: &mut dyn FnMut(&str, Told<'_>),
) -> Result<(), RecordError> {
    let mut containers: BTreeMap<String, Recorded> = BTreeMap::new();
    let mut next = Instant::now() + every;
    loop {
        let (came, over) = wait(socket, &containers, next.saturating_duration_since(Instant::now()))
            .map_err(failed("wait for"))?;
        if came {
            let (stream, _) = socket.accept().map_err(failed("accept a connection for"))?;
            match receive(&stream).and_then(|(sent, listener)| {
                let id = casehard_oci::escape(sent.state.id.as_bytes()).into_owned();
                attach(&mut containers, &id, sent.pid, listener).map(|begins| (id, begins))
            }) {
                Ok((id, true)) => tell(&id, Told::Began),
                Ok(_) => {}
                Err(error) => tell("", Told::Failed(&failed("attach")(error))),
            }
        }
        for id in over {
            if let Some(recorded) = containers.remove(&id) {
                match recorded.ask(&Command::Finish) {
                    Ok(profile) => tell(&id, Told::Ended(&profile)),
                    Err(error) => tell(&id, Told::Failed(&error)),
                }
            }
        }
        if Instant::now() >= next {
            next = Instant::now() + every;
            for (id, recorded) in &containers {
                match recorded.ask(&Command::SoFar) {
                    Ok(profile) => tell(id, Told::SoFar(&profile)),
                    Err(error) => tell(id, Told::Failed(&error)),
                }
            }
        }
    }
}

/// Whether a runtime connects, and which containers have ended.
fn wait(
    socket: &UnixListener,
    containers: &BTreeMap<String, Recorded>,
    time: Duration,
) -> io::Result<(bool, Vec<String>)> {
    let mut polled = vec![PollFd::new(socket, PollFlags::IN)];
    let open = |one: &&OwnedFd| !hung_up(one.as_fd(), Duration::ZERO);
    for recorded in containers.values() {
        // Without events to wait for: only the end is told.
        let first = recorded.listeners.iter().find(open);
        polled.extend(first.map(|listener| PollFd::new(listener, PollFlags::empty())));
    }
    let time = Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(time.subsec_nanos()),
    };
    match poll(&mut polled, Some(&time)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let came = !polled[0].revents().is_empty();
    let is_over = |recorded: &Recorded| !recorded.listeners.iter().any(|one| open(&one));
    let over = containers.iter().filter(|(_, recorded)| is_over(recorded)).map(|(id, _)| id.clone());
    Ok((came, over.collect()))
}

fn hung_up(listener: BorrowedFd<'_>, time: Duration) -> bool {
    let time = Timespec { tv_sec: 0, tv_nsec: i64::from(time.subsec_nanos()) };
    let mut polled = [PollFd::from_borrowed_fd(listener, PollFlags::empty())];
    poll(&mut polled, Some(&time)).is_ok() && polled[0].revents().contains(PollFlags::HUP)
}

/// What a runtime sends, with the listener among its descriptors.
fn receive(stream: &UnixStream) -> io::Result<(Sent, OwnedFd)> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let (mut text, mut descriptors) = (Vec::new(), Vec::new());
    loop {
        let mut part = vec![0; 64 << 10];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let flags = RecvFlags::CMSG_CLOEXEC;
        let length = recvmsg(stream, &mut [IoSliceMut::new(&mut part)], &mut ancillary, flags)?.bytes;
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(received) = message {
                descriptors.extend(received);
            }
        }
        text.extend_from_slice(&part[..length]);
        if text.len() > LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the runtime's message does not end"));
        }
        // Runtimes close the connection after the message, but need not.
        if length == 0 || serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_ok() {
            break;
        }
    }
    let sent: Sent = serde_json::from_slice(&text)?;
    let at = sent.fds.iter().position(|name| name == "seccompFd");
    let listener = at.filter(|at| *at < descriptors.len()).map(|at| descriptors.swap_remove(at));
    let missing = || io::Error::new(io::ErrorKind::InvalidData, "the runtime's message has no seccompFd");
    Ok((sent, listener.ok_or_else(missing)?))
}

/// Gives a listener to the recorder of its container; whether that begins with it.
fn attach(
    containers: &mut BTreeMap<String, Recorded>,
    id: &str,
    pid: i32,
    listener: OwnedFd,
) -> io::Result<bool> {
    let kept = listener.try_clone()?;
    if let Some(recorded) = containers.get_mut(id) {
        recorded.supervisor.send(&Attach::Command, &[listener.as_fd()])?;
        recorded.supervisor.expect::<()>()?;
        recorded.listeners.push(kept);
        return Ok(false);
    }
    let namespace = File::open(format!("/proc/{pid}/ns/user"))?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = rustix::fs::open(format!("/proc/{pid}/root"), flags, Permissions::empty())?;
    let (supervisor, other) = Channel::pair()?;
    let (child, control) =
        process::start(Mode::Full, Witnesses::One, Phase::new("run"), Vec::new(), namespace.as_fd(), &other)?;
    supervisor.send(&Attach::Container, &[listener.as_fd(), root.as_fd()])?;
    supervisor.expect::<()>()?;
    containers.insert(id.to_owned(), Recorded { child, control, supervisor, listeners: vec![kept] });
    Ok(true)
}

impl Recorded {
    fn ask(&self, command: &Command) -> Result<Profile, RecordError> {
        self.control.send(command, &[]).map_err(failed("reach"))?;
        self.control.expect::<Report>().map_err(failed("hear from"))?.0.into_open_profile()
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let _ = rustix::net::shutdown(&self.control, rustix::net::Shutdown::Both);
        let _ = self.child.wait();
    }
}
