//! The Compose file (Compose specification, `05-services.md`).

use std::fmt::Write as _;

use super::{Runtime, WritableKind};

/// A Compose file that runs `image` as service `name` under the controls, with `seccomp` as the profile's file name.
#[must_use]
pub fn compose(runtime: &Runtime, name: &str, image: &str, seccomp: &str) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "services:\n  {name}:\n    image: {}", quote(image));
    let _ = writeln!(text, "    user: \"{}:{}\"", runtime.uid, runtime.gid);
    if runtime.read_only {
        text.push_str("    read_only: true\n");
    }
    text.push_str("    cap_drop: [ALL]\n");
    if !runtime.capabilities.is_empty() {
        text.push_str("    cap_add:\n");
        for (capability, operations) in &runtime.capabilities {
            let operations: Vec<_> = operations.iter().map(String::as_str).collect();
            let bare = capability.strip_prefix("CAP_").unwrap_or(capability);
            let _ = writeln!(text, "      - {bare}   # {}", operations.join("; ").replace(['\n', '\r'], " "));
        }
    }
    let _ = writeln!(
        text,
        "    security_opt:\n      - no-new-privileges:true\n      - {}",
        quote(&format!("seccomp:{seccomp}"))
    );
    let of = |kind| {
        runtime.writable.iter().filter(move |(_, writable)| writable.kind == kind).map(|(path, _)| path)
    };
    if of(WritableKind::Tmpfs).next().is_some() {
        text.push_str("    tmpfs:\n");
        for path in of(WritableKind::Tmpfs) {
            let mode = if is_shared(path) { "1777" } else { "0755" };
            // Not said, Docker mounts it `noexec`.
            let exec = if runtime.writable[path].exec { ",exec" } else { "" };
            let options = format!("{path}:uid={},gid={},mode={mode}{exec}", runtime.uid, runtime.gid);
            let _ = writeln!(text, "      - {}", quote(&options));
        }
    }
    let volumes: Vec<_> = of(WritableKind::Volume).map(|path| (volume_name(name, path), path)).collect();
    if !volumes.is_empty() {
        text.push_str("    volumes:\n");
        for (volume, path) in &volumes {
            let _ = writeln!(text, "      - {}", quote(&format!("{volume}:{path}")));
        }
    }
    if runtime.has_low_port() {
        text.push_str("    sysctls:\n      net.ipv4.ip_unprivileged_port_start: \"0\"\n");
    }
    if !runtime.ports.is_empty() {
        text.push_str("    expose:\n");
        for port in &runtime.ports {
            let _ = writeln!(text, "      - {}", quote(port));
        }
    }
    if !volumes.is_empty() {
        text.push_str("volumes:\n");
        for (volume, _) in &volumes {
            let _ = writeln!(text, "  {volume}: {{}}");
        }
    }
    text
}

/// Whether a directory is by custom shared by all users.
#[must_use]
pub fn is_shared(path: &casehard_oci::RootPath) -> bool {
    matches!(path.as_bytes(), b"tmp" | b"var/tmp" | b"dev/shm" | b"run/lock" | b"var/lock")
}

/// A volume name made of the path: letters, digits and `-`.
pub(super) fn volume_name(name: &str, path: &casehard_oci::RootPath) -> String {
    let mut text = name.to_owned();
    for component in path.components() {
        text.push('-');
        text.extend(component.iter().map(|byte| {
            if byte.is_ascii_alphanumeric() { char::from(byte.to_ascii_lowercase()) } else { '-' }
        }));
    }
    text
}

/// A YAML double-quoted scalar (YAML 1.2.2, section 7.3.1): JSON strings are such.
pub(super) fn quote(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
