//! Which system calls take paths, and what they do with them.

/// Where a call has a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The argument that is a directory descriptor; the current directory when there is none.
    pub(crate) directory: Option<u8>,
    /// The argument that points to the path.
    pub(crate) path: u8,
    /// What is done with a symbolic link at the end.
    pub(crate) follow: Follow,
}

/// What is done with a symbolic link at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follow {
    /// It is followed.
    Yes,
    /// It is not.
    No,
    /// It is followed unless this argument has these bits.
    Unless(u8, u32),
    /// It is followed if this argument has these bits.
    If(u8, u32),
}

/// What is done with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Deed {
    /// It is opened; the argument has the flags.
    Open(u8),
    /// It is opened; the argument points to `struct open_how`.
    OpenHow(u8),
    /// It is made empty or made, and opened.
    Truncate,
    /// It is looked at.
    Look,
    /// Its target is read.
    ReadLink,
    /// It is executed; the argument points to the argument list.
    Execute(u8),
    /// Its content or metadata are changed.
    Change,
    /// Its owner and group are set to these arguments.
    Own(u8, u8),
    /// It is made.
    Make,
    /// It is made as a device, when the argument says so.
    MakeNode(u8),
    /// It is made, and what other paths lead to may be something else now.
    Restructure,
    /// It is gone.
    Remove,
    /// It is gone from there, and what other paths lead to may be something else now.
    MoveAway,
    /// It becomes the root of the process.
    ChangeRoot,
}

/// What a call is about, beside its paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// One path, or two.
    Paths(&'static [(Place, Deed)]),
    /// The entries of the directory in a descriptor.
    List,
    /// The metadata of the file in a descriptor; with arguments for owner and group.
    ChangeOpen(Option<(u8, u8)>),
    /// A socket gets an address; the argument has its length.
    Bind,
    /// A socket is connected to an address.
    Connect,
    /// `bind` and `connect` in the one call that 32-bit x86 had for sockets.
    Multiplexed,
    /// Whom the process runs as may change.
    Identity(Identity),
    /// Something that needs this capability whatever its arguments are.
    Privileged(&'static str),
    /// A raw or packet socket, which needs a capability.
    Socket,
    /// Only the name counts.
    Other,
}

/// Which identity a call sets, in which arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Users, in as many arguments.
    Users(u8),
    /// Groups, in as many arguments.
    Groups(u8),
    /// Further groups.
    List,
}

const NOFOLLOW: u32 = libc::AT_SYMLINK_NOFOLLOW as u32;
const FOLLOW: u32 = libc::AT_SYMLINK_FOLLOW as u32;
/// `IN_DONT_FOLLOW` of `inotify_add_watch(2)`.
const DONT_WATCH_LINK: u32 = 0x0200_0000;

const fn at(path: u8) -> Place {
    Place { directory: None, path, follow: Follow::Yes }
}

const fn link(path: u8) -> Place {
    Place { directory: None, path, follow: Follow::No }
}

const fn from(directory: u8, follow: Follow) -> Place {
    Place { directory: Some(directory), path: directory + 1, follow }
}

const fn nofollow(flags: u8) -> Follow {
    Follow::Unless(flags, NOFOLLOW)
}

macro_rules! paths {
    ($($place:expr => $deed:expr),*) => { const { Call::Paths(&[$(($place, $deed)),*]) } };
}

/// What a call of this name is about.
pub(crate) fn call(name: &str) -> Call {
    match name {
        "open" => {
            paths!(Place { directory: None, path: 0, follow: Follow::Unless(1, libc::O_NOFOLLOW as u32) } => Deed::Open(1))
        }
        "openat" => paths!(from(0, Follow::Unless(2, libc::O_NOFOLLOW as u32)) => Deed::Open(2)),
        "openat2" => paths!(from(0, Follow::Yes) => Deed::OpenHow(2)),
        "creat" => paths!(at(0) => Deed::Truncate),
        "stat" | "stat64" | "oldstat" | "access" | "chdir" | "statfs" | "statfs64" | "getxattr"
        | "listxattr" | "acct" | "swapon" | "swapoff" | "uselib" => paths!(at(0) => Deed::Look),
        "lstat" | "lstat64" | "oldlstat" | "lgetxattr" | "llistxattr" => paths!(link(0) => Deed::Look),
        "newfstatat" | "fstatat64" | "faccessat2" => paths!(from(0, nofollow(3)) => Deed::Look),
        "statx" | "getxattrat" | "listxattrat" => paths!(from(0, nofollow(2)) => Deed::Look),
        "file_getattr" => paths!(from(0, nofollow(4)) => Deed::Look),
        "faccessat" => paths!(from(0, Follow::Yes) => Deed::Look),
        "open_tree" | "open_tree_attr" | "mount_setattr" => paths!(from(0, nofollow(2)) => Deed::Look),
        "fspick" => paths!(from(0, Follow::Unless(2, 2)) => Deed::Look),
        "name_to_handle_at" => paths!(from(0, Follow::If(4, FOLLOW)) => Deed::Look),
        "inotify_add_watch" => {
            paths!(Place { directory: None, path: 1, follow: Follow::Unless(2, DONT_WATCH_LINK) } => Deed::Look)
        }
        "fanotify_mark" => paths!(Place { directory: Some(3), path: 4, follow: Follow::Yes } => Deed::Look),
        "quotactl" => paths!(at(1) => Deed::Look),
        "readlink" => paths!(link(0) => Deed::ReadLink),
        "readlinkat" => paths!(from(0, Follow::No) => Deed::ReadLink),
        "execve" => paths!(at(0) => Deed::Execute(1)),
        "execveat" => paths!(from(0, nofollow(4)) => Deed::Execute(2)),
        "setxattr" | "removexattr" | "truncate" | "truncate64" | "utime" | "utimes" | "chmod" => {
            paths!(at(0) => Deed::Change)
        }
        "lsetxattr" | "lremovexattr" => paths!(link(0) => Deed::Change),
        "fchmodat" | "futimesat" => paths!(from(0, Follow::Yes) => Deed::Change),
        "fchmodat2" | "utimensat" | "utimensat_time64" => paths!(from(0, nofollow(3)) => Deed::Change),
        "setxattrat" | "removexattrat" => paths!(from(0, nofollow(2)) => Deed::Change),
        "file_setattr" => paths!(from(0, nofollow(4)) => Deed::Change),
        "chown" | "chown32" => paths!(at(0) => Deed::Own(1, 2)),
        "lchown" | "lchown32" => paths!(link(0) => Deed::Own(1, 2)),
        "fchownat" => paths!(from(0, nofollow(4)) => Deed::Own(2, 3)),
        "mkdir" => paths!(link(0) => Deed::Make),
        "mkdirat" => paths!(from(0, Follow::No) => Deed::Make),
        "mknod" => paths!(link(0) => Deed::MakeNode(1)),
        "mknodat" => paths!(from(0, Follow::No) => Deed::MakeNode(2)),
        "symlink" => paths!(link(1) => Deed::Restructure),
        "symlinkat" => paths!(from(1, Follow::No) => Deed::Restructure),
        "link" => paths!(link(0) => Deed::Look, link(1) => Deed::Make),
        "linkat" => paths!(from(0, Follow::If(4, FOLLOW)) => Deed::Look, from(2, Follow::No) => Deed::Make),
        "rename" => paths!(link(0) => Deed::MoveAway, link(1) => Deed::Restructure),
        "renameat" | "renameat2" => {
            paths!(from(0, Follow::No) => Deed::MoveAway, from(2, Follow::No) => Deed::Restructure)
        }
        "unlink" | "rmdir" => paths!(link(0) => Deed::Remove),
        "unlinkat" => paths!(from(0, Follow::No) => Deed::Remove),
        "chroot" => paths!(at(0) => Deed::ChangeRoot),
        "mount" => paths!(at(1) => Deed::Restructure),
        "umount" | "umount2" => paths!(at(0) => Deed::Look),
        "pivot_root" => paths!(at(0) => Deed::ChangeRoot, at(1) => Deed::Look),
        "move_mount" => paths!(from(0, Follow::Yes) => Deed::Look, from(2, Follow::Yes) => Deed::Look),
        "getdents" | "getdents64" => Call::List,
        "fchmod" | "fsetxattr" | "fremovexattr" => Call::ChangeOpen(None),
        "fchown" | "fchown32" => Call::ChangeOpen(Some((1, 2))),
        "bind" => Call::Bind,
        "connect" => Call::Connect,
        "socketcall" => Call::Multiplexed,
        "socket" => Call::Socket,
        "setuid" | "setuid32" | "setfsuid" | "setfsuid32" => Call::Identity(Identity::Users(1)),
        "setreuid" | "setreuid32" => Call::Identity(Identity::Users(2)),
        "setresuid" | "setresuid32" => Call::Identity(Identity::Users(3)),
        "setgid" | "setgid32" | "setfsgid" | "setfsgid32" => Call::Identity(Identity::Groups(1)),
        "setregid" | "setregid32" => Call::Identity(Identity::Groups(2)),
        "setresgid" | "setresgid32" => Call::Identity(Identity::Groups(3)),
        "setgroups" | "setgroups32" => Call::Identity(Identity::List),
        "sethostname" | "setdomainname" | "setns" | "fsopen" | "fsmount" => Call::Privileged("CAP_SYS_ADMIN"),
        "settimeofday" | "clock_settime" | "clock_settime64" | "stime" | "adjtimex" | "clock_adjtime" => {
            Call::Privileged("CAP_SYS_TIME")
        }
        "open_by_handle_at" => Call::Privileged("CAP_DAC_READ_SEARCH"),
        "reboot" => Call::Privileged("CAP_SYS_BOOT"),
        "init_module" | "finit_module" | "delete_module" => Call::Privileged("CAP_SYS_MODULE"),
        "iopl" | "ioperm" => Call::Privileged("CAP_SYS_RAWIO"),
        _ => Call::Other,
    }
}

/// Calls so frequent, and so harmless, that they are not looked at: a profile has them all. None takes a path.
pub(crate) const FREQUENT: [&str; 84] = [
    "fadvise64",
    "fadvise64_64",
    "getcwd",
    "fsync",
    "fdatasync",
    "setsockopt",
    "shutdown",
    "tgkill",
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "preadv",
    "pwritev",
    "close",
    "lseek",
    "_llseek",
    "mmap",
    "mmap2",
    "mprotect",
    "munmap",
    "mremap",
    "madvise",
    "brk",
    "futex",
    "futex_time64",
    "poll",
    "ppoll",
    "ppoll_time64",
    "select",
    "_newselect",
    "pselect6",
    "pselect6_time64",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "epoll_ctl",
    "recvfrom",
    "recv",
    "sendto",
    "send",
    "recvmsg",
    "sendmsg",
    "accept",
    "accept4",
    "sendfile",
    "sendfile64",
    "fstat",
    "fstat64",
    "fcntl",
    "fcntl64",
    "ioctl",
    "clock_gettime",
    "clock_gettime64",
    "gettimeofday",
    "time",
    "getpid",
    "gettid",
    "getppid",
    "getuid",
    "getuid32",
    "geteuid",
    "geteuid32",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigreturn",
    "rt_sigtimedwait",
    "sched_yield",
    "nanosleep",
    "clock_nanosleep",
    "restart_syscall",
    "exit",
    "exit_group",
    "getrandom",
    "dup",
    "dup2",
    "wait4",
    "pipe2",
    "set_robust_list",
    "getrusage",
    "membarrier",
];
