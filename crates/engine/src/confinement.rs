//! What the kernel enforces on a running container, as it says itself and as an attempt shows.

use casehard_oci::RootPath;
use serde::{Deserialize, Serialize};

/// What the kernel enforces on a running container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// Each process of the container, by number.
    pub processes: Vec<Process>,
    /// What is mounted in it and can be written.
    pub writable: Vec<WritableMount>,
    /// Creating a file in `/`, as the container's user under the container's controls.
    pub create_in_root: Tried,
    /// Becoming root, as that user under those controls.
    pub become_root: Tried,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tried {
    /// It worked.
    Worked,
    /// The kernel refused, with this error number.
    Refused(i32),
}

/// A mount that can be written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WritableMount {
    /// Where; the root itself for the container's root.
    pub path: RootPath,
    /// The kind of file system: `tmpfs`, `overlay`, …
    pub kind: String,
    /// Whether files in it can be run.
    pub exec: bool,
}

/// A process, as `/proc/PID/status` has it (`proc_pid_status(5)`), users as the container numbers them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its number in the container.
    pub number: u32,
    /// Its name, as the kernel cuts it.
    pub name: String,
    /// Real, effective, saved and file system user.
    pub users: [u32; 4],
    /// Real, effective, saved and file system group.
    pub groups: [u32; 4],
    /// Inheritable, permitted, effective, bounding and ambient capabilities, one bit each.
    pub capabilities: [u64; 5],
    /// Whether no program it starts can have more privileges than it.
    pub no_new_privileges: bool,
    /// The seccomp mode: 0 none, 1 strict, 2 filter.
    pub seccomp: u32,
}

impl Process {
    /// Reads the text of a status file; `None` when it lacks something.
    pub(crate) fn parse(number: u32, status: &str) -> Option<Self> {
        let field = |name: &str| {
            status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
        };
        let four = |name: &str| -> Option<[u32; 4]> {
            let numbers: Vec<u32> = field(name)?.split_whitespace().flat_map(str::parse).collect();
            numbers.try_into().ok()
        };
        let set = |name: &str| u64::from_str_radix(field(name)?, 16).ok();
        Some(Self {
            number,
            name: field("Name")?.to_owned(),
            users: four("Uid")?,
            groups: four("Gid")?,
            capabilities: [set("CapInh")?, set("CapPrm")?, set("CapEff")?, set("CapBnd")?, set("CapAmb")?],
            no_new_privileges: field("NoNewPrivs")? == "1",
            seccomp: field("Seccomp")?.parse().ok()?,
        })
    }
}

/// The writable mounts of a mount table (`proc_pid_mountinfo(5)`), the topmost of each place.
pub(crate) fn writable_mounts(table: &str) -> Vec<WritableMount> {
    let mut found = std::collections::BTreeMap::new();
    for line in table.lines() {
        let Some((mount, file_system)) = line.split_once(" - ") else { continue };
        let mount: Vec<&str> = mount.split(' ').collect();
        let file_system: Vec<&str> = file_system.split(' ').collect();
        let (Some(place), Some(options), [kind, _, whole, ..]) =
            (mount.get(4), mount.get(5), file_system.as_slice())
        else {
            continue;
        };
        let writes = |options: &str| options.split(',').next() == Some("rw");
        let path = RootPath::root().join_as_kernel(&unescaped(place));
        // Later lines lie on top of earlier ones.
        let exec = !options.split(',').any(|option| option == "noexec");
        let is_writable = writes(options) && writes(whole);
        let mount = is_writable.then(|| WritableMount { path: path.clone(), kind: (*kind).to_owned(), exec });
        found.insert(path, mount);
    }
    found.into_values().flatten().collect()
}

/// Space, tab, newline and backslash stand in octal.
fn unescaped(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 4).filter(|_| bytes[at] == b'\\');
        let code = code.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 4 } else { 1 };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_file_is_read() {
        let status = "Name:\tnginx: master\nUmask:\t0022\nUid:\t10001\t10001\t10001\t0\nGid:\t5\t5\t5\t5\n\
                      CapInh:\t0000000000000000\nCapPrm:\t0000000000000400\nCapEff:\t0000000000000400\n\
                      CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n\
                      Seccomp_filters:\t1\n";
        let process = Process::parse(7, status).unwrap();
        assert_eq!((process.number, process.name.as_str()), (7, "nginx: master"));
        assert_eq!(process.users, [10001, 10001, 10001, 0]);
        assert_eq!(process.capabilities, [0, 1 << 10, 1 << 10, (1 << 41) - 1, 0]);
        assert!(process.no_new_privileges && process.seccomp == 2);
        assert_eq!(Process::parse(7, &status.replace("Seccomp:\t2\n", "")), None);
    }

    #[test]
    fn the_topmost_mount_of_a_place_counts() {
        let table = "1 0 0:1 / / ro,relatime - overlay none rw,lowerdir=x\n\
                     2 1 0:2 / /tmp rw,nosuid,noexec - tmpfs tmpfs rw\n\
                     3 1 0:3 / /srv/a\\040b rw shared:1 - ext4 /dev/x rw\n\
                     4 1 0:3 / /over rw - ext4 /dev/x rw\n\
                     5 4 0:4 / /over ro - tmpfs tmpfs rw\n\
                     6 1 0:5 / /whole rw - ext4 /dev/y ro\n";
        let found: Vec<(String, String, bool)> = writable_mounts(table)
            .into_iter()
            .map(|mount| (mount.path.to_string(), mount.kind, mount.exec))
            .collect();
        let expected = [("/srv/a b", "ext4", true), ("/tmp", "tmpfs", false)];
        assert_eq!(found, expected.map(|(path, kind, exec)| (path.to_owned(), kind.to_owned(), exec)));
    }
}
