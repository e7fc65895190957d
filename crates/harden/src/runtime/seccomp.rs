//! The seccomp profile: what was seen, what stands for it elsewhere, and what runtimes need to start.
//!
//! The form is Docker's (`moby` `profiles/seccomp`), which podman, containerd and CRI-O read too. System calls are
//! given by name, so one profile serves both architectures; a name the machine does not know is passed over.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Calls that do the same thing: which of them a program makes depends on its C library, its age and the
/// architecture. Where one was seen, all are allowed.
const SAME: &[&[&str]] = &[
    &["open", "openat", "openat2", "creat"],
    &["stat", "lstat", "fstat", "newfstatat", "statx", "fstatat64", "stat64", "lstat64", "fstat64"],
    &["access", "faccessat", "faccessat2"],
    &["readlink", "readlinkat"],
    &["statfs", "fstatfs", "statfs64", "fstatfs64"],
    &["getdents", "getdents64"],
    &["mkdir", "mkdirat"],
    &["unlink", "unlinkat", "rmdir"],
    &["rename", "renameat", "renameat2"],
    &["link", "linkat"],
    &["symlink", "symlinkat"],
    &["chmod", "fchmod", "fchmodat", "fchmodat2"],
    &["chown", "lchown", "fchown", "fchownat", "chown32", "lchown32", "fchown32"],
    &["utime", "utimes", "utimensat", "futimesat"],
    &["truncate", "ftruncate", "truncate64", "ftruncate64"],
    &["mknod", "mknodat"],
    &["poll", "ppoll", "ppoll_time64"],
    &["select", "pselect6", "_newselect", "pselect6_time64"],
    &["epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2"],
    &["eventfd", "eventfd2"],
    &["signalfd", "signalfd4"],
    &["inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch"],
    &["pipe", "pipe2"],
    &["dup", "dup2", "dup3"],
    &["fork", "vfork", "clone", "clone3"],
    &["execve", "execveat"],
    &["wait4", "waitid", "waitpid"],
    &["accept", "accept4"],
    &["recv", "recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64"],
    &["send", "sendto", "sendmsg", "sendmmsg"],
    &["read", "readv", "pread64", "preadv", "preadv2"],
    &["write", "writev", "pwrite64", "pwritev", "pwritev2"],
    &["lseek", "_llseek"],
    &["sendfile", "sendfile64", "splice", "copy_file_range"],
    &["fcntl", "fcntl64"],
    &["fsync", "fdatasync", "sync_file_range"],
    &["nanosleep", "clock_nanosleep", "clock_nanosleep_time64"],
    &["time", "gettimeofday", "clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64"],
    &["alarm", "setitimer", "getitimer"],
    &[
        "timer_create",
        "timer_settime",
        "timer_settime64",
        "timer_gettime",
        "timer_getoverrun",
        "timer_delete",
    ],
    &["timerfd_create", "timerfd_settime", "timerfd_settime64", "timerfd_gettime"],
    &["getrlimit", "ugetrlimit", "prlimit64", "setrlimit"],
    &["getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups"],
    &[
        "setuid",
        "setreuid",
        "setresuid",
        "setgid",
        "setregid",
        "setresgid",
        "setgroups",
        "setfsuid",
        "setfsgid",
    ],
    &["getpgrp", "getpgid", "setpgid", "getsid", "setsid"],
    &["sched_yield", "sched_getaffinity", "sched_setaffinity"],
    &["mmap", "mmap2", "munmap", "mremap", "mprotect", "madvise", "brk", "mincore", "msync"],
    &["futex", "futex_time64", "futex_waitv"],
    &["kill", "tkill", "tgkill"],
    &["shmget", "shmat", "shmdt", "shmctl"],
    &["semget", "semop", "semtimedop", "semctl"],
    &["getpriority", "setpriority"],
    &["getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr"],
    &["setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr"],
];

/// What any process of any C library does from its start to its end, threads, signals and memory under pressure
/// included, whether or not the run happened to show it.
const PROCESS: &[&str] = &[
    "arch_prctl",
    "brk",
    "clock_gettime",
    "clone",
    "clone3",
    "close",
    "close_range",
    "dup",
    "execve",
    "exit",
    "exit_group",
    "fcntl",
    "fstat",
    "futex",
    "getegid",
    "geteuid",
    "getgid",
    "getpid",
    "getppid",
    "getrandom",
    "getrlimit",
    "gettid",
    "getuid",
    "ioctl",
    "lseek",
    "madvise",
    "membarrier",
    "mmap",
    "mprotect",
    "mremap",
    "munmap",
    "nanosleep",
    "newfstatat",
    "openat",
    "pread64",
    "prctl",
    "prlimit64",
    "read",
    "readlink",
    "restart_syscall",
    "rseq",
    "rt_sigaction",
    "rt_sigpending",
    "rt_sigprocmask",
    "rt_sigqueueinfo",
    "rt_sigreturn",
    "rt_sigsuspend",
    "rt_sigtimedwait",
    "rt_tgsigqueueinfo",
    "sched_getaffinity",
    "sched_yield",
    "set_robust_list",
    "get_robust_list",
    "set_tid_address",
    "set_thread_area",
    "sigaltstack",
    "sigreturn",
    "statx",
    "sysinfo",
    "tgkill",
    "uname",
    "wait4",
    "write",
    "writev",
];

/// What runc, crun and youki do between loading the filter and executing the program: without `no_new_privs` they
/// load it early, and drop capabilities, change user and directory and close descriptors under it.
const RUNTIME: &[&str] = &[
    "capget",
    "capset",
    "chdir",
    "dup3",
    "epoll_create1",
    "epoll_ctl",
    "epoll_pwait",
    "eventfd2",
    "faccessat",
    "faccessat2",
    "fchdir",
    "fchown",
    "fstatfs",
    "getcwd",
    "getdents64",
    "keyctl",
    "openat2",
    "personality",
    "pipe2",
    "readlinkat",
    "recvfrom",
    "recvmsg",
    "seccomp",
    "sendmsg",
    "sendto",
    "setgid",
    "setgroups",
    "setresgid",
    "setresuid",
    "setsid",
    "setuid",
    "statfs",
    "umask",
    "unlinkat",
];

/// All system calls that a profile of `seen` allows, sorted.
#[must_use]
pub fn allowed(seen: &BTreeSet<String>) -> BTreeSet<&str> {
    let base = PROCESS.iter().chain(RUNTIME).copied();
    let mut allowed: BTreeSet<&str> = seen.iter().map(String::as_str).chain(base).collect();
    for group in SAME {
        if group.iter().any(|name| allowed.contains(name)) {
            allowed.extend(*group);
        }
    }
    allowed
}

/// Why a system call is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed<'a> {
    /// It was made.
    Seen,
    /// This one was made, and does the same with another library or on another machine.
    Like(&'a str),
    /// Every process makes it.
    Process,
    /// The container runtimes make it when the filter is in force already.
    Runtime,
}

/// Why the profile of `seen` allows a system call; `None` when it does not.
#[must_use]
pub fn allowed_because<'a>(seen: &'a BTreeSet<String>, name: &str) -> Option<Allowed<'a>> {
    if seen.contains(name) {
        return Some(Allowed::Seen);
    }
    if PROCESS.contains(&name) {
        return Some(Allowed::Process);
    }
    if RUNTIME.contains(&name) {
        return Some(Allowed::Runtime);
    }
    let family = SAME.iter().find(|group| group.contains(&name))?;
    let like = family.iter().find_map(|other| seen.get(*other)).map(|other| Allowed::Like(other));
    let base = PROCESS.iter().chain(RUNTIME).copied();
    like.or_else(|| base.into_iter().find(|other| family.contains(other)).map(Allowed::Like))
}

/// The seccomp profile for an application whose system calls were `seen`.
///
/// Everything else fails with `EPERM`, but for `clone3` where it is new to the kernel's seccomp users: it is in the
/// allowed set. The profile serves x86-64 (without its 32-bit modes) and 64-bit Arm.
#[must_use]
pub fn seccomp(seen: &BTreeSet<String>) -> Value {
    json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 1,
        "archMap": [
            { "architecture": "SCMP_ARCH_X86_64", "subArchitectures": [] },
            { "architecture": "SCMP_ARCH_AARCH64", "subArchitectures": [] }
        ],
        "syscalls": [{ "names": allowed(seen), "action": "SCMP_ACT_ALLOW" }]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_family_brings_the_others_and_nothing_else() {
        let seen = BTreeSet::from(["accept".to_owned(), "bind".to_owned()]);
        let allowed = allowed(&seen);
        assert!(allowed.contains("accept4") && allowed.contains("bind") && allowed.contains("execveat"));
        for dangerous in [
            "ptrace",
            "mount",
            "bpf",
            "init_module",
            "keyctl_x",
            "unshare",
            "setns",
            "reboot",
            "io_uring_setup",
        ] {
            assert!(!allowed.contains(dangerous), "{dangerous}");
        }
    }

    #[test]
    fn what_is_allowed_has_a_reason_and_nothing_else_has() {
        let seen = BTreeSet::from(["accept".to_owned(), "bind".to_owned()]);
        let cases = [
            ("bind", Some(Allowed::Seen)),
            ("accept4", Some(Allowed::Like("accept"))),
            ("execveat", Some(Allowed::Like("execve"))),
            ("futex", Some(Allowed::Process)),
            ("capset", Some(Allowed::Runtime)),
            ("ptrace", None),
        ];
        for (name, because) in cases {
            assert_eq!(allowed_because(&seen, name), because, "{name}");
        }
        let all = allowed(&seen);
        assert!(all.iter().all(|name| allowed_because(&seen, name).is_some()));
    }

    #[test]
    fn names_stand_once() {
        for table in [PROCESS, RUNTIME] {
            assert_eq!(table.iter().collect::<BTreeSet<_>>().len(), table.len());
        }
        let all: Vec<_> = SAME.iter().flat_map(|group| group.iter()).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }
}
