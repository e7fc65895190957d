//! Where knowledge comes from: the kernel's notifications, the memory of the process that made a call, what paths
//! lead to, and access times.

pub(crate) mod access_time;
pub(crate) mod memory;
pub(crate) mod notify;
pub(crate) mod program_file;
pub(crate) mod resolve;
pub(crate) mod task;
