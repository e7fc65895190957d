//! Notifications of system calls (`seccomp_unotify(2)`).

use std::{
    io,
    os::fd::{AsFd as _, AsRawFd as _, OwnedFd},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// A call that waits for an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Notification {
    id: u64,
    /// The thread that made it, as the recorder's process namespace counts.
    pub(crate) thread: u32,
    /// The number of the call.
    pub(crate) number: u32,
    /// The architecture it was made in, as the kernel numbers it.
    pub(crate) architecture: u32,
    /// Its arguments.
    pub(crate) arguments: [u64; 6],
}

/// Where notifications of one filter come from.
#[derive(Debug)]
pub(crate) struct Listener(OwnedFd);

/// Wakes the other side on the processor that this one leaves (Linux 6.6).
const SYNC_WAKE_UP: u64 = 1;

impl Listener {
    pub(crate) fn new(descriptor: OwnedFd) -> Self {
        // SAFETY: the descriptor is a listener; the request takes its flags by value. Older kernels refuse it, and
        // are slower.
        unsafe { libc::ioctl(descriptor.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP) };
        Self(descriptor)
    }

    /// The next call; `None` when every process that has the filter has ended.
    pub(crate) fn next(&self) -> io::Result<Option<Notification>> {
        loop {
            // SAFETY: zeroes are a valid value, and the one that the kernel demands.
            let mut request: libc::seccomp_notif = unsafe { std::mem::zeroed() };
            // SAFETY: the kernel fills the structure, whose size is part of the request's number.
            let result =
                unsafe { libc::ioctl(self.0.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_RECV, &raw mut request) };
            if result == 0 {
                return Ok(Some(Notification {
                    id: request.id,
                    thread: request.pid,
                    number: request.data.nr.cast_unsigned(),
                    architecture: request.data.arch,
                    arguments: request.data.args,
                }));
            }
            match io::Error::last_os_error() {
                error if error.raw_os_error() == Some(libc::EINTR) => {}
                // The thread was killed in between, or all are gone.
                error if error.raw_os_error() == Some(libc::ENOENT) => {
                    if self.is_over() {
                        return Ok(None);
                    }
                }
                error => return Err(error),
            }
        }
    }

    fn is_over(&self) -> bool {
        let mut polled = [PollFd::from_borrowed_fd(self.0.as_fd(), PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut polled, Some(&now)).is_ok() && polled[0].revents().contains(PollFlags::HUP)
    }

    /// Whether the call still waits: what was read of the thread's memory is of this call only then.
    pub(crate) fn still_waits(&self, notification: &Notification) -> bool {
        // SAFETY: the kernel reads the number that the pointer leads to.
        let result = unsafe {
            libc::ioctl(self.0.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_ID_VALID, &raw const notification.id)
        };
        result == 0
    }

    /// Lets the kernel carry the call out.
    pub(crate) fn go_on(&self, notification: &Notification) -> io::Result<()> {
        let response = libc::seccomp_notif_resp {
            id: notification.id,
            val: 0,
            error: 0,
            flags: libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32,
        };
        // SAFETY: the kernel reads the structure, whose size is part of the request's number.
        let result =
            unsafe { libc::ioctl(self.0.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SEND, &raw const response) };
        match result {
            0 => Ok(()),
            _ => match io::Error::last_os_error() {
                // The thread was killed meanwhile.
                error if error.raw_os_error() == Some(libc::ENOENT) => Ok(()),
                error => Err(error),
            },
        }
    }
}
