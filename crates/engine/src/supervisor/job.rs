//! Starting such a process, and what it does when it is one.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    process::{Child, Command, Stdio},
};

use rustix::{fs::Mode, process};

use super::{Answer, Doing as _, Failure, Job, beside, entry, network, run};
use crate::{channel::Channel, namespace, store, sys};

/// The word that tells such a process from one that a person started.
const MARK: &str = "casehard-sandbox-process";

/// Starts a process for one job.
pub(crate) fn start(job: &Job, descriptors: &[BorrowedFd<'_>]) -> io::Result<(Child, Channel)> {
    let (mine, other) = Channel::pair()?;
    let child = Command::new("/proc/self/exe")
        .arg(MARK)
        .stdin(Stdio::from(OwnedFd::from(other)))
        .stdout(Stdio::null())
        .spawn()?;
    mine.send(job, descriptors)?;
    Ok((child, mine))
}

/// Does what this process was started for, and ends it, when it is one that [`crate::Sandbox`] started. Otherwise
/// returns at once. To be called first thing in `main`, while the process has one thread.
pub fn enter_if_asked() {
    entry::enter_if_asked();
    let mut arguments = std::env::args_os();
    if arguments.nth(1).is_none_or(|first| first != MARK) || arguments.next().is_some() {
        return;
    }
    sys::leave(serve().map_or(1, |()| 0));
}

fn serve() -> io::Result<()> {
    let _ = rustix::thread::set_name(c"casehard-sandbox");
    let channel = Channel::from(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?);
    // The descriptor 0 would keep the socket open in what is started from here.
    let nothing = rustix::fs::open("/dev/null", rustix::fs::OFlags::RDWR, Mode::empty())?;
    rustix::stdio::dup2_stdin(&nothing)?;
    process::umask(Mode::empty());
    let Some((job, descriptors)) = channel.receive::<Job>()? else { return Ok(()) };
    let mut descriptors = descriptors.into_iter();
    let mut next = || descriptors.next().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput));
    let answer = match job {
        Job::Namespace(ids) => match namespace::make(&ids) {
            Ok(made) => return channel.send(&Answer::Namespace, &[made.as_fd()]),
            Err(failure) => Answer::Failed(failure),
        },
        Job::Network => match become_root(next()?.as_fd())
            .doing("become root of the user namespace")
            .and_then(|()| network::make())
        {
            Ok(made) => return channel.send(&Answer::Namespace, &[made.as_fd()]),
            Err(failure) => Answer::Failed(failure),
        },
        Job::Unpack(target) => {
            enter(&next()?, &next()?)?;
            match store::unpack(next()?, &target) {
                Ok(unpacked) => Answer::Unpacked(unpacked),
                Err(error) => {
                    let _ = store::remove(&target);
                    Answer::Failed(Failure::new(super::Stage::Setup, "unpack the image", &error))
                }
            }
        }
        Job::Remove(path) => {
            enter(&next()?, &next()?)?;
            match store::remove(&path).doing(format!("remove {path}")) {
                Ok(()) => Answer::Done,
                Err(failure) => Answer::Failed(failure),
            }
        }
        Job::Beside(beside) => return beside::run(&beside, &channel),
        Job::Run(start) => return run::run(*start, &channel, descriptors.collect()),
    };
    channel.send(&answer, &[])
}

/// Goes to the store and becomes root of the user namespace.
fn enter(store: &OwnedFd, namespace: &OwnedFd) -> io::Result<()> {
    process::fchdir(store)?;
    become_root(namespace.as_fd())
}

/// Becomes root of a user namespace, with all its capabilities; where this process is in it, it stays who it is.
pub(super) fn become_root(namespace: BorrowedFd<'_>) -> io::Result<()> {
    let (own, wanted) = (rustix::fs::stat("/proc/self/ns/user")?, rustix::fs::fstat(namespace)?);
    if (own.st_dev, own.st_ino) == (wanted.st_dev, wanted.st_ino) {
        return Ok(());
    }
    rustix::thread::move_into_link_name_space(namespace, Some(rustix::thread::LinkNameSpaceType::User))?;
    // Groups cannot be set where only one is mapped, and need not be: no other is known there.
    let _ = rustix::thread::set_thread_groups(&[]);
    let (user, group) = (process::Uid::ROOT, process::Gid::ROOT);
    rustix::thread::set_thread_res_gid(group, group, group)?;
    rustix::thread::set_thread_res_uid(user, user, user)?;
    Ok(())
}
