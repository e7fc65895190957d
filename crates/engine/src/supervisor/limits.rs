//! Bounds on memory and processes: by control groups where they may be written, else for each process.

use std::{fs, path::PathBuf};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::{Doing as _, Failure};
use crate::Limits;

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
        let Some((parent, unified)) = parent_of(own, controller) else { return false };
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
        for directory in &self.directories {
            let _ = fs::write(directory.join("cgroup.procs"), "0");
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

/// The directory of this process in the hierarchy that has a controller, and whether that is the unified one
/// (`cgroups(7)`).
fn parent_of(own: &str, controller: &str) -> Option<(PathBuf, bool)> {
    let path = |wanted: &dyn Fn(&str, &str) -> bool| {
        own.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (number, names, path) = (fields.next()?, fields.next()?, fields.next()?);
            wanted(number, names).then(|| path.trim_start_matches('/').to_owned())
        })
    };
    if let Some(path) = path(&|_, names| names.split(',').any(|name| name == controller)) {
        return Some((PathBuf::from("/sys/fs/cgroup").join(controller).join(path), false));
    }
    let path = path(&|number, names| number == "0" && names.is_empty())?;
    let root = PathBuf::from("/sys/fs/cgroup");
    let controllers = fs::read_to_string(root.join("cgroup.controllers")).ok()?;
    controllers.split_whitespace().any(|name| name == controller).then(|| (root.join(path), true))
}
