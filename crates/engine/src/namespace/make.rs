//! Making a user namespace and keeping it by a descriptor.

use std::{
    fs, io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    process::{Command, Stdio},
};

use rustix::fs::{Mode, OFlags};

use super::{IdMap, Range};
use crate::{
    channel::Channel,
    supervisor::{Doing as _, Failure, Stage},
    sys::{self, Side},
};

/// A user namespace in which containers run, and in which their files are written with their owners. It ends with
/// the last descriptor and process.
#[derive(Debug)]
pub struct UserNamespace {
    pub(crate) descriptor: OwnedFd,
    pub(crate) ids: IdMap,
}

impl UserNamespace {
    /// How its users are mapped to those of this machine.
    #[must_use]
    pub const fn ids(&self) -> &IdMap {
        &self.ids
    }
}

impl AsFd for UserNamespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Makes a user namespace with this map. Only for a process that has one thread.
pub(crate) fn make(ids: &IdMap) -> Result<OwnedFd, Failure> {
    let (mine, other) = Channel::pair().doing("make a socket")?;
    // SAFETY: this process has one thread: it is one of ours that was started for one job.
    let side =
        unsafe { sys::clone(libc::CLONE_NEWUSER) }.at(Stage::UserNamespace, "make a user namespace")?;
    let (pid, _process) = match side {
        Side::Child => {
            drop(mine);
            // Waits until the parent has what it needs and closes its end.
            let _ = other.wait(None);
            sys::leave(0);
        }
        Side::Parent(pid, process) => (pid, process),
    };
    drop(other);
    let result = map(pid, ids).and_then(|()| {
        rustix::fs::open(format!("/proc/{pid}/ns/user"), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
            .doing("open the new user namespace")
    });
    drop(mine);
    let _ =
        rustix::process::waitpid(rustix::process::Pid::from_raw(pid), rustix::process::WaitOptions::empty());
    result
}

fn map(pid: libc::pid_t, ids: &IdMap) -> Result<(), Failure> {
    let write = |file: &str, text: &str| {
        fs::write(format!("/proc/{pid}/{file}"), text)
            .at(Stage::Mapping, format!("write the {file} of a user namespace"))
    };
    match ids {
        IdMap::One { user, group } => {
            write("setgroups", "deny")?;
            write("uid_map", &format!("0 {user} 1"))?;
            write("gid_map", &format!("0 {group} 1"))
        }
        IdMap::Many { users, groups, direct: true } => {
            write("uid_map", &lines(users))?;
            write("gid_map", &lines(groups))
        }
        IdMap::Many { users, groups, direct: false } => {
            privileged("newuidmap", pid, users)?;
            privileged("newgidmap", pid, groups)
        }
    }
}

fn lines(ranges: &[Range]) -> String {
    ranges.iter().map(|range| format!("{} {} {}\n", range.inside, range.outside, range.count)).collect()
}

/// Runs the setuid program that writes the map of subordinate ids.
fn privileged(program: &str, pid: libc::pid_t, ranges: &[Range]) -> Result<(), Failure> {
    let numbers = ranges.iter().flat_map(|range| [range.inside, range.outside, range.count]);
    let output = Command::new(program)
        .arg(pid.to_string())
        .args(numbers.map(|number| number.to_string()))
        .stdin(Stdio::null())
        .output()
        .at(Stage::Mapping, format!("run {program}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = casehard_oci::escape(said.trim().as_bytes()).into_owned();
    Err(Failure::new(Stage::Mapping, program, &io::Error::other(said)))
}
