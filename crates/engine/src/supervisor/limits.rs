//! Bounds on memory and processes: by control groups where they may be written, else for each process.

use std::{fs, path::PathBuf};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::{Doing as _, Failure};
use crate::{Limits, groups::group_of};

/// The control groups of a container: one directory per hierarchy that could be written.
#[derive(Debug, Default)]
pub(super) struct Groups {
    directories: Vec<PathBuf>,
    memory: bool,
    processes: bool,
}

impl Groups {
    /// Makes those that bound what `limits` names; where it cannot, limits of each process take their place.
    pub(super) fn make(limits: &Limits) -> Self {
        let mut groups = Self::default();
        let Ok(own) = fs::read_to_string("/proc/self/cgroup") else { return groups };
        if let Some(memory) = limits.memory {
            let files = [("memory.max", "memory.limit_in_bytes")];
            groups.memory = groups.bound(&own, "memory", &files, memory);
        }
        if let Some(processes) = limits.processes {
            groups.processes = groups.bound(&own, "pids", &[("pids.max", "pids.max")], processes);
        }
        groups
    }

    fn bound(&mut self, own: &str, controller: &str, files: &[(&str, &str)], value: u64) -> bool {
        let Some((parent, unified)) = group_of(own, controller) else { return false };
        let directory = parent.join(format!("casehard-{}", std::process::id()));
        if unified {
            let _ = fs::write(parent.join("cgroup.subtree_control"), format!("+{controller}"));
        }
        if !self.directories.contains(&directory) {
            if fs::create_dir(&directory).is_err() {
                return false;
            }
            self.directories.push(directory.clone());
        }
        let written = files.iter().all(|(second, first)| {
            fs::write(directory.join(if unified { second } else { first }), value.to_string()).is_ok()
        });
        if written && controller == "memory" {
            // Memory that is swapped out would not be counted.
            let _ = fs::write(directory.join("memory.swap.max"), "0");
        }
        written
    }

    /// Puts this process, and so what it starts, into them.
    pub(super) fn join(&self) {
        self.take(0);
    }

    /// Puts a process, and so what it starts from now on, into them. What it has of memory stays counted where it was.
    pub(super) fn take(&self, process: i32) {
        for directory in &self.directories {
            let _ = fs::write(directory.join("cgroup.procs"), process.to_string());
        }
    }

    /// Bounds this process where the groups do not.
    pub(super) fn limit(&self, limits: &Limits) -> Result<(), Failure> {
        let bound = |resource, value: Option<u64>| match value {
            Some(value) => {
                let hard = rustix::process::getrlimit(resource).maximum.map_or(value, |hard| hard.min(value));
                setrlimit(resource, Rlimit { current: Some(hard), maximum: Some(hard) })
            }
            None => Ok(()),
        };
        bound(Resource::Data, limits.memory.filter(|_| !self.memory)).doing("limit the memory")?;
        bound(Resource::Nproc, limits.processes.filter(|_| !self.processes)).doing("limit the processes")?;
        bound(Resource::Core, Some(0)).doing("switch core files off")
    }

    /// Removes them, when their processes are gone.
    pub(super) fn remove(&self) {
        for directory in &self.directories {
            let _ = fs::remove_dir(directory);
        }
    }
}
