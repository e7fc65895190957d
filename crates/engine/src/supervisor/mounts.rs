//! What is mounted over the root of a container: the file systems of the kernel, what is hidden of them, and what
//! the specification adds, as the OCI runtimes do.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::{
    fs::{CWD, FileType, Mode, OFlags},
    mount::{
        FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, fsconfig_create,
        fsconfig_set_flag, fsconfig_set_string, fsmount, fsopen, move_mount, open_tree,
    },
};

use super::{Doing as _, Failure, inside::Points};
use crate::{MountKind, Spec, sys};

/// Hidden, as they tell of the machine or act on it.
const MASKED: [&str; 12] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
];
const READ_ONLY: [&str; 5] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// The file systems of the kernel, mounted nowhere yet: `/proc` can be made only while that of the machine is seen.
pub(super) struct Kernel {
    proc: OwnedFd,
    sys: OwnedFd,
}

const HARMLESS: MountAttrFlags = MountAttrFlags::MOUNT_ATTR_NOSUID
    .union(MountAttrFlags::MOUNT_ATTR_NODEV)
    .union(MountAttrFlags::MOUNT_ATTR_NOEXEC);

/// Makes the file systems of the kernel.
pub(super) fn prepare() -> Result<Kernel, Failure> {
    let read_only = HARMLESS | MountAttrFlags::MOUNT_ATTR_RDONLY;
    // Where the network belongs to another container, `/sys` cannot be made, and stays empty.
    let sys = filesystem("sysfs", &[], read_only).or_else(|_| filesystem("tmpfs", &[], read_only))?;
    Ok(Kernel { proc: filesystem("proc", &[], HARMLESS)?, sys })
}

/// Mounts them, hides what must be hidden, and mounts what the specification adds.
pub(super) fn place(kernel: &Kernel, points: &mut Points) -> Result<(), Failure> {
    points.directory("/proc")?;
    attach(kernel.proc.as_fd(), CWD, "/proc")?;
    points.directory("/sys")?;
    attach(kernel.sys.as_fd(), CWD, "/sys")
}

/// Hides and protects parts of `/proc` and `/sys`.
pub(super) fn mask() -> Result<(), Failure> {
    let empty = [("size", Some("0")), ("nr_inodes", Some("2")), ("mode", Some("0555"))];
    for path in MASKED {
        let Ok(found) = rustix::fs::stat(path) else { continue };
        let mount = if FileType::from_raw_mode(found.st_mode).is_dir() {
            filesystem("tmpfs", &empty, HARMLESS | MountAttrFlags::MOUNT_ATTR_RDONLY)?
        } else {
            clone_of("/dev/null")?
        };
        attach(mount.as_fd(), CWD, path)?;
    }
    for path in READ_ONLY.into_iter().filter(|path| rustix::fs::stat(*path).is_ok()) {
        let mount = clone_of(path)?;
        sys::set_mount_attributes(mount.as_fd(), libc::MOUNT_ATTR_RDONLY, true)
            .doing(format!("make {path} read-only"))?;
        attach(mount.as_fd(), CWD, path)?;
    }
    Ok(())
}

/// Mounts what the specification adds. A volume needs no mount where the root itself can be written.
pub(super) fn place_further(spec: &Spec, volumes: &[OwnedFd], points: &mut Points) -> Result<(), Failure> {
    let mut volumes = volumes.iter();
    for mount in &spec.mounts {
        let path = super::inside::absolute(&mount.path);
        let path = path.to_string_lossy();
        points.directory(&path)?;
        match mount.kind {
            MountKind::Tmpfs { mode, size, uid, gid, exec } => {
                let options = [("mode", format!("{mode:o}")), ("size", size.to_string())];
                let owner = [("uid", uid.to_string()), ("gid", gid.to_string())];
                let options: Vec<_> =
                    options.iter().chain(&owner).map(|(name, value)| (*name, Some(&**value))).collect();
                let no_code = MountAttrFlags::MOUNT_ATTR_NOEXEC;
                let made = filesystem("tmpfs", &options, if exec { HARMLESS - no_code } else { HARMLESS })?;
                attach(made.as_fd(), CWD, &path)?;
            }
            MountKind::Volume => {
                if let Some(volume) = volumes.next() {
                    attach(volume.as_fd(), CWD, &path)?;
                }
            }
        }
    }
    Ok(())
}

/// A new file system that is mounted nowhere yet.
pub(super) fn filesystem(
    kind: &str,
    options: &[(&str, Option<&str>)],
    attributes: MountAttrFlags,
) -> Result<OwnedFd, Failure> {
    let doing = || format!("make a {kind} file system");
    let context = fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC).doing(doing())?;
    fsconfig_set_string(&context, "source", kind).doing(doing())?;
    for (name, value) in options {
        match value {
            Some(value) => fsconfig_set_string(&context, *name, *value),
            None => fsconfig_set_flag(&context, *name),
        }
        .doing(format!("make a {kind} file system with the option {name}"))?;
    }
    fsconfig_create(&context).doing(doing())?;
    fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes).doing(doing())
}

/// A further mount, mounted nowhere yet, of what is at `path`.
pub(super) fn clone_of(path: &str) -> Result<OwnedFd, Failure> {
    let flags =
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE;
    open_tree(CWD, path, flags).doing(format!("mount {path} again"))
}

/// Mounts `mount` at `path`; links on the way are followed inside the root, as this is its root already.
pub(super) fn attach(mount: BorrowedFd<'_>, directory: BorrowedFd<'_>, path: &str) -> Result<(), Failure> {
    let doing = || format!("mount {}", casehard_oci::escape(path.as_bytes()));
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let target = rustix::fs::openat(directory, path, flags, Mode::empty()).doing(doing())?;
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    move_mount(mount, "", target, "", flags).doing(doing())
}
