//! Signals that are sent to this process and meant for the one container that it runs.

use std::{
    io,
    os::fd::{AsFd as _, OwnedFd},
};

use crate::{channel::readable, sys};

/// Signals that others send; those of a terminal's keys the container gets from its supervisor.
const SENT: [i32; 6] =
    [libc::SIGTERM, libc::SIGHUP, libc::SIGUSR1, libc::SIGUSR2, libc::SIGALRM, libc::SIGCONT];

/// Where such signals are read.
#[derive(Debug)]
pub struct Signals(OwnedFd);

impl Signals {
    /// Blocks them for this thread and those that it starts from now on. To be called before anything is started.
    ///
    /// # Errors
    /// When there are no descriptors left.
    pub fn watch() -> io::Result<Self> {
        sys::signal_descriptor(&SENT).map(Self)
    }

    /// Waits for the next one.
    ///
    /// # Errors
    /// When the descriptor cannot be read.
    pub fn next(&self) -> io::Result<i32> {
        let mut record = [0_u8; size_of::<libc::signalfd_siginfo>()];
        loop {
            readable(self.0.as_fd(), None)?;
            match rustix::io::read(&self.0, &mut record) {
                Ok(read) if read == record.len() => {
                    return Ok(i32::from_ne_bytes([record[0], record[1], record[2], record[3]]));
                }
                Ok(_) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
