//! The root of a container: made, compared with what it was, and removed.

use std::{
    io::Write as _,
    net::IpAddr,
    os::fd::{AsFd, OwnedFd},
};

use rustix::{
    fs::{AtFlags, CWD, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid, XattrFlags},
    mount::MountAttrFlags,
};

use super::{
    Doing as _, Failure, RootKind, Stage, Start, copy, mounts,
    run::{Supervised, in_namespace},
};
use crate::{MountKind, changes, store};

/// A root that is made and mounted nowhere yet.
pub(super) struct Made {
    pub(super) mount: OwnedFd,
    /// The directory in which changes show: the upper one of an overlay, or the root itself.
    pub(super) changed: OwnedFd,
    /// A mount for each volume, where the root itself cannot be written.
    pub(super) volumes: Vec<OwnedFd>,
}

/// Makes the root. The current directory is the store.
pub(super) fn make(start: &Start) -> Result<Made, Failure> {
    let (mount, changed) = match start.root_kind {
        RootKind::Overlay => overlay(start)?,
        RootKind::Plain => {
            let root = format!("{}/root", start.run);
            if let Some(bytes) = start.copy_in_memory {
                memory(start, bytes)?;
            }
            copy::copy(&start.root, &root).doing("copy the root")?;
            (mounts::clone_of(&root)?, open(&root)?)
        }
    };
    let mut volumes = Vec::new();
    if start.spec.read_only {
        let kinds = start.spec.mounts.iter().filter(|mount| mount.kind == MountKind::Volume);
        for (number, mount) in kinds.enumerate() {
            volumes.push(volume(start, number, &mount.path)?);
        }
    }
    Ok(Made { mount, changed, volumes })
}

/// A file system in memory that has room for what a run may write.
fn tmpfs(start: &Start) -> Result<OwnedFd, Failure> {
    let size = start.spec.limits.disk.map_or_else(|| "50%".to_owned(), |bytes| bytes.to_string());
    let options = [("mode", Some("0700")), ("size", Some(size.as_str()))];
    mounts::filesystem("tmpfs", &options, MountAttrFlags::MOUNT_ATTR_NODEV)
}

/// Puts the directory of the run into memory, with room for a copy of so many bytes beside what may be written.
fn memory(start: &Start, bytes: u64) -> Result<(), Failure> {
    let size = start
        .spec
        .limits
        .disk
        .map_or_else(|| "75%".to_owned(), |disk| (disk.saturating_add(bytes)).to_string());
    let options = [("mode", Some("0700")), ("size", Some(size.as_str()))];
    let memory = mounts::filesystem("tmpfs", &options, MountAttrFlags::MOUNT_ATTR_NODEV)?;
    mounts::attach(memory.as_fd(), CWD, &start.run)
}

fn overlay(start: &Start) -> Result<(OwnedFd, OwnedFd), Failure> {
    let run = &start.run;
    let memory = tmpfs(start)?;
    // An overlay keeps its marks in attributes; file systems in memory have had them since Linux 6.6. Before that the
    // changes go to the disk, unbounded.
    let marks = rustix::fs::mkdirat(&memory, "try", Mode::from_raw_mode(0o700)).is_ok()
        && rustix::fs::openat(&memory, "try", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
            .and_then(|directory| rustix::fs::fsetxattr(directory, "user.casehard", b"", XattrFlags::empty()))
            .is_ok();
    if marks {
        mounts::attach(memory.as_fd(), CWD, run)?;
    }
    let (upper, work) = (format!("{run}/upper"), format!("{run}/work"));
    for path in [&upper, &work] {
        rustix::fs::mkdir(path, Mode::from_raw_mode(0o755)).doing("make the directories of the overlay")?;
    }
    // The root directory of an overlay is that of its upper part.
    let lower = rustix::fs::stat(&start.root).doing("look at the unpacked root")?;
    let _ = rustix::fs::chownat(
        CWD,
        &upper,
        Some(Uid::from_raw(lower.st_uid)),
        Some(Gid::from_raw(lower.st_gid)),
        AtFlags::empty(),
    );
    rustix::fs::chmod(&upper, Mode::from_raw_mode(lower.st_mode)).doing("set the mode of the root")?;
    let mount = mounts::filesystem(
        "overlay",
        &[
            ("lowerdir", Some(&start.root)),
            ("upperdir", Some(&upper)),
            ("workdir", Some(&work)),
            ("userxattr", None),
        ],
        MountAttrFlags::empty(),
    )
    .map_err(|failure| Failure { stage: Stage::Overlay, ..failure })?;
    Ok((mount, open(&upper)?))
}

fn open(path: &str) -> Result<OwnedFd, Failure> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    rustix::fs::open(path, flags, Mode::empty()).doing(format!("open {path}"))
}

/// A writable directory with a copy of what the image has at `path`.
fn volume(start: &Start, number: usize, path: &casehard_oci::RootPath) -> Result<OwnedFd, Failure> {
    let directory = format!("{}/volume-{number}", start.run);
    let root = open(&start.root)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let inside = super::inside::absolute(path);
    match rustix::fs::openat2(&root, inside, flags, Mode::empty(), rustix::fs::ResolveFlags::IN_ROOT) {
        Ok(original) => {
            copy::copy_directory(&original, &directory).doing(format!("copy the volume {path}"))?;
        }
        Err(_) => rustix::fs::mkdir(&directory, Mode::from_raw_mode(0o755)).doing("make a volume")?,
    }
    mounts::clone_of(&directory)
}

/// The files about names and network that runtimes provide: each path with a mount for it.
pub(super) fn network_files(start: &Start) -> Result<Vec<(&'static str, OwnedFd)>, Failure> {
    let directory = format!("{}/etc", start.run);
    rustix::fs::mkdir(&directory, Mode::from_raw_mode(0o755)).doing("make a directory for /etc/hosts")?;
    let hostname = &start.spec.hostname;
    let (local, own) = match start.spec.network {
        crate::Network::Joined(_, address) => ("localhost".to_owned(), format!("{address}\t{hostname}\n")),
        _ => (format!("localhost {hostname}"), String::new()),
    };
    let mut hosts = format!("127.0.0.1\t{local}\n::1\tlocalhost ip6-localhost ip6-loopback\n{own}");
    for (name, address) in &start.spec.hosts {
        let address: &IpAddr = address;
        hosts.push_str(&format!("{address}\t{name}\n"));
    }
    let files = [
        ("/etc/hosts", hosts),
        ("/etc/hostname", format!("{hostname}\n")),
        // There is no network but loopback: a resolver that asks at once learns so at once.
        ("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n".to_owned()),
    ];
    let mut mounts = Vec::new();
    for (path, text) in files {
        let file = format!("{directory}/{}", path.trim_start_matches("/etc/"));
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
        let written = rustix::fs::open(&file, flags, Mode::from_raw_mode(0o644))
            .map_err(std::io::Error::from)
            .and_then(|descriptor| std::fs::File::from(descriptor).write_all(text.as_bytes()));
        written.doing(format!("write {path}"))?;
        mounts.push((path, mounts::clone_of(&file)?));
    }
    Ok(mounts)
}

/// Gives a link the times it had before it was followed.
pub(super) fn restore_times(path: &str, found: &Stat) {
    let times = Timestamps {
        last_access: Timespec { tv_sec: found.st_atime, tv_nsec: found.st_atime_nsec.cast_signed() },
        last_modification: Timespec { tv_sec: found.st_mtime, tv_nsec: found.st_mtime_nsec.cast_signed() },
    };
    let _ = rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW);
}

/// Gives something that was just made the access time of what nothing has read.
pub(super) fn never_read(path: &str) {
    let times = Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: 0 },
        last_modification: Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT },
    };
    let _ = rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW);
}

/// What the run changed, as a file that holds a list in JSON.
pub(super) fn changes(supervised: &Supervised) -> Result<OwnedFd, Failure> {
    let none = || std::io::Error::from_raw_os_error(libc::ESRCH);
    let (changed, made) =
        supervised.changed.as_ref().ok_or_else(none).doing("find the root of the container")?;
    let start = &supervised.start;
    let list = in_namespace(supervised.namespace.as_fd(), || {
        let list = match start.root_kind {
            RootKind::Overlay => changes::of_overlay(changed.as_fd(), &start.root),
            RootKind::Plain => changes::of_copy(changed.as_fd(), &start.root),
        };
        let mut list = list.doing("look for what the run changed")?;
        list.retain(|change| !made.contains(&change.path));
        let file = rustix::fs::memfd_create("casehard-changes", rustix::fs::MemfdFlags::CLOEXEC)
            .doing("make a file in memory")?;
        let mut file = std::fs::File::from(file);
        let text =
            serde_json::to_vec(&list).map_err(std::io::Error::from).doing("write the list of changes")?;
        file.write_all(&text).doing("write the list of changes")?;
        Ok(Some(file.into()))
    })?;
    list.ok_or_else(none).doing("receive the list of changes")
}

/// Removes what the run wrote.
pub(super) fn remove(supervised: &Supervised) {
    let run = &supervised.start.run;
    let _ = in_namespace(supervised.namespace.as_fd(), || {
        store::remove(run).doing("remove what the run wrote")?;
        Ok(None)
    });
    let _ = rustix::fs::rmdir(run);
    let _ = rustix::fs::unlink(format!("{run}.lock"));
}
