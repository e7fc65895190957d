//! Images and places of the host that both kinds of files name.

use std::ops::Range;

use casehard_deploy::interpolate;

use crate::{build::ImageName, report::Report};

/// What is wrong with how an image is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pin {
    /// No tag, or `latest`.
    Moving,
    /// No digest.
    NoDigest,
}

/// Reports images that are named in a way that `pin` does not allow.
pub(crate) fn images<'a>(
    found: impl Iterator<Item = (&'a str, Range<usize>)>,
    pin: Pin,
    report: &mut Report<'_>,
) {
    for (text, range) in found {
        let Some(image) = interpolate(text).text.filter(|image| !image.is_empty()) else { continue };
        let name = ImageName::parse(&image);
        if name.digest.is_some() {
            continue;
        }
        match (pin, name.tag) {
            (Pin::Moving, None) => {
                report.at(range, format!("{image} has no tag, so whatever is newest is run"));
            }
            (Pin::Moving, Some("latest")) => {
                report.at(range, format!("{image} moves whenever its maker pushes"));
            }
            (Pin::NoDigest, Some(tag)) if tag != "latest" => {
                report.at(range, format!("{image} has no digest, so its bytes may change"));
            }
            _ => {}
        }
    }
}

/// Whether a path of the host is the socket of a container runtime.
pub(crate) fn runtime_socket(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    ["docker.sock", "containerd.sock", "crio.sock", "podman.sock", "dockershim.sock", "cri-dockerd.sock"]
        .iter()
        .any(|name| path.rsplit('/').next() == Some(name))
        || matches!(path, "/var/run" | "/run")
}

/// Whether a path of the host is one that gives the host away.
pub(crate) fn sensitive_place(path: &str) -> bool {
    const PLACES: [&str; 15] = [
        "/boot",
        "/dev",
        "/etc",
        "/home",
        "/lib",
        "/lib64",
        "/proc",
        "/root",
        "/sys",
        "/usr",
        "/var/lib/docker",
        "/var/lib/kubelet",
        "/var/lib/containerd",
        "/var/log",
        "/bin",
    ];
    let path = path.trim_end_matches('/');
    // Single harmless files below are common, such as the time zone.
    let harmless = [
        "/etc/localtime",
        "/etc/timezone",
        "/etc/ssl",
        "/etc/pki",
        "/usr/share/zoneinfo",
        "/etc/ca-certificates",
    ];
    path.is_empty()
        || PLACES.contains(&path)
        || (["/etc/", "/proc/", "/sys/", "/dev/", "/root/", "/boot/"]
            .iter()
            .any(|start| path.starts_with(start))
            && !harmless.iter().any(|start| path.starts_with(start)))
}
