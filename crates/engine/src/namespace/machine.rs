//! What of this machine stands in the way of a sandbox, and what to do about it.

use std::{fs, io};

/// Something that a sandbox needs and this machine does not give.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Missing {
    /// `user.max_user_namespaces` is 0, or as many exist as it allows.
    #[error("user namespaces are used up or off: user.max_user_namespaces is {0} (raise it with sysctl)")]
    UserNamespaceLimit(String),
    /// Debian's switch.
    #[error(
        "user namespaces are off for ordinary users: set the sysctl kernel.unprivileged_userns_clone to 1, or run as root"
    )]
    UnprivilegedClone,
    /// Ubuntu's restriction.
    #[error(
        "AppArmor restricts user namespaces of ordinary users: set the sysctl kernel.apparmor_restrict_unprivileged_userns to 0, or install an AppArmor profile that gives this program `userns`, or run as root"
    )]
    AppArmor,
    /// The kernel was built without them, or a container's seccomp profile denies them.
    #[error(
        "user namespaces are refused: the kernel lacks them, or this runs in a container whose seccomp profile denies them"
    )]
    UserNamespaces,
    /// No `newuidmap`.
    #[error("newuidmap and newgidmap are not installed (package uidmap on Debian, shadow-utils on Fedora)")]
    Newuidmap,
    /// `newuidmap` refused.
    #[error(
        "newuidmap refused ({0}): check the ranges of this user in /etc/subuid and /etc/subgid, and that newuidmap may gain privileges (no no_new_privs, no nosuid mount)"
    )]
    NewuidmapRefused(String),
    /// Too old a kernel.
    #[error("the kernel is too old: {0} is missing (5.12 or later is needed)")]
    OldKernel(&'static str),
    /// A filter with a listener is installed already, and there can be one only.
    #[error("another program listens to system calls of this container already, and there can be one only")]
    Listener,
    /// No overlay in a user namespace.
    #[error(
        "the overlay file system cannot be mounted in a user namespace (Linux 5.11 or later with the overlay module is needed)"
    )]
    Overlay,
}

/// What stands in the way when a user namespace could not be made or used: `error` is what the kernel said.
#[must_use]
pub fn diagnose(error: &io::Error, root: bool) -> Missing {
    let sysctl = |path: &str| fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    if !root {
        if sysctl("/proc/sys/kernel/unprivileged_userns_clone").as_deref() == Some("0") {
            return Missing::UnprivilegedClone;
        }
        if sysctl("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").is_some_and(|value| value != "0")
        {
            return Missing::AppArmor;
        }
    }
    let limit = sysctl("/proc/sys/user/max_user_namespaces");
    let used_up = matches!(error.raw_os_error(), Some(libc::ENOSPC | libc::EUSERS));
    match limit {
        Some(limit) if used_up || limit == "0" => Missing::UserNamespaceLimit(limit),
        _ => Missing::UserNamespaces,
    }
}

/// Whether the kernel has the calls that are needed: `openat2`, `mount_setattr`, process descriptors.
pub(crate) fn check_kernel() -> Result<(), Missing> {
    let known = |number: libc::c_long| {
        // SAFETY: every argument is invalid for each of these calls, so that they only fail, with ENOSYS if unknown.
        let result = unsafe { libc::syscall(number, -1, 0, 0, 0, 0) };
        result != -1 || io::Error::last_os_error().raw_os_error() != Some(libc::ENOSYS)
    };
    let calls = [
        (libc::SYS_openat2, "openat2"),
        (libc::SYS_pidfd_send_signal, "pidfd_send_signal"),
        (libc::SYS_mount_setattr, "mount_setattr"),
        (libc::SYS_close_range, "close_range"),
    ];
    match calls.into_iter().find(|&(number, _)| !known(number)) {
        Some((_, name)) => Err(Missing::OldKernel(name)),
        None => Ok(()),
    }
}
