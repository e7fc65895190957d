//! Starting the processes of a container in their namespaces, as children of the supervisor.

use std::{
    convert::Infallible,
    io,
    os::fd::{AsFd, OwnedFd},
};

use rustix::thread::{
    LinkNameSpaceType, ThreadNameSpaceType, move_into_link_name_space, move_into_thread_name_spaces,
};

use super::{
    Answer, Doing as _, Failure, command::Command, inside, job::become_root, look, protocol::Progress,
    run::Supervised,
};
use crate::{
    channel::Channel,
    sys::{self, Side},
};

/// Starts the first process of a container. What it says until it is the command comes over the channel.
pub(super) fn start_first(
    supervised: &Supervised,
    streams: &[OwnedFd; 3],
    command: Command,
) -> Result<(OwnedFd, Channel), Failure> {
    let mut flags = libc::CLONE_NEWNS | libc::CLONE_NEWPID | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS;
    if supervised.network.is_none() {
        flags |= libc::CLONE_NEWNET;
    }
    let join = || {
        become_root(supervised.namespace.as_fd()).doing("enter the user namespace")?;
        match &supervised.network {
            Some(network) => move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))
                .doing("enter the shared network namespace"),
            None => Ok(()),
        }
    };
    through(join, flags, |progress| inside::become_first(supervised, streams, command, progress))
}

/// Starts a further process in a running container.
pub(super) fn start_further(
    supervised: &Supervised,
    streams: &[OwnedFd; 3],
    command: Command,
) -> Result<(OwnedFd, Channel), Failure> {
    beside(supervised, |progress| inside::become_further(supervised, streams, command, progress))
}

/// Starts a process that looks at a running container, as its user.
pub(super) fn start_look(
    supervised: &Supervised,
    streams: &[OwnedFd; 3],
) -> Result<(OwnedFd, Channel), Failure> {
    let user = &supervised.start.spec.user;
    beside(supervised, |progress| look::become_look(supervised, streams, user, progress))
}

/// Starts a process that does `work` in the namespaces of a running container.
fn beside(
    supervised: &Supervised,
    work: impl FnOnce(&Channel) -> Result<Infallible, Failure>,
) -> Result<(OwnedFd, Channel), Failure> {
    let first = supervised.first.as_ref().ok_or_else(|| io::Error::from_raw_os_error(libc::ESRCH));
    let first = first.doing("find the container")?.as_fd();
    let join = || {
        supervised.groups.join();
        become_root(supervised.namespace.as_fd()).doing("enter the user namespace")?;
        let all = ThreadNameSpaceType::MOUNT
            | ThreadNameSpaceType::PROCESS_ID
            | ThreadNameSpaceType::NETWORK
            | ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION
            | ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME
            | ThreadNameSpaceType::CONTROL_GROUP;
        move_into_thread_name_spaces(first, all).doing("enter the container, which may have ended")
    };
    through(join, 0, work)
}

/// Forks a process that enters namespaces by `join` and starts, with `flags`, a child of the *supervisor* there that
/// does `work`: so the supervisor itself stays where it is.
pub(super) fn through(
    join: impl FnOnce() -> Result<(), Failure>,
    flags: libc::c_int,
    work: impl FnOnce(&Channel) -> Result<Infallible, Failure>,
) -> Result<(OwnedFd, Channel), Failure> {
    let (mine, other) = Channel::pair().doing("make a socket")?;
    let (my_progress, progress) = Channel::pair().doing("make a socket")?;
    // SAFETY: the supervisor has one thread.
    match unsafe { sys::clone(0) }.doing("start a process")? {
        Side::Child => {
            drop((mine, my_progress));
            // SAFETY: a process forked from one that has one thread has one thread.
            let result = join().and_then(|()| {
                unsafe { sys::clone(flags | libc::CLONE_PARENT) }.doing("start the process in its namespaces")
            });
            match result {
                Ok(Side::Child) => {
                    drop(other);
                    die_with_supervisor(&progress);
                    let Err(failure) = work(&progress);
                    let _ = progress.send(&Progress::Failed(failure), &[]);
                    sys::leave(127)
                }
                Ok(Side::Parent(_, process)) => drop(other.send(&Answer::Done, &[process.as_fd()])),
                Err(failure) => drop(other.send(&Answer::Failed(failure), &[])),
            }
            sys::leave(0)
        }
        Side::Parent(pid, _) => {
            drop((other, progress));
            let answer = mine.expect::<Answer>();
            let _ = rustix::process::waitpid(
                rustix::process::Pid::from_raw(pid),
                rustix::process::WaitOptions::empty(),
            );
            match answer.doing("hear from a process")? {
                (Answer::Failed(failure), _) => Err(failure),
                (_, mut descriptors) => {
                    let process = descriptors.pop().ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe));
                    Ok((process.doing("start a process")?, my_progress))
                }
            }
        }
    }
}

/// Ends this process when the supervisor ends; also when it has ended already.
pub(super) fn die_with_supervisor(progress: &Channel) {
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    let mut polled = [rustix::event::PollFd::new(progress, rustix::event::PollFlags::empty())];
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    let hung_up = rustix::event::poll(&mut polled, Some(&now)).is_ok_and(|ready| ready > 0);
    if hung_up {
        sys::leave(127);
    }
}
