//! What this program is in a container of another engine, where it was mounted: the process that puts a command under
//! the filter of a recorder and becomes it, and one that tries what a process of the container may do.
//!
//! Nothing stays of it in between: the command is the very process that the engine started.

use std::{convert::Infallible, os::fd::AsFd as _};

use rustix::{
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType},
    process::{Gid, Uid},
};

use super::{
    Becoming, Doing as _, Enter, Failure, Progress,
    command::Command,
    identity::{self, Identity},
    inside, look,
};
use crate::{Tried, channel::Channel, daemon::SOCKET_INSIDE, sys};

/// The word that tells such a process from one that a person started.
pub(crate) const CONTAINER_MARK: &str = "casehard-container-process";
/// To become the command that follows, recorded.
pub(crate) const RECORD: &str = "record";
/// To try what a process may do, and say it.
pub(crate) const TRY: &str = "try";

/// Does what this process was started for when it is one in a container; then it does not return.
pub(super) fn enter_if_asked() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().is_none_or(|first| first != CONTAINER_MARK) {
        return;
    }
    match arguments.next().as_deref() {
        Some(RECORD) => {
            let Err(failure) = record(arguments.collect());
            let _ = look::write_all(rustix::stdio::stderr(), format!("casehard: {failure}\n").as_bytes());
            sys::leave(127)
        }
        Some(TRY) => sys::leave(i32::from(attempt().is_err())),
        _ => sys::leave(2),
    }
}

fn record(argv: Vec<String>) -> Result<Infallible, Failure> {
    let socket =
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
            .doing("make a socket")?;
    let address = SocketAddrUnix::new(SOCKET_INSIDE).doing("find the recorder")?;
    rustix::net::connect(&socket, &address).doing("reach the recorder")?;
    let channel = Channel::from(socket);
    let (enter, _) = channel.expect::<Enter>().doing("hear from the recorder")?;
    let result = become_recorded(argv, &enter, &channel);
    if let Err(failure) = &result {
        let _ = channel.send(&Progress::Failed(failure.clone()), &[]);
    }
    result
}

fn become_recorded(argv: Vec<String>, enter: &Enter, channel: &Channel) -> Result<Infallible, Failure> {
    let env = environment();
    let user = enter.identity.as_ref().map(|becoming| becoming.user.clone()).unwrap_or_default();
    let mut command = Command { argv, env, user, workdir: casehard_oci::RootPath::root() };
    let identity = enter.identity.as_ref().map(|becoming| (becoming, identity::look_up(&becoming.user)));
    let identity = match identity {
        Some((becoming, found)) => Some((becoming, found?)),
        None => None,
    };
    if let Some((Becoming { sets_home: true, .. }, identity)) = &identity {
        command.env.retain(|pair| !pair.starts_with("HOME="));
        command.default_home(&identity.home);
    }
    let path = command.find()?;
    // The filter takes a privilege that the command is not to have.
    inside::listen(&enter.filter, channel)?;
    if let Some((becoming, identity)) = &identity {
        take_identity(becoming, identity)?;
    }
    sys::reset_signals();
    Err(command.execute(&path))
}

/// What the engine set for the command.
#[expect(clippy::disallowed_methods, reason = "it is not looked at: the command gets it as it came")]
fn environment() -> Vec<String> {
    let text = |word: std::ffi::OsString| word.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| format!("{}={}", text(name), text(value))).collect()
}

/// As the engine would have started it: its streams are its own, and what was added for recording is gone.
fn take_identity(becoming: &Becoming, identity: &Identity) -> Result<(), Failure> {
    let (user, group) = (Uid::from_raw(identity.user), Gid::from_raw(identity.group));
    for stream in [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()] {
        // A terminal or a file of the machine is not to be given away, and need not be.
        let _ = rustix::fs::fchown(stream.as_fd(), Some(user), Some(group));
    }
    let bounding = rustix::thread::CapabilitySet::all()
        .iter()
        .filter(|&one| rustix::thread::capability_is_in_bounding_set(one).unwrap_or(false))
        .collect::<rustix::thread::CapabilitySet>();
    let kept = bounding - identity::capabilities(&becoming.without)?;
    identity::become_with(identity, kept, false)?;
    // Changing the user has closed this process to the recorder.
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::Dumpable)
        .doing("let the recorder look")
}

/// Tries to create a file in `/` and to become root, and writes both results to standard output.
fn attempt() -> rustix::io::Result<()> {
    let create = look::create_in_root();
    let root = look::tried(rustix::thread::set_thread_res_uid(Uid::ROOT, Uid::ROOT, Uid::ROOT));
    let text: Vec<u8> = [create, root]
        .iter()
        .map(|tried| match tried {
            Tried::Worked => 0,
            Tried::Refused(error) => *error,
        })
        .flat_map(|number| format!("{number}\n").into_bytes())
        .collect();
    look::write_all(rustix::stdio::stdout(), &text)
}
