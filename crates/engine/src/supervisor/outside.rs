//! What the supervisor does beside a container: connections into its network, commands of the machine in it.

use std::{
    io,
    net::SocketAddr,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    fs::{Mode, OFlags},
    io::Errno,
    mount::{MountAttrFlags, MountPropagationFlags},
    net::{AddressFamily, SocketFlags, SocketType, sockopt},
    thread::{CapabilitySet, CapabilitySets, LinkNameSpaceType, UnshareFlags, move_into_link_name_space},
};

use super::{
    Doing as _, Failure,
    child::{die_with_supervisor, through},
    job::become_root,
    mounts,
    run::{Supervised, command_failure, in_namespace, number_of},
};
use crate::sys;

/// The root directory of a process.
pub(super) fn root_of(process: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let path = format!("/proc/{}/root", number_of(process)?);
    Ok(rustix::fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

/// Where a container is, for what is done beside it.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    /// Its user namespace.
    pub(super) namespace: BorrowedFd<'a>,
    /// Its network.
    pub(super) network: Option<BorrowedFd<'a>>,
    /// Who started Casehard: user and group.
    pub(super) caller: (u32, u32),
}

impl<'a> Around<'a> {
    pub(super) fn of(supervised: &'a Supervised) -> Self {
        Self {
            namespace: supervised.namespace.as_fd(),
            network: supervised.own_network.as_ref().map(AsFd::as_fd),
            caller: supervised.start.caller,
        }
    }

    fn network(&self) -> Result<BorrowedFd<'a>, Failure> {
        let network = self.network.ok_or_else(|| io::Error::from_raw_os_error(libc::ESRCH));
        network.doing("find the network of the container")
    }
}

fn enter_network(around: Around<'_>) -> Result<(), Failure> {
    let network = around.network()?;
    if around.caller.0 != 0 {
        become_root(around.namespace).doing("enter the user namespace")?;
    }
    move_into_link_name_space(network, Some(LinkNameSpaceType::Network)).doing("enter the network")
}

/// Connects from inside the container's network.
pub(super) fn connect(around: Around<'_>, address: SocketAddr, within: Duration) -> Result<OwnedFd, Failure> {
    let network = around.network()?;
    let socket = in_namespace(around.namespace, || {
        move_into_link_name_space(network, Some(LinkNameSpaceType::Network)).doing("enter the network")?;
        open_connection(address, within).map(Some).doing(format!("connect to {address}"))
    })?;
    socket.ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe)).doing("receive a connection")
}

fn open_connection(address: SocketAddr, within: Duration) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
    match rustix::net::connect(&socket, &address) {
        Err(Errno::INPROGRESS) => {
            let mut polled = [PollFd::new(&socket, PollFlags::OUT)];
            let time = rustix::event::Timespec {
                tv_sec: i64::try_from(within.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(within.subsec_nanos()),
            };
            if poll(&mut polled, Some(&time))? == 0 {
                return Err(io::Error::from_raw_os_error(libc::ETIMEDOUT));
            }
            sockopt::socket_error(&socket)??;
        }
        result => result?,
    }
    rustix::io::ioctl_fionbio(&socket, false)?;
    Ok(socket)
}

/// Starts a command of this machine in the container's network, as the caller but without any privilege.
pub(super) fn host(
    around: Around<'_>,
    argv: &[String],
    mut descriptors: Vec<OwnedFd>,
) -> Result<OwnedFd, Failure> {
    let short = || io::Error::from(io::ErrorKind::InvalidInput);
    let directory = descriptors.pop().ok_or_else(short).doing("receive the directory")?;
    let streams: [OwnedFd; 3] = descriptors.try_into().map_err(|_| short()).doing("receive the streams")?;
    // Processes of an own process namespace end with its first one.
    let flags = libc::CLONE_NEWPID | libc::CLONE_NEWNS;
    let (process, progress) = through(
        || enter_network(around),
        flags,
        |progress| {
            become_caller(around.caller)?;
            rustix::process::fchdir(&directory).doing("go to the directory of the command")?;
            rustix::stdio::dup2_stdin(&streams[0]).doing("take standard input")?;
            rustix::stdio::dup2_stdout(&streams[1]).doing("take standard output")?;
            rustix::stdio::dup2_stderr(&streams[2]).doing("take standard error")?;
            sys::reset_signals();
            rustix::process::umask(Mode::from_raw_mode(0o022));
            die_with_supervisor(progress);
            Err(first_of_host(argv))
        },
    )?;
    match progress.receive::<super::protocol::Progress>().doing("hear from the command")? {
        Some((super::protocol::Progress::Failed(failure), _)) => {
            let _ = rustix::process::waitid(
                rustix::process::WaitId::PidFd(process.as_fd()),
                rustix::process::WaitIdOptions::EXITED,
            );
            Err(failure)
        }
        _ => Ok(process),
    }
}

/// Becomes the caller again, without anything that could be gained: an ordinary user in a further user namespace,
/// root as itself, whose files the command may need, but without capabilities.
fn become_caller((user, group): (u32, u32)) -> Result<(), Failure> {
    rustix::mount::mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .doing("make mounts private")?;
    // Without an own `/proc` the command would see other processes under its number; but it can go on.
    if let Ok(proc) = mounts::filesystem("proc", &[], MountAttrFlags::MOUNT_ATTR_NOSUID) {
        let _ = mounts::attach(proc.as_fd(), rustix::fs::CWD, "/proc");
    }
    if user != 0 {
        // SAFETY: this process has one thread, and no descriptor table is unshared.
        unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWUSER) }.doing("make a user namespace")?;
        let write = |file: &str, text: String| {
            std::fs::write(format!("/proc/self/{file}"), text)
                .doing(format!("write {file} for a command of this machine"))
        };
        write("setgroups", "deny".to_owned())?;
        write("uid_map", format!("{user} 0 1"))?;
        write("gid_map", format!("{group} 0 1"))?;
    }
    for one in CapabilitySet::all().iter() {
        let _ = rustix::thread::remove_capability_from_bounding_set(one);
    }
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    rustix::thread::set_capabilities(None, sets).doing("drop all capabilities")?;
    rustix::thread::set_no_new_privs(true).doing("set no_new_privs")
}

/// The first process of the command's process namespace: starts the command, collects what it leaves, and ends as
/// the command ends. Gives a failure, or does not return.
fn first_of_host(argv: &[String]) -> Failure {
    use std::os::unix::process::ExitStatusExt as _;
    let program = argv.first().cloned().unwrap_or_default();
    let doing = format!("start {:?}", casehard_oci::escape(program.as_bytes()));
    let mut child = match std::process::Command::new(&program).args(argv.iter().skip(1)).spawn() {
        Ok(child) => child,
        Err(error) => return command_failure(doing, &error),
    };
    // The progress channel closes with this: the command has begun.
    sys::close_from(3);
    let status = child.wait();
    match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => sys::leave(code),
            (None, signal) => sys::leave(128 + signal.unwrap_or(libc::SIGKILL)),
        },
        Err(error) => command_failure(doing, &error),
    }
}
