//! What the first process of a container owes its children: to pass signals on, and to reap them.

use std::{
    io,
    os::fd::{FromRawFd as _, OwnedFd},
    time::Duration,
};

use casehard_engine::Exit;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{Pid, WaitOptions, waitpid},
};

/// Signals that are not passed on: those of a fault of this process's own, those that nobody can catch, and those by
/// which a terminal stops this process as well as the command.
const OWN: [i32; 12] = [
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGILL,
    libc::SIGSEGV,
    libc::SIGTRAP,
    libc::SIGSYS,
    libc::SIGABRT,
    libc::SIGKILL,
    libc::SIGSTOP,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
];

/// A signal that came: its number, and whether the kernel sent it, as for keys of a terminal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signal {
    number: i32,
    by_kernel: bool,
}

/// Reports signals, the ends of children among them.
#[derive(Debug)]
pub(super) struct Children(OwnedFd);

impl Children {
    /// Blocks signals, for this thread and those it starts, and makes this process the one that orphans are left to.
    pub(super) fn watch() -> io::Result<Self> {
        // Not on Linux before 3.4; then orphans are the first process's.
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        // SAFETY: the set is initialised by sigfillset before it is used; the descriptor is new.
        unsafe {
            let mut set = std::mem::zeroed::<libc::sigset_t>();
            libc::sigfillset(&raw mut set);
            for number in OWN {
                libc::sigdelset(&raw mut set, number);
            }
            if libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) < 0 {
                return Err(io::Error::last_os_error());
            }
            let descriptor = libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK);
            if descriptor < 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(Self(OwnedFd::from_raw_fd(descriptor)))
        }
    }

    /// The signals that came within `time`, none when it is over first.
    pub(super) fn wait(&self, time: Duration) -> io::Result<Vec<Signal>> {
        let time = Timespec {
            tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(time.subsec_nanos()),
        };
        match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&time)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut signals = Vec::new();
        let mut record = [0_u8; size_of::<libc::signalfd_siginfo>()];
        while rustix::io::read(&self.0, &mut record).is_ok_and(|read| read == record.len()) {
            // The first three members are 32-bit numbers: signal, error, code.
            let number = i32::from_ne_bytes([record[0], record[1], record[2], record[3]]);
            let code = i32::from_ne_bytes([record[8], record[9], record[10], record[11]]);
            if number != libc::SIGCHLD {
                signals.push(Signal { number, by_kernel: code == libc::SI_KERNEL });
            }
        }
        Ok(signals)
    }

    /// Passes a signal on: to the command while it runs, then to what it left. What the terminal sends by keys the
    /// command has got itself.
    pub(super) fn pass_on(signal: Signal, command: Pid, runs: bool) {
        if signal.by_kernel {
            return;
        }
        let send = |process: i32| {
            // SAFETY: plain numbers; the process is a child of ours that is not reaped yet.
            unsafe { libc::kill(process, signal.number) };
        };
        if runs {
            return send(command.as_raw_nonzero().get());
        }
        let own = rustix::process::getpid().as_raw_nonzero();
        let list = std::fs::read_to_string(format!("/proc/self/task/{own}/children")).unwrap_or_default();
        list.split_whitespace().filter_map(|number| number.parse().ok()).for_each(send);
    }

    /// Reaps what has ended; how the command ended goes into `ended`. Whether there are no children any more.
    pub(super) fn reap(command: Pid, ended: &mut Option<Exit>) -> io::Result<bool> {
        loop {
            match waitpid(None, WaitOptions::NOHANG) {
                Err(Errno::INTR) => {}
                Err(Errno::CHILD) => return Ok(true),
                Err(error) => return Err(error.into()),
                Ok(None) => return Ok(false),
                Ok(Some((process, status))) if process == command => {
                    *ended = match (status.exit_status(), status.terminating_signal()) {
                        (Some(code), _) => Some(Exit::Code(code)),
                        (None, signal) => Some(Exit::Signal(signal.unwrap_or(libc::SIGKILL))),
                    };
                }
                Ok(Some(_)) => {}
            }
        }
    }
}

/// Lets all signals through, for the command.
pub(super) fn let_signals_through() {
    // SAFETY: the set is initialised by sigemptyset before it is used.
    unsafe {
        let mut none = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}
