//! Supervising one container: it is the parent of the container's processes, serves requests, and ends all when
//! Casehard ends.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{WaitId, WaitIdOptions},
};

use super::{
    Answer, Doing as _, Failure, Request, Stage, Start, child,
    command::Command,
    limits,
    outside::{self, Around},
    protocol::{Attach, Progress},
    root,
};
use crate::{Exec, Exit, channel::Channel, sys};

/// What the supervisor has of a container.
pub(super) struct Supervised {
    pub(super) start: Start,
    pub(super) namespace: OwnedFd,
    /// That of another container, which is shared.
    pub(super) network: Option<OwnedFd>,
    /// A network to join, and the address in it.
    pub(super) joined: Option<(OwnedFd, std::net::Ipv4Addr)>,
    /// The one that the container is in.
    pub(super) own_network: Option<OwnedFd>,
    pub(super) recorder: Option<Channel>,
    pub(super) groups: limits::Groups,
    /// The first process.
    pub(super) first: Option<OwnedFd>,
    /// Where changes of the root are collected, and paths that were made only to mount upon.
    pub(super) changed: Option<(OwnedFd, Vec<casehard_oci::RootPath>)>,
}

/// A process started for a request.
pub(super) struct Started {
    pub(super) process: OwnedFd,
    pub(super) answer: Channel,
    pub(super) ended: bool,
}

/// Runs a container until it and everything that was asked for ends.
pub(super) fn run(start: Start, channel: &Channel, descriptors: Vec<OwnedFd>) -> io::Result<()> {
    let mut descriptors = descriptors.into_iter();
    let mut next = || descriptors.next().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput));
    let store = next()?;
    let namespace = next()?;
    let streams = [next()?, next()?, next()?];
    let given = if start.has_network { Some(next()?) } else { None };
    let (network, joined) = match (given, &start.spec.network) {
        (Some(given), crate::Network::Joined(_, address)) => (None, Some((given, *address))),
        (given, _) => (given, None),
    };
    let recorder = if start.filter.is_some() { Some(Channel::from(next()?)) } else { None };
    rustix::process::fchdir(&store)?;
    let signals = sys::signal_descriptor(&[libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT])?;
    let end = start.spec.limits.time.map(|time| Instant::now() + time);
    let groups = limits::Groups::make(&start.spec.limits);
    let mut supervised = Supervised {
        start,
        namespace,
        network,
        joined,
        recorder,
        groups,
        own_network: None,
        first: None,
        changed: None,
    };
    let result = begin(&mut supervised, &streams, channel);
    drop(streams);
    let result = match result {
        Ok(()) => serve(&mut supervised, channel, end, &signals),
        Err(failure) => channel.send(&Answer::Failed(failure), &[]),
    };
    finish(supervised);
    result
}

fn begin(supervised: &mut Supervised, streams: &[OwnedFd; 3], channel: &Channel) -> Result<(), Failure> {
    let command = Command::first(&supervised.start);
    let (process, progress) = child::start_first(supervised, streams, command)?;
    supervised.first = Some(process);
    follow(supervised, &progress, Attach::Container, Some(channel))?;
    let process = supervised.first.as_ref().map(AsFd::as_fd).ok_or_else(gone).doing("start it")?;
    let network = supervised.own_network.as_ref().ok_or_else(gone).doing("receive the network namespace")?;
    channel.send(&Answer::Started, &[process, network.as_fd()]).doing("say that it runs")
}

/// Follows what a process says until it has become its command, or until who asked for it, at the other end of `asked`,
/// is gone: copying a large root takes long.
fn follow(
    supervised: &mut Supervised,
    progress: &Channel,
    attach: Attach,
    asked: Option<&Channel>,
) -> Result<(), Failure> {
    loop {
        if let Some(asked) = asked {
            heard_before_gone(progress, asked).doing("wait for the new process")?;
        }
        let Some((said, mut descriptors)) =
            progress.receive::<Progress>().doing("hear from the new process")?
        else {
            return Ok(());
        };
        match said {
            Progress::Root(made) => {
                supervised.own_network = descriptors.pop();
                supervised.changed = descriptors.pop().map(|descriptor| (descriptor, made));
                // A copy of the root in memory, made by now, is not the application's.
                if let Some(first) = &supervised.first {
                    supervised.groups.take(number_of(first.as_fd()).doing("find the new process")?);
                }
                progress.send(&Answer::Done, &[]).doing("let the new process go on")?;
            }
            Progress::Listener => {
                let listener = descriptors.pop().ok_or_else(gone).doing("receive the listener")?;
                tell_recorder(supervised, &attach, &listener)?;
                progress.send(&Answer::Done, &[]).doing("let the new process go on")?;
            }
            Progress::Failed(failure) => return Err(failure),
        }
    }
}

/// Waits for a message on `progress`. An error if the other end of `asked` is closed first.
fn heard_before_gone(progress: &Channel, asked: &Channel) -> io::Result<()> {
    loop {
        let mut polled = [PollFd::new(progress, PollFlags::IN), PollFd::new(asked, PollFlags::empty())];
        wait(&mut polled, None)?;
        if !polled[1].revents().is_empty() {
            return Err(gone());
        }
        if !polled[0].revents().is_empty() {
            return Ok(());
        }
    }
}

fn tell_recorder(supervised: &Supervised, attach: &Attach, listener: &OwnedFd) -> Result<(), Failure> {
    let recorder = supervised.recorder.as_ref().ok_or_else(gone).doing("find the recorder")?;
    let root;
    let mut descriptors = vec![listener.as_fd()];
    if let (Attach::Container, Some(first)) = (attach, &supervised.first) {
        root = outside::root_of(first.as_fd()).doing("open the root of the container")?;
        descriptors.push(root.as_fd());
    }
    recorder.send(attach, &descriptors).doing("reach the recorder")?;
    recorder.expect::<()>().map(drop).doing("hear from the recorder")
}

fn gone() -> io::Error {
    io::Error::from(io::ErrorKind::BrokenPipe)
}

/// Serves requests until Casehard closes its end.
fn serve(
    supervised: &mut Supervised,
    channel: &Channel,
    mut end: Option<Instant>,
    signals: &OwnedFd,
) -> io::Result<()> {
    let mut started: Vec<Started> = Vec::new();
    let mut first_ended = false;
    loop {
        let ready = {
            let mut polled = vec![PollFd::new(channel, PollFlags::IN), PollFd::new(signals, PollFlags::IN)];
            let first = supervised.first.as_ref().filter(|_| !first_ended);
            polled.extend(first.map(|first| PollFd::new(first, PollFlags::IN)));
            let others = polled.len();
            for one in &started {
                polled.push(PollFd::new(&one.process, PollFlags::IN));
                polled.push(PollFd::new(&one.answer, PollFlags::IN));
            }
            wait(&mut polled, end)?;
            let ready: Vec<bool> = polled.iter().map(|one| !one.revents().is_empty()).collect();
            (ready[0], ready[1], first.is_some() && ready[2], ready[others..].to_vec())
        };
        if ready.1 {
            forward(supervised, signals);
        }
        let over = end.is_some_and(|end| Instant::now() >= end);
        if over {
            end = None;
            if let Some(first) = supervised.first.as_ref().filter(|_| !first_ended) {
                let _ = sys::send_signal(first.as_fd(), libc::SIGKILL);
            }
        }
        if (ready.2 || over) && !first_ended {
            first_ended = true;
            end = None;
            let exit =
                supervised.first.as_ref().map_or(Exit::Signal(libc::SIGKILL), |first| reap(first.as_fd()));
            channel.send(&Answer::Ended(if over { Exit::TimedOut } else { exit }), &[])?;
        }
        serve_started(&mut started, &ready.3);
        if ready.0 {
            let Some((request, descriptors)) = channel.receive::<Request>()? else { return Ok(()) };
            answer(supervised, request, descriptors, &mut started);
        }
    }
}

fn wait(polled: &mut [PollFd<'_>], end: Option<Instant>) -> io::Result<()> {
    let left = end.map(|end| end.saturating_duration_since(Instant::now()) + Duration::from_millis(1));
    let left = left.map(|left| Timespec {
        tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(left.subsec_nanos()),
    });
    match poll(polled, left.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Passes a signal of the terminal's keys on to the container; others are passed on by who runs it, who gets them too.
fn forward(supervised: &Supervised, signals: &OwnedFd) {
    let mut record = [0_u8; size_of::<libc::signalfd_siginfo>()];
    while rustix::io::read(signals, &mut record).is_ok_and(|read| read == record.len()) {
        let signal = i32::from_ne_bytes([record[0], record[1], record[2], record[3]]);
        let by_key = matches!(signal, libc::SIGINT | libc::SIGQUIT);
        if let (Some(first), true) = (&supervised.first, supervised.start.signals && by_key) {
            let _ = sys::send_signal(first.as_fd(), signal);
        }
    }
}

pub(super) fn serve_started(started: &mut Vec<Started>, ready: &[bool]) {
    for (one, ready) in started.iter_mut().zip(ready.chunks_exact(2)) {
        let given_up = ready[1] && !matches!(one.answer.receive::<()>(), Ok(Some(_)));
        if ready[0] {
            let _ = one.answer.send(&Answer::Ended(reap(one.process.as_fd())), &[]);
            one.ended = true;
        } else if given_up {
            let _ = sys::send_signal(one.process.as_fd(), libc::SIGKILL);
            reap(one.process.as_fd());
            one.ended = true;
        }
    }
    started.retain(|one| !one.ended);
}

/// How an ended process ended.
fn reap(process: BorrowedFd<'_>) -> Exit {
    loop {
        match rustix::process::waitid(WaitId::PidFd(process), WaitIdOptions::EXITED) {
            Err(rustix::io::Errno::INTR) => {}
            Ok(Some(status)) => {
                return match (status.exit_status(), status.terminating_signal()) {
                    (Some(code), _) => Exit::Code(code),
                    (None, signal) => Exit::Signal(signal.unwrap_or(libc::SIGKILL)),
                };
            }
            _ => return Exit::Signal(libc::SIGKILL),
        }
    }
}

fn answer(
    supervised: &mut Supervised,
    request: Request,
    mut descriptors: Vec<OwnedFd>,
    started: &mut Vec<Started>,
) {
    if let Request::Signal(signal) = request {
        if let Some(first) = &supervised.first {
            let _ = sys::send_signal(first.as_fd(), signal);
        }
        return;
    }
    let Some(answer) = descriptors.pop().map(Channel::from) else { return };
    let result = match request {
        Request::Exec(exec) => exec_in(supervised, exec, descriptors),
        Request::Look => look_in(supervised, descriptors),
        Request::Host(argv) => outside::host(Around::of(supervised), &argv, descriptors),
        Request::Connect(address, within) => {
            let _ = match outside::connect(Around::of(supervised), address, within) {
                Ok(socket) => answer.send(&Answer::Done, &[socket.as_fd()]),
                Err(failure) => answer.send(&Answer::Failed(failure), &[]),
            };
            return;
        }
        Request::Changes => {
            let _ = match root::changes(supervised) {
                Ok(list) => answer.send(&Answer::Done, &[list.as_fd()]),
                Err(failure) => answer.send(&Answer::Failed(failure), &[]),
            };
            return;
        }
        Request::Signal(_) | Request::Around => return,
    };
    match result {
        Ok(process) => {
            let _ = answer.send(&Answer::Started, &[process.as_fd()]);
            started.push(Started { process, answer, ended: false });
        }
        Err(failure) => drop(answer.send(&Answer::Failed(failure), &[])),
    }
}

fn exec_in(supervised: &mut Supervised, exec: Exec, streams: Vec<OwnedFd>) -> Result<OwnedFd, Failure> {
    let streams: [OwnedFd; 3] = streams.try_into().map_err(|_| gone()).doing("receive the streams")?;
    let command = Command::further(&supervised.start, exec);
    let started = child::start_further(supervised, &streams, command)?;
    settle(supervised, started)
}

fn look_in(supervised: &mut Supervised, streams: Vec<OwnedFd>) -> Result<OwnedFd, Failure> {
    let streams: [OwnedFd; 3] = streams.try_into().map_err(|_| gone()).doing("receive the streams")?;
    let started = child::start_look(supervised, &streams)?;
    settle(supervised, started)
}

/// Follows a process until it has become what it was started for.
fn settle(supervised: &mut Supervised, (process, progress): (OwnedFd, Channel)) -> Result<OwnedFd, Failure> {
    let followed = follow(supervised, &progress, Attach::Command, None);
    if let Err(failure) = followed {
        let _ = sys::send_signal(process.as_fd(), libc::SIGKILL);
        reap(process.as_fd());
        return Err(failure);
    }
    Ok(process)
}

/// Ends what is left of the container, and removes what it wrote once its recorder has looked at it.
fn finish(mut supervised: Supervised) {
    if let Some(first) = supervised.first.take() {
        let _ = sys::send_signal(first.as_fd(), libc::SIGKILL);
        // The first process of a process namespace is gone only when all others of it are.
        let _ = rustix::process::waitid(WaitId::PidFd(first.as_fd()), WaitIdOptions::EXITED);
    }
    if let Some(recorder) = supervised.recorder.take() {
        let _ = rustix::net::shutdown(&recorder, rustix::net::Shutdown::Write);
        let _ = recorder.receive::<()>();
    }
    supervised.changed = None;
    root::remove(&supervised);
    supervised.groups.remove();
}

/// A child that does `work` in this user namespace and gives what it sends: for what only root of it may do.
pub(super) fn in_namespace(
    namespace: BorrowedFd<'_>,
    work: impl FnOnce() -> Result<Option<OwnedFd>, Failure>,
) -> Result<Option<OwnedFd>, Failure> {
    let (mine, other) = Channel::pair().doing("make a socket")?;
    // SAFETY: the supervisor has one thread.
    match unsafe { sys::clone(0) }.doing("start a process")? {
        sys::Side::Child => {
            drop(mine);
            let result = super::job::become_root(namespace)
                .doing("become root of the user namespace")
                .and_then(|()| work());
            let _ = match &result {
                Ok(Some(descriptor)) => other.send(&Answer::Done, &[descriptor.as_fd()]),
                Ok(None) => other.send(&Answer::Done, &[]),
                Err(failure) => other.send(&Answer::Failed(failure.clone()), &[]),
            };
            sys::leave(0)
        }
        sys::Side::Parent(_, process) => {
            drop(other);
            let answer = mine.expect::<Answer>();
            reap(process.as_fd());
            match answer.doing("hear from a process")? {
                (Answer::Failed(failure), _) => Err(failure),
                (_, mut descriptors) => Ok(descriptors.pop()),
            }
        }
    }
}

/// The number of a process in a descriptor, as this process namespace counts.
pub(super) fn number_of(process: BorrowedFd<'_>) -> io::Result<i32> {
    let text = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", process.as_raw_fd()))?;
    let number = text.lines().find_map(|line| line.strip_prefix("Pid:")?.trim().parse().ok());
    number.ok_or_else(gone)
}

/// For the kinds of failure that belong to the command and not to the machine.
pub(super) fn command_failure(doing: String, error: &io::Error) -> Failure {
    Failure::new(Stage::Command, doing, error)
}
