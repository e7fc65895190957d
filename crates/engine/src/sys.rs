//! The system calls that have no safe wrapper.

use std::{
    ffi::{CStr, CString},
    io,
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
};

/// Which side of [`clone`] this is.
pub(crate) enum Side {
    /// The new process.
    Child,
    /// The caller, with the number of the new process and a descriptor for it.
    Parent(libc::pid_t, OwnedFd),
}

/// `fork(2)` into new namespaces, as `flags` (`CLONE_NEW*`, `CLONE_PARENT`) say.
///
/// # Safety
/// The process must have one thread only: the child gets a copy of the memory, where locks that other threads held
/// stay locked for ever.
pub(crate) unsafe fn clone(flags: libc::c_int) -> io::Result<Side> {
    let mut descriptor: RawFd = -1;
    let all = flags as libc::c_ulong | libc::CLONE_PIDFD as libc::c_ulong | libc::SIGCHLD as libc::c_ulong;
    // SAFETY: a null stack without CLONE_VM is fork(2); the kernel writes the descriptor to the one pointer given.
    let result = unsafe { libc::syscall(libc::SYS_clone, all, 0, &raw mut descriptor, 0, 0) };
    match result {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Side::Child),
        #[expect(clippy::cast_possible_truncation, reason = "process numbers have 22 bits")]
        // SAFETY: the kernel has just made this descriptor for us.
        pid => Ok(Side::Parent(pid as libc::pid_t, unsafe { OwnedFd::from_raw_fd(descriptor) })),
    }
}

/// Ends this process at once, without running what `atexit` holds.
pub(crate) fn leave(code: i32) -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(code) }
}

/// Sends any signal, real-time ones too, to a process.
pub(crate) fn send_signal(process: BorrowedFd<'_>, signal: i32) -> io::Result<()> {
    // SAFETY: plain numbers and a null pointer, which means the default information.
    let result = unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, process.as_raw_fd(), signal, std::ptr::null::<u8>(), 0)
    };
    check(result).map(drop)
}

/// A BPF instruction, `struct sock_filter` of `linux/filter.h`.
pub(crate) use libc::sock_filter as Instruction;

/// Installs a system call filter for this thread and what it starts; gives the listener when one was asked for.
pub(crate) fn install_filter(program: &[Instruction], flags: libc::c_ulong) -> io::Result<Option<OwnedFd>> {
    let program = libc::sock_fprog {
        len: u16::try_from(program.len()).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: the kernel copies the program, which outlives the call.
    let result =
        unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program) };
    let result = check(result)?;
    if flags & libc::SECCOMP_FILTER_FLAG_NEW_LISTENER == 0 {
        return Ok(None);
    }
    #[expect(clippy::cast_possible_truncation, reason = "a descriptor")]
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(Some(unsafe { OwnedFd::from_raw_fd(result as RawFd) }))
}

/// Replaces this process. Returns only on failure.
pub(crate) fn execute(path: &CStr, argv: &[CString], env: &[CString]) -> io::Error {
    let pointers = |list: &[CString]| -> Vec<*const libc::c_char> {
        list.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect()
    };
    let (argv, env) = (pointers(argv), pointers(env));
    // SAFETY: both lists end with a null pointer and point to texts that end with a zero byte and outlive the call.
    unsafe { libc::execve(path.as_ptr(), argv.as_ptr(), env.as_ptr()) };
    io::Error::last_os_error()
}

/// Gives every signal its default action and lets all through: what Rust's start-up ignored must not be inherited.
pub(crate) fn reset_signals() {
    // SAFETY: the set is initialised by sigemptyset before it is used; signal numbers are in range, and those whose
    // action cannot be set are refused without effect.
    unsafe {
        let mut none = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut none);
        for signal in 1..=64 {
            libc::signal(signal, libc::SIG_DFL);
        }
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

/// Leaves the signals that a terminal sends by keys to the container: this process, which gets them too, goes on until
/// the container ends. For a program that runs one container with its own streams, once that has started.
pub fn leave_keys_to_the_container() {
    // SAFETY: ignoring a signal runs no code of ours.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_IGN);
        libc::signal(libc::SIGQUIT, libc::SIG_IGN);
    }
}

/// Blocks these signals and gives a descriptor that reports them.
pub(crate) fn signal_descriptor(signals: &[i32]) -> io::Result<OwnedFd> {
    // SAFETY: the set is initialised by sigemptyset before it is used; the descriptor is new.
    unsafe {
        let mut set = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut set);
        for &signal in signals {
            libc::sigaddset(&raw mut set, signal);
        }
        libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
        let descriptor = libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK);
        check(libc::c_long::from(descriptor))?;
        Ok(OwnedFd::from_raw_fd(descriptor))
    }
}

/// Leaves the key ring of the session, whose keys are the caller's (`session-keyring(7)`).
pub(crate) fn new_session_keyring() {
    const JOIN_SESSION_KEYRING: libc::c_int = 1;
    // SAFETY: plain numbers and a null pointer, which means a ring without a name.
    unsafe { libc::syscall(libc::SYS_keyctl, JOIN_SESSION_KEYRING, std::ptr::null::<u8>()) };
}

/// The descriptor of this number as an owned one, whatever it is: to put another into its place.
pub(crate) fn take_place(number: RawFd) -> OwnedFd {
    // SAFETY: the caller replaces what is there at once, and does not use what owned it any more.
    unsafe { OwnedFd::from_raw_fd(number) }
}

/// Closes every descriptor from `first` on, for a process that will not use any of them again.
pub(crate) fn close_from(first: u32) {
    // SAFETY: the caller does not use what is closed, nor returns to what owns it.
    unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) };
}

/// `struct mount_attr` of `linux/mount.h`.
#[repr(C)]
#[derive(Default)]
struct MountAttributes {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

/// Sets attributes (`MOUNT_ATTR_*`) of a mount given by a descriptor, of all mounts below it too when `recursive`.
pub(crate) fn set_mount_attributes(mount: BorrowedFd<'_>, set: u64, recursive: bool) -> io::Result<()> {
    let attributes = MountAttributes { set, ..MountAttributes::default() };
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path is an empty text, the structure has the size that is stated and outlives the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attributes,
            size_of::<MountAttributes>(),
        )
    };
    check(result).map(drop)
}

/// Brings the loopback interface of this network namespace up.
pub(crate) fn loopback_up() -> io::Result<()> {
    interface_up("lo")
}

/// Brings an interface of this network namespace up.
pub(crate) fn interface_up(name: &str) -> io::Result<()> {
    ask_interface(name, libc::SIOCSIFFLAGS, |request| {
        request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    })
    .map(drop)
}

/// The number of an interface of this network namespace.
pub(crate) fn interface_number(name: &str) -> io::Result<i32> {
    // SAFETY: the kernel has written this part of the answer.
    ask_interface(name, libc::SIOCGIFINDEX, |_| {}).map(|answer| unsafe { answer.ifr_ifru.ifru_ifindex })
}

/// Gives an interface of this network namespace an address in a network of so many bits.
pub(crate) fn set_address(name: &str, address: std::net::Ipv4Addr, bits: u8) -> io::Result<()> {
    let mask = std::net::Ipv4Addr::from(u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0));
    for (request, value) in [(libc::SIOCSIFADDR, address), (libc::SIOCSIFNETMASK, mask)] {
        ask_interface(name, request, |request| {
            let mut bytes = [0_u8; 16];
            bytes[..2].copy_from_slice(&(libc::AF_INET as u16).to_ne_bytes());
            bytes[4..8].copy_from_slice(&value.octets());
            // SAFETY: `sockaddr_in` and `sockaddr` have the same size and are plain data.
            request.ifr_ifru.ifru_addr = unsafe { std::mem::transmute::<[u8; 16], libc::sockaddr>(bytes) };
        })?;
    }
    Ok(())
}

/// Asks the kernel something of an interface (`netdevice(7)`).
fn ask_interface(
    name: &str,
    request: libc::c_ulong,
    fill: impl FnOnce(&mut libc::ifreq),
) -> io::Result<libc::ifreq> {
    // SAFETY: `ifreq` is plain data for which zeroes are valid; the name is cut to fit, with a zero behind it; the
    // descriptor is a socket of ours.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        check(libc::c_long::from(socket))?;
        let socket = OwnedFd::from_raw_fd(socket);
        let mut asked = std::mem::zeroed::<libc::ifreq>();
        for (to, from) in asked.ifr_name.iter_mut().take(libc::IFNAMSIZ - 1).zip(name.bytes()) {
            *to = from.cast_signed();
        }
        fill(&mut asked);
        check(libc::c_long::from(libc::ioctl(socket.as_raw_fd(), request as libc::Ioctl, &raw mut asked)))?;
        Ok(asked)
    }
}

fn check(result: libc::c_long) -> io::Result<libc::c_long> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
