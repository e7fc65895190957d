//! Filters that send calls to a listener.

use std::{io, os::fd::OwnedFd};

use crate::{
    supervisor::Operation,
    sys::{self, Instruction},
};

/// A filter that sends calls to a listener, ready to be installed: nothing is allocated then, as between `fork(2)`
/// and `execve(2)`.
#[derive(Debug)]
pub struct Listening(Vec<Instruction>);

impl Listening {
    /// A filter of these instructions.
    #[must_use]
    pub fn new(filter: &[Operation]) -> Self {
        let instruction = |&Operation(code, jt, jf, k): &Operation| Instruction { code, jt, jf, k };
        Self(filter.iter().map(instruction).collect())
    }

    /// Installs it for this thread and what it starts, and gives its listener.
    ///
    /// # Errors
    /// `EACCES` when this thread has neither `CAP_SYS_ADMIN` nor `no_new_privs`; `EBUSY` when there is a listener
    /// already.
    pub fn install(&self) -> io::Result<OwnedFd> {
        // The filter is no reason to slow a program down by what kernels do for those that distrust themselves.
        let flags = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW;
        // With the second flag only a fatal signal interrupts a call that is being looked at; Linux 5.19 has it.
        let listener = sys::install_filter(&self.0, flags | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
            .or_else(|error| match error.raw_os_error() {
                Some(libc::EINVAL) => sys::install_filter(&self.0, flags),
                _ => Err(error),
            })?;
        listener.ok_or_else(|| io::Error::from(io::ErrorKind::Unsupported))
    }
}
