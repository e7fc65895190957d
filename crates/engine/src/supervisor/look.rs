//! A process that looks at its container from inside, and tries what a process of it may do. It needs no program of
//! the image: it never becomes one.

use std::{
    convert::Infallible,
    fs::File,
    io::Read as _,
    os::fd::{BorrowedFd, OwnedFd},
};

use rustix::{
    fs::{AtFlags, CWD, Mode, OFlags},
    process::Uid,
    thread::{CapabilitySet, CapabilitySets},
};

use super::{
    Doing as _, Failure, Start, identity,
    inside::{instructions, take_place},
    run::Supervised,
};
use crate::{
    capability,
    channel::Channel,
    confinement::{Confinement, Process, Tried, writable_mounts},
    sys,
};

/// The name of the file that is tried to be created.
const TRIED: &str = "/.casehard-tried";

/// How much of a file of the kernel is read.
const LARGEST: u64 = 4 << 20;

/// Becomes the container's user under its controls, looks, tries, writes what it found to standard output, and ends.
pub(super) fn become_look(
    supervised: &Supervised,
    streams: &[OwnedFd; 3],
    user: &str,
    progress: &Channel,
) -> Result<Infallible, Failure> {
    let identity = identity::look_up(user)?;
    let _progress = take_place(supervised, streams, &identity, progress)?;
    // Under the profile of an application nothing is as sure as writing to a stream that is open.
    let code = match look(&supervised.start, identity.user) {
        Ok(()) => 0,
        Err(failure) => {
            let _ = write_all(rustix::stdio::stderr(), failure.to_string().as_bytes());
            1
        }
    };
    sys::leave(code)
}

pub(super) fn write_all(to: BorrowedFd<'_>, mut bytes: &[u8]) -> rustix::io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(to, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn look(start: &Start, user: u32) -> Result<(), Failure> {
    // While the filter is not there: what is read here are not calls of the application.
    let processes = processes()?;
    let writable = writable_mounts(&read("/proc/self/mountinfo")?);
    // Installing a filter takes a privilege where new ones are not ruled out.
    let filter_first = !start.spec.no_new_privileges;
    if !filter_first {
        give_up_capabilities(start, user)?;
    }
    if let Some(filter) = &start.seccomp {
        sys::install_filter(&instructions(filter), 0).doing("install the seccomp profile")?;
    }
    if filter_first {
        give_up_capabilities(start, user)?;
    }
    let found = Confinement {
        processes,
        writable,
        create_in_root: create_in_root(),
        become_root: tried(rustix::thread::set_thread_res_uid(Uid::ROOT, Uid::ROOT, Uid::ROOT)),
    };
    let text = serde_json::to_vec(&found).map_err(std::io::Error::from).doing("write down what was found")?;
    write_all(rustix::stdio::stdout(), &text).doing("hand over what was found")
}

/// Starting a program would leave these capabilities: none but to root, and to root those that are granted.
fn give_up_capabilities(start: &Start, user: u32) -> Result<(), Failure> {
    let granted = capability::set(&start.spec.capabilities).unwrap_or(CapabilitySet::empty());
    let now = rustix::thread::capabilities(None).doing("read the capabilities")?.permitted;
    let kept = if user == 0 { now & granted } else { CapabilitySet::empty() };
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
    rustix::thread::set_capabilities(None, sets).doing("give up the capabilities")
}

pub(super) fn create_in_root() -> Tried {
    // What an earlier look made may be there still, where the profile has no call to remove it: then it works again.
    let flags = OFlags::CREATE | OFlags::NOFOLLOW | OFlags::WRONLY | OFlags::CLOEXEC;
    // This call and no other: every C library makes it, so every profile has it.
    let made = tried(rustix::fs::openat(CWD, TRIED, flags, Mode::from_raw_mode(0o600)).map(drop));
    if made == Tried::Worked {
        let _ = rustix::fs::unlinkat(CWD, TRIED, AtFlags::empty());
    }
    made
}

pub(super) fn tried(result: rustix::io::Result<()>) -> Tried {
    match result {
        Ok(()) => Tried::Worked,
        Err(error) => Tried::Refused(error.raw_os_error()),
    }
}

/// Every process that this one sees but itself.
fn processes() -> Result<Vec<Process>, Failure> {
    let own = rustix::process::getpid().as_raw_nonzero().get().unsigned_abs();
    let entries = std::fs::read_dir("/proc").doing("list the processes of the container")?;
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let mut processes: Vec<Process> = numbers
        .filter(|number| *number != own)
        // One that has ended meanwhile is none any more.
        .filter_map(|number| Process::parse(number, &read(&format!("/proc/{number}/status")).ok()?))
        .collect();
    processes.sort_by_key(|process| process.number);
    Ok(processes)
}

fn read(path: &str) -> Result<String, Failure> {
    let file = File::open(path).doing(format!("open {path}"))?;
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).doing(format!("read {path}"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
