//! What becomes of memory that this process has freed.

/// Larger blocks are mapped one by one, and go back to the system when they are freed.
#[cfg(target_env = "gnu")]
const MAPPED: libc::c_int = 128 << 10;
/// As much may stay free at the end of the heap.
#[cfg(target_env = "gnu")]
const AT_THE_END: libc::c_int = 1 << 20;

/// Has the allocator give large blocks back as soon as they are free. glibc's own limit rises to the largest block that was
/// freed (`mallopt(3)`, `M_MMAP_THRESHOLD`): after a list has grown to millions its smaller predecessors would stay. To be
/// called once, before there are threads; other C libraries do so anyway.
pub fn give_back_freed_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: mallopt only sets parameters of the allocator; 0 as an answer means that it did not, which does no harm.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED);
        libc::mallopt(libc::M_TRIM_THRESHOLD, AT_THE_END);
    }
}
