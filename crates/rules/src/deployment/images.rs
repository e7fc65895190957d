//! Images and places of the host that both kinds of files name.

use std::ops::Range;

use casehard_deploy::interpolate;

use crate::{
    Evidence,
    build::ImageName,
    report::{Report, insert},
};

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
    source: &str,
    found: impl Iterator<Item = (&'a str, Range<usize>)>,
    pin: Pin,
    evidence: &Evidence,
    report: &mut Report<'_>,
) {
    for (text, range) in found {
        let Some(image) = interpolate(text).text.filter(|image| !image.is_empty()) else { continue };
        let name = ImageName::parse(&image);
        if name.digest.is_some() {
            continue;
        }
        let message = match (pin, name.tag) {
            (Pin::Moving, None) => format!("{image} has no tag, so whatever is newest is run"),
            (Pin::Moving, Some("latest")) => format!("{image} moves whenever its maker pushes"),
            (Pin::NoDigest, Some(tag)) if tag != "latest" => {
                format!("{image} has no digest, so its bytes may change")
            }
            _ => continue,
        };
        let end = range.end;
        let found = report.at(range, message);
        if let Some(digest) = evidence.digests.get(text).filter(|_| pin == Pin::NoDigest) {
            // Inside the quotation marks, when there are some.
            let quoted = source.get(..end).is_some_and(|before| before.ends_with(['"', '\'']));
            let at = end - usize::from(quoted);
            found.evidence_fix(
                format!("pin {image} to {}", short(digest)),
                vec![insert(at, format!("@{digest}"))],
            );
        }
    }
}

/// The start of a digest, for people.
pub(crate) fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
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
