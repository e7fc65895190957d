//! Reading the memory of a process that waits in a system call.

use std::io;

/// The kernel takes no longer path.
const PATH: usize = 4096;
const PAGE: u64 = 4096;
/// How many arguments of a program are kept, and how much of each.
const ARGUMENTS: usize = 64;
const ARGUMENT: usize = 512;

/// Reads up to the length of `into` from `address`, not over the end of what is mapped; how much it was.
pub(crate) fn read(thread: u32, address: u64, into: &mut [u8]) -> io::Result<usize> {
    let local = libc::iovec { iov_base: into.as_mut_ptr().cast(), iov_len: into.len() };
    let remote = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: into.len() };
    let thread = libc::pid_t::try_from(thread).unwrap_or(0);
    // SAFETY: the local part is a slice that may be written; the remote address is checked by the kernel.
    let read = unsafe { libc::process_vm_readv(thread, &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(read).map_err(|_| io::Error::last_os_error())
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
