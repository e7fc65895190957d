//! Starting a command under a filter whose listener this process serves.

use std::{
    ffi::OsString,
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::process::CommandExt as _,
    },
    path::Path,
    process::Command,
};

use casehard_engine::{EngineError, Missing, seccomp::Listening};
use rustix::{
    net::{
        AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
    },
    process::Pid,
};

use super::has_capability;
use crate::{Mode, RecordError, filter::filter, recording::failed};

const SYS_ADMIN: u8 = 21;

/// A command that runs.
pub(super) struct Launched {
    pub(super) process: Pid,
    /// Whether `no_new_privs` had to be set for the filter.
    pub(super) privileges_given_up: bool,
}

/// Starts the command; `serve` gets its listener, in a thread of its own, before the command begins.
pub(super) fn launch(
    program: &Path,
    argv: &[OsString],
    serve: impl FnOnce(OwnedFd) + Send + 'static,
) -> Result<Launched, RecordError> {
    let kept = rustix::thread::no_new_privs().unwrap_or(false);
    let privileges_given_up = !kept && !has_capability(SYS_ADMIN).map_err(failed("start"))?;
    let flags = SocketFlags::CLOEXEC;
    let pair = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None);
    let (ours, theirs) = pair.map_err(|error| failed("start")(error.into()))?;
    let thread = std::thread::Builder::new().name("recorder".to_owned()).spawn(move || {
        let listener = receive(&ours)?;
        // When the command cannot be told to go on, it has ended already.
        let _ = rustix::net::send(&ours, b"go", SendFlags::NOSIGNAL);
        drop(ours);
        serve(listener);
        Ok::<(), io::Error>(())
    });
    let thread = thread.map_err(failed("start"))?;
    let listening = Listening::new(&filter(Mode::Full));
    let mut command = Command::new(program);
    command.args(argv.iter().skip(1));
    if let Some(name) = argv.first() {
        command.arg0(name);
    }
    let prepare = move || {
        let step = prepare(&listening, &theirs, privileges_given_up);
        step.map_err(|error| io::Error::from_raw_os_error(error.raw_os_error().unwrap_or(libc::EIO)))
    };
    // SAFETY: between fork and exec nothing is allocated and no lock is taken: system calls with memory of the stack,
    // and of the filter that was made before.
    unsafe { command.pre_exec(prepare) };
    let child = command.spawn();
    // Of a command that could not be started the filter has nobody left, and the thread ends.
    drop(command);
    match child {
        Ok(child) => {
            let process = Pid::from_child(&child);
            Ok(Launched { process, privileges_given_up })
        }
        Err(error) if error.raw_os_error() == Some(libc::EBUSY) => Err(Missing::Listener.into()),
        Err(source) => {
            let _ = thread.join();
            let doing = format!("start {}", program.display());
            Err(EngineError::Command { doing, source }.into())
        }
    }
}

/// In the new process, before it is the command.
fn prepare(listening: &Listening, socket: &OwnedFd, give_up: bool) -> io::Result<()> {
    super::children::let_signals_through();
    if give_up {
        rustix::thread::set_no_new_privs(true)?;
    }
    let listener = listening.install()?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let descriptors = [listener.as_fd()];
    ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
    sendmsg(socket, &[IoSlice::new(b"l")], &mut ancillary, SendFlags::NOSIGNAL)?;
    // Only the recorder holds it: else what it says of the end would not come.
    drop(listener);
    let mut answer = [0_u8; 2];
    rustix::net::recv(socket, &mut answer[..], RecvFlags::empty())?;
    Ok(())
}

fn receive(socket: &OwnedFd) -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let received = ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    received.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
}
