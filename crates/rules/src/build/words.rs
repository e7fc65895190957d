//! What words of instructions are: addresses, archives, ports.

use std::ops::RangeInclusive;

/// Whether `ADD` fetches this.
pub(crate) fn is_address(path: &str) -> bool {
    ["http://", "https://", "git://", "git@", "ssh://", "ftp://"].iter().any(|start| path.starts_with(start))
        || path.starts_with("github.com/")
}

/// Whether `ADD` unpacks this.
pub(crate) fn is_archive(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    [
        ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz", ".tar.zst", ".tzst",
        ".gz", ".bz2", ".xz", ".zst",
    ]
    .iter()
    .any(|end| lower.ends_with(end))
}

/// The ports of `EXPOSE`: `80`, `80/tcp`, `80-90/udp`.
pub(crate) fn ports(text: &str) -> Option<RangeInclusive<u32>> {
    let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    if !["tcp", "udp", "sctp"].contains(&protocol.to_ascii_lowercase().as_str()) {
        return None;
    }
    let (low, high) = range.split_once('-').unwrap_or((range, range));
    Some(low.parse().ok()?..=high.parse().ok()?)
}
