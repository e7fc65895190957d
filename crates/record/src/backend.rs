//! The recorders there are.

use casehard_engine::Missing;

/// A way to see what a container uses.
pub struct Backend {
    /// Its name.
    pub name: &'static str,
    /// What it sees.
    pub sees: &'static str,
    /// What it cannot see.
    pub loses: &'static str,
    /// What it needs of the machine.
    pub needs: &'static str,
    /// Whether the machine gives that.
    pub probe: fn() -> Result<(), Missing>,
}

/// Both recorders, each of which sees what the other cannot; they are attached together by [`crate::start`].
pub static BACKENDS: [Backend; 2] = [
    Backend {
        name: "seccomp-notify",
        sees: "every system call that takes a path or an address, with the process that made it; the names of all others",
        loses: "what the kernel opens itself (interpreters are found in the program files), io_uring (denied), which frequent calls were made",
        needs: "Linux 5.5 with CONFIG_SECCOMP_FILTER; faster from 6.6 on",
        probe: probe_notify,
    },
    Backend {
        name: "access-time",
        sees: "every file that was read or run, every directory that was listed, every link that was followed, whoever did it",
        loses: "what was only looked at or opened, who did it and when",
        needs: "a store on a file system that keeps access times, with room for a copy of the image",
        probe: || Ok(()),
    },
];

fn probe_notify() -> Result<(), Missing> {
    let action = libc::SECCOMP_RET_USER_NOTIF;
    // SAFETY: the kernel reads the number that the pointer leads to.
    let result =
        unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_GET_ACTION_AVAIL, 0, &raw const action) };
    if result == 0 { Ok(()) } else { Err(Missing::OldKernel("seccomp user notification")) }
}
