//! Reading the memory of a process that waits in a system call.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    sync::atomic::{AtomicBool, Ordering},
};

/// The kernel takes no longer path.
const PATH: usize = 4096;
const PAGE: u64 = 4096;
/// How many arguments of a program are kept, and how much of each.
const ARGUMENTS: usize = 64;
const ARGUMENT: usize = 512;

/// Reads up to the length of `into` from `address`, not over the end of what is mapped; how much it was.
///
/// Seccomp profiles of container engines may forbid the system call for it (Docker's did without `CAP_SYS_PTRACE` until
/// 2021). The kernel asks the same rights of who reads the file, which no profile can forbid.
pub(crate) fn read(thread: u32, address: u64, into: &mut [u8]) -> io::Result<usize> {
    static BY_FILE: AtomicBool = AtomicBool::new(false);
    if BY_FILE.load(Ordering::Relaxed) {
        return read_file(thread, address, into);
    }
    match read_directly(thread, address, into) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::EPERM | libc::ENOSYS)) => {
            let read = read_file(thread, address, into);
            BY_FILE.store(read.is_ok(), Ordering::Relaxed);
            read
        }
        read => read,
    }
}

fn read_directly(thread: u32, address: u64, into: &mut [u8]) -> io::Result<usize> {
    let local = libc::iovec { iov_base: into.as_mut_ptr().cast(), iov_len: into.len() };
    let remote = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: into.len() };
    let thread = libc::pid_t::try_from(thread).unwrap_or(0);
    // SAFETY: the local part is a slice that may be written; the remote address is checked by the kernel.
    let read = unsafe { libc::process_vm_readv(thread, &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(read).map_err(|_| io::Error::last_os_error())
}

fn read_file(thread: u32, address: u64, into: &mut [u8]) -> io::Result<usize> {
    let read = File::open(format!("/proc/{thread}/mem"))?.read_at(into, address);
    // What is not mapped is an error of input to the file, and a wrong address to the call.
    read.map_err(|error| match error.raw_os_error() {
        Some(libc::EIO) => io::Error::from_raw_os_error(libc::EFAULT),
        _ => error,
    })
}

/// Reads a text that ends with a zero byte into `into`, without the zero; `false` when it is longer than `limit`.
fn text(thread: u32, mut address: u64, limit: usize, into: &mut Vec<u8>) -> io::Result<bool> {
    into.clear();
    // Most paths are short, and most ends of pages far away.
    let mut step = 256;
    while into.len() < limit {
        let to_page = usize::try_from(PAGE - address % PAGE).unwrap_or(1);
        let length = step.min(to_page).min(limit - into.len());
        let start = into.len();
        into.resize(start + length, 0);
        let read = read(thread, address, &mut into[start..])?;
        into.truncate(start + read);
        if let Some(end) = into[start..].iter().position(|byte| *byte == 0) {
            into.truncate(start + end);
            return Ok(true);
        }
        if read == 0 {
            return Err(io::Error::from_raw_os_error(libc::EFAULT));
        }
        address += read as u64;
        step = PATH;
    }
    Ok(false)
}

/// Reads a path; `false` when it is longer than the kernel takes.
pub(crate) fn path(thread: u32, address: u64, into: &mut Vec<u8>) -> io::Result<bool> {
    text(thread, address, PATH, into)
}

/// Reads the argument list of a program, escaped; pointers have four bytes in 32-bit programs.
pub(crate) fn arguments(thread: u32, mut address: u64, narrow: bool) -> io::Result<Vec<String>> {
    let width = if narrow { 4 } else { 8 };
    let mut list = Vec::new();
    let mut bytes = Vec::new();
    while address != 0 && list.len() < ARGUMENTS {
        let mut pointer = [0; 8];
        if read(thread, address, &mut pointer[..width])? < width {
            return Err(io::Error::from_raw_os_error(libc::EFAULT));
        }
        let pointer = u64::from_le_bytes(pointer);
        if pointer == 0 {
            break;
        }
        let whole = text(thread, pointer, ARGUMENT, &mut bytes)?;
        let mut shown = casehard_oci::escape(&bytes).into_owned();
        if !whole {
            shown.push('…');
        }
        list.push(shown);
        address += width as u64;
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_read_the_same() {
        let text = *b"a path of this process\0";
        let (own, address) = (std::process::id(), text.as_ptr() as u64);
        let nowhere = 16;
        for read in [read_directly, read_file, read] {
            let mut into = [0; 23];
            assert_eq!(read(own, address, &mut into).unwrap(), text.len());
            assert_eq!(into, text);
            assert_eq!(read(own, nowhere, &mut into).unwrap_err().raw_os_error(), Some(libc::EFAULT));
            let gone = read(u32::MAX, address, &mut into).unwrap_err();
            assert!(matches!(gone.raw_os_error(), Some(libc::ESRCH | libc::ENOENT)), "{gone}");
        }
    }
}
