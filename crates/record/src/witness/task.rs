//! Threads of the container: what they run, where they are, whom they run as.

use std::{
    io::{self, Read as _},
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
    time::{Duration, Instant},
};

use casehard_profile::Identity;
use hashbrown::HashMap;
use rustix::{
    fs::{Mode, OFlags, openat, readlinkat_raw},
    io::Errno,
};

/// A thread number is not used again before so many others were; within this time it cannot be.
const TRUSTED: Duration = Duration::from_millis(100);
/// How many threads are kept; each has a descriptor.
const KEPT: usize = 400;

/// A thread.
#[derive(Debug)]
pub(crate) struct Task {
    directory: OwnedFd,
    /// The number of its executable among [`Tasks::programs`].
    pub(crate) program: u32,
    /// Whom it runs as; read when first asked for.
    pub(crate) identity: Option<Identity>,
    checked: Instant,
    age: u64,
}

/// The threads, and the executables they run.
#[derive(Debug)]
pub(crate) struct Tasks {
    /// The machine's `/proc`: the recorder's own root is that of the container.
    proc: OwnedFd,
    tasks: HashMap<u32, Task>,
    programs: Vec<Box<[u8]>>,
    numbers: HashMap<Box<[u8]>, u32>,
    /// Counts what may have changed programs and identities.
    age: u64,
}

impl Tasks {
    pub(crate) fn new(proc: OwnedFd) -> Self {
        Self { proc, tasks: HashMap::new(), programs: Vec::new(), numbers: HashMap::new(), age: 0 }
    }

    /// What is known of programs and identities must be asked for again.
    pub(crate) const fn forget(&mut self) {
        self.age += 1;
    }

    /// The path of an executable.
    pub(crate) fn program(&self, number: u32) -> &[u8] {
        &self.programs[number as usize]
    }

    /// The thread of this number, and whether its program or identity may be another than before.
    pub(crate) fn get(&mut self, thread: u32) -> io::Result<(&mut Task, bool)> {
        let now = Instant::now();
        let known = self.tasks.get(&thread).is_some_and(|task| {
            task.age == self.age && now.saturating_duration_since(task.checked) < TRUSTED
        });
        if !known {
            self.look(thread, now)?;
        }
        let task = self.tasks.get_mut(&thread).ok_or_else(|| io::Error::from_raw_os_error(libc::ESRCH))?;
        Ok((task, !known))
    }

    /// Looks at a thread again. A descriptor of a thread that has ended stays that of nobody, so a number that was
    /// given to another shows.
    fn look(&mut self, thread: u32, now: Instant) -> io::Result<()> {
        let mut buffer = [0; 4096];
        if let Some(task) = self.tasks.get(&thread) {
            match link(task.directory.as_fd(), c"exe", &mut buffer) {
                Ok(program) => {
                    let program = self.number(program);
                    let age = self.age;
                    if let Some(task) = self.tasks.get_mut(&thread) {
                        if task.program != program || task.age != age {
                            task.identity = None;
                        }
                        (task.program, task.age, task.checked) = (program, age, now);
                    }
                    return Ok(());
                }
                Err(error) if !matches!(error.raw_os_error(), Some(libc::ESRCH | libc::ENOENT)) => {
                    return Err(error);
                }
                Err(_) => drop(self.tasks.remove(&thread)),
            }
        }
        if self.tasks.len() >= KEPT {
            self.tasks.clear();
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = openat(&self.proc, thread.to_string(), flags, Mode::empty())?;
        let program = link(directory.as_fd(), c"exe", &mut buffer)?;
        let program = self.number(program);
        self.tasks.insert(thread, Task { directory, program, identity: None, checked: now, age: self.age });
        Ok(())
    }

    fn number(&mut self, program: &[u8]) -> u32 {
        if let Some(&number) = self.numbers.get(program) {
            return number;
        }
        let number = u32::try_from(self.programs.len()).unwrap_or(u32::MAX);
        self.programs.push(program.into());
        self.numbers.insert(program.into(), number);
        number
    }
}

/// Where a link of a thread's directory leads, as the recorder's root sees it.
fn link<'a>(
    directory: BorrowedFd<'_>,
    name: &std::ffi::CStr,
    buffer: &'a mut [u8; 4096],
) -> io::Result<&'a [u8]> {
    let length = readlinkat_raw(directory, name, &mut buffer[..])?;
    Ok(&buffer[..length])
}

impl Task {
    /// Puts the path of the current directory into `into`.
    pub(crate) fn current_directory(&self, into: &mut Vec<u8>) -> io::Result<()> {
        self.follow(c"cwd", into)
    }

    /// Puts the path of the root directory into `into`.
    pub(crate) fn root(&self, into: &mut Vec<u8>) -> io::Result<()> {
        self.follow(c"root", into)
    }

    /// Puts the path of what a descriptor is open for into `into`; what is no file has no leading `/`.
    pub(crate) fn descriptor(&self, number: i32, into: &mut Vec<u8>) -> io::Result<()> {
        let mut name = [0_u8; 16];
        use io::Write as _;
        write!(&mut name[..], "fd/{number}")?;
        let name = std::ffi::CStr::from_bytes_until_nul(&name).unwrap_or_default();
        self.follow(name, into)
    }

    fn follow(&self, name: &std::ffi::CStr, into: &mut Vec<u8>) -> io::Result<()> {
        let mut buffer = [0; 4096];
        into.clear();
        into.extend_from_slice(link(self.directory.as_fd(), name, &mut buffer)?);
        Ok(())
    }

    /// Whom it runs as, as the container numbers it.
    pub(crate) fn status(&self) -> io::Result<Status> {
        let file = openat(&self.directory, "status", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        let file = match file {
            Err(Errno::NOENT) => return Err(io::Error::from_raw_os_error(libc::ESRCH)),
            file => file?,
        };
        let mut text = String::new();
        std::fs::File::from(file).take(64 << 10).read_to_string(&mut text)?;
        let numbers = |name: &str| -> Vec<u32> {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().split_whitespace().filter_map(|number| number.parse().ok()).collect()
        };
        let process = numbers("Tgid:").first().copied().unwrap_or(0);
        Ok(Status { process, users: numbers("Uid:"), groups: numbers("Gid:"), further: numbers("Groups:") })
    }
}

/// What `/proc` says of whom a thread runs as: real, effective, saved and file system ids.
#[derive(Debug)]
pub(crate) struct Status {
    /// The number of its process.
    pub(crate) process: u32,
    pub(crate) users: Vec<u32>,
    pub(crate) groups: Vec<u32>,
    pub(crate) further: Vec<u32>,
}

impl Status {
    /// The effective ids.
    pub(crate) fn identity(&self) -> Identity {
        let effective = |ids: &[u32]| ids.get(1).copied().unwrap_or(0);
        Identity { uid: effective(&self.users), gid: effective(&self.groups) }
    }

    /// Whether it has a group.
    pub(crate) fn has_group(&self, group: u32) -> bool {
        self.groups.get(3) == Some(&group) || self.further.contains(&group)
    }
}
