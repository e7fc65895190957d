//! What a new process does in the namespaces of its container until it becomes the command.

use std::{
    convert::Infallible,
    ffi::{CStr, OsStr},
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    path::PathBuf,
};

use casehard_oci::RootPath;
use rustix::{
    fs::{CWD, FileType, Gid, Mode, OFlags, Uid},
    mount::{MountPropagationFlags, UnmountFlags},
    thread::UnshareFlags,
};

use super::{
    Answer, Doing as _, Failure, Operation, Start,
    child::die_with_supervisor,
    command::{Command, go_to},
    devices, identity, mounts, network,
    protocol::Progress,
    root,
    run::Supervised,
};
use crate::{channel::Channel, seccomp::Listening, sys};

/// Paths that had to be made to mount upon.
#[derive(Default)]
pub(super) struct Points {
    pub(super) made: Vec<RootPath>,
}

impl Points {
    /// Makes a directory, and those above it, where they are not there.
    pub(super) fn directory(&mut self, path: &str) -> Result<(), Failure> {
        if rustix::fs::mkdir(path, Mode::from_raw_mode(0o755)).is_ok() {
            self.note(path);
            return Ok(());
        }
        if rustix::fs::stat(path).is_ok() {
            return Ok(());
        }
        if let Some((parent, _)) =
            path.trim_end_matches('/').rsplit_once('/').filter(|(parent, _)| !parent.is_empty())
        {
            self.directory(parent)?;
        }
        rustix::fs::mkdir(path, Mode::from_raw_mode(0o755)).doing(format!("make the directory {path}"))?;
        self.note(path);
        Ok(())
    }

    /// Makes an empty file where it is not there; whether there is one now.
    fn file(&mut self, path: &str) -> bool {
        if rustix::fs::stat(path).is_ok_and(|found| FileType::from_raw_mode(found.st_mode).is_file()) {
            return true;
        }
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
        let made = rustix::fs::open(path, flags, Mode::from_raw_mode(0o644)).is_ok();
        if made {
            self.note(path);
        }
        made
    }

    fn note(&mut self, path: &str) {
        // Nothing has read it: a recorder goes by that.
        root::never_read(path);
        self.made.extend(RootPath::parse(path.as_bytes()));
    }
}

/// A path of the image as this process, whose root it is, spells it.
pub(super) fn absolute(path: &RootPath) -> PathBuf {
    PathBuf::from("/").join(OsStr::from_bytes(path.as_bytes()))
}

/// Becomes the first process of a container.
pub(super) fn become_first(
    supervised: &Supervised,
    streams: &[OwnedFd; 3],
    command: Command,
    progress: &Channel,
) -> Result<Infallible, Failure> {
    let start = &supervised.start;
    rustix::mount::mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .doing("make mounts private")?;
    rustix::system::sethostname(start.spec.hostname.as_bytes()).doing("set the host name")?;
    if supervised.network.is_none() {
        sys::loopback_up().doing("bring the loopback interface up")?;
        // As Docker and Podman have it: no port of a container's own network needs a privilege. A kernel without
        // this setting keeps its limit, and binding says so.
        let _ = std::fs::write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
    }
    if let Some((network, address)) = &supervised.joined {
        network::join(network, *address)?;
    }
    let made = root::make(start)?;
    let files = root::network_files(start)?;
    let kernel = mounts::prepare()?;
    let devices = devices::prepare(start.one_user)?;
    enter_root(&made.mount, &start.run)?;
    let mut points = Points::default();
    mounts::place(&kernel, &mut points)?;
    points.directory("/dev")?;
    devices::place(&devices)?;
    points.directory("/etc")?;
    for (path, mount) in &files {
        place_file(path, mount, &mut points)?;
    }
    mounts::mask()?;
    mounts::place_further(&start.spec, &made.volumes, &mut points)?;
    go_to(&command.workdir)?;
    if start.spec.read_only {
        sys::set_mount_attributes(made.mount.as_fd(), libc::MOUNT_ATTR_RDONLY, false)
            .doing("make the root read-only")?;
    }
    let network = rustix::fs::open("/proc/self/ns/net", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
        .doing("open the network namespace")?;
    let descriptors = [made.changed.as_fd(), network.as_fd()];
    progress.send(&Progress::Root(points.made), &descriptors).doing("tell of the root")?;
    progress.expect::<Answer>().doing("wait for the control groups")?;
    // Now that it is in its groups: what it sees of them begins there.
    // SAFETY: this process has one thread, and no descriptor table is unshared.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWCGROUP) }
        .doing("make a control group namespace")?;
    drop(network);
    drop((made, files, kernel, devices));
    become_command(supervised, streams, command, progress)
}

/// Becomes a further process of a container, whose namespaces it is in.
pub(super) fn become_further(
    supervised: &Supervised,
    streams: &[OwnedFd; 3],
    command: Command,
    progress: &Channel,
) -> Result<Infallible, Failure> {
    go_to(&command.workdir)?;
    become_command(supervised, streams, command, progress)
}

/// Makes `root` the root, and lets go of that of the machine.
fn enter_root(root: &OwnedFd, at: &str) -> Result<(), Failure> {
    mounts::attach(root.as_fd(), CWD, at)?;
    rustix::process::fchdir(root).doing("go to the new root")?;
    // The old root lies on top of the new one after this, and is taken off.
    rustix::process::pivot_root(".", ".").doing("change the root")?;
    rustix::mount::unmount(".", UnmountFlags::DETACH).doing("let go of the old root")?;
    rustix::process::chdir("/").doing("go to the new root")
}

/// Mounts one of the files that runtimes provide over what the image has there.
fn place_file(path: &str, mount: &OwnedFd, points: &mut Points) -> Result<(), Failure> {
    let link =
        rustix::fs::lstat(path).ok().filter(|found| FileType::from_raw_mode(found.st_mode).is_symlink());
    if !points.file(path) {
        // A link that leads nowhere, such as to the socket directory of a resolver: there is nothing to cover.
        return Ok(());
    }
    mounts::attach(mount.as_fd(), CWD, path)?;
    if let Some(found) = link {
        root::restore_times(path, &found);
    }
    Ok(())
}

/// Takes the user, the limits and the filters, and becomes the command.
fn become_command(
    supervised: &Supervised,
    streams: &[OwnedFd; 3],
    mut command: Command,
    progress: &Channel,
) -> Result<Infallible, Failure> {
    let start = &supervised.start;
    let identity = identity::look_up(&command.user)?;
    command.default_home(&identity.home);
    let path = command.find()?;
    let progress = take_place(supervised, streams, &identity, progress)?;
    let Err(failure) = filter_and_execute(start, &command, &path, &progress);
    let _ = progress.send(&Progress::Failed(failure), &[]);
    sys::leave(127)
}

/// Takes the streams, the limits, the user and the privileges of a process of the container, and lets go of everything
/// else.
pub(super) fn take_place(
    supervised: &Supervised,
    streams: &[OwnedFd; 3],
    identity: &identity::Identity,
    progress: &Channel,
) -> Result<Channel, Failure> {
    let start = &supervised.start;
    take_streams(streams, identity)?;
    rustix::process::setsid().doing("begin a session")?;
    sys::new_session_keyring();
    supervised.groups.limit(&start.spec.limits)?;
    identity::become_it(identity, &start.spec, start.one_user)?;
    rustix::process::umask(Mode::from_raw_mode(0o022));
    sys::reset_signals();
    // Changing the user has forgotten it.
    die_with_supervisor(progress);
    alone(progress)
}

fn filter_and_execute(
    start: &Start,
    command: &Command,
    path: &CStr,
    progress: &Channel,
) -> Result<Infallible, Failure> {
    if let Some(filter) = &start.filter {
        listen(filter, progress)?;
    }
    if let Some(filter) = &start.seccomp {
        sys::install_filter(&instructions(filter), 0).doing("install the seccomp profile")?;
    }
    Err(command.execute(path))
}

/// Closes everything but the streams and the channel, so that nothing of this machine is open any more; then this
/// process may be looked at, which a recorder must.
fn alone(progress: &Channel) -> Result<Channel, Failure> {
    let free = rustix::io::fcntl_dupfd_cloexec(progress, 1000).doing("move a socket")?;
    let mut place = sys::take_place(3);
    rustix::io::dup3(&free, &mut place, rustix::io::DupFlags::CLOEXEC).doing("move a socket")?;
    sys::close_from(4);
    // What was at these numbers is gone, also for its owners, who do nothing more.
    std::mem::forget(free);
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::Dumpable)
        .doing("let the recorder look")?;
    Ok(Channel::from(place))
}

/// Installs the filter of a recorder and waits until it listens.
pub(super) fn listen(filter: &[Operation], progress: &Channel) -> Result<(), Failure> {
    let listener = Listening::new(filter).install().doing("install the filter of the recorder")?;
    progress.send(&Progress::Listener, &[listener.as_fd()]).doing("hand over the listener")?;
    drop(listener);
    progress.expect::<Answer>().map(drop).doing("wait for the recorder")
}

pub(super) fn instructions(filter: &[Operation]) -> Vec<sys::Instruction> {
    filter.iter().map(|&Operation(code, jt, jf, k)| sys::Instruction { code, jt, jf, k }).collect()
}

/// Puts the streams in their places. Pipes are given to the user, who may open them again by `/dev/stdout`.
fn take_streams(streams: &[OwnedFd; 3], identity: &identity::Identity) -> Result<(), Failure> {
    for stream in streams {
        let pipe = rustix::fs::fstat(stream)
            .is_ok_and(|found| matches!(FileType::from_raw_mode(found.st_mode), FileType::Fifo));
        if pipe {
            let owner = (Uid::from_raw(identity.user), Gid::from_raw(identity.group));
            // Not where only one user is mapped, to whom it belongs already.
            let _ = rustix::fs::fchown(stream, Some(owner.0), Some(owner.1));
        }
    }
    rustix::stdio::dup2_stdin(&streams[0]).doing("take standard input")?;
    rustix::stdio::dup2_stdout(&streams[1]).doing("take standard output")?;
    rustix::stdio::dup2_stderr(&streams[2]).doing("take standard error")
}
