//! `/dev` of a container: the devices, links and file systems that the OCI runtime specification names
//! (`config-linux.md`, section *Default Devices*).

use std::os::fd::{AsFd, OwnedFd};

use rustix::{
    fs::{CWD, Mode, OFlags},
    mount::{MountAttrFlags, OpenTreeFlags, open_tree},
};

use super::{
    Doing as _, Failure,
    mounts::{attach, filesystem},
};

const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
const LINKS: [(&str, &str); 6] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("core", "/proc/kcore"),
    ("ptmx", "pts/ptmx"),
];

/// The parts of `/dev`, mounted nowhere yet.
pub(super) struct Devices {
    dev: OwnedFd,
    /// The device files of the machine, by name.
    files: Vec<(&'static str, OwnedFd)>,
    below: Vec<(&'static str, OwnedFd)>,
}

/// Makes the parts, while the machine's own `/dev` can still be seen.
pub(super) fn prepare(one_user: bool) -> Result<Devices, Failure> {
    let safe = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let no_devices = safe | MountAttrFlags::MOUNT_ATTR_NODEV;
    let mut files = Vec::new();
    for name in DEVICES {
        let file = open_tree(
            CWD,
            format!("/dev/{name}"),
            OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC,
        );
        files.push((name, file.doing(format!("take /dev/{name} from this machine"))?));
    }
    let mut terminal = vec![("newinstance", None), ("ptmxmode", Some("0666")), ("mode", Some("0620"))];
    if !one_user {
        terminal.push(("gid", Some("5")));
    }
    let below = vec![
        ("pts", filesystem("devpts", &terminal, safe)?),
        ("shm", filesystem("tmpfs", &[("mode", Some("1777")), ("size", Some("64m"))], no_devices)?),
        ("mqueue", filesystem("mqueue", &[], no_devices)?),
    ];
    let dev = filesystem(
        "tmpfs",
        &[("mode", Some("0755")), ("size", Some("64k"))],
        MountAttrFlags::MOUNT_ATTR_NOSUID,
    )?;
    Ok(Devices { dev, files, below })
}

/// Puts them together at `/dev`.
pub(super) fn place(devices: &Devices) -> Result<(), Failure> {
    attach(devices.dev.as_fd(), CWD, "/dev")?;
    let dev = devices.dev.as_fd();
    for (name, file) in &devices.files {
        let flags = OFlags::CREATE | OFlags::CLOEXEC | OFlags::WRONLY;
        rustix::fs::openat(dev, *name, flags, Mode::from_raw_mode(0o666))
            .doing(format!("make /dev/{name}"))?;
        attach(file.as_fd(), dev, name)?;
    }
    for (name, target) in LINKS {
        rustix::fs::symlinkat(target, dev, name).doing(format!("make /dev/{name}"))?;
    }
    for (name, mount) in &devices.below {
        rustix::fs::mkdirat(dev, *name, Mode::from_raw_mode(0o755)).doing(format!("make /dev/{name}"))?;
        attach(mount.as_fd(), dev, name)?;
    }
    Ok(())
}
