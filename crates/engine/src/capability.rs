//! Capabilities by name (`capabilities(7)`).

use rustix::thread::CapabilitySet;

/// Names in the order of their numbers.
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// What Docker and Podman leave to a container that is told nothing.
pub const DEFAULT_CAPABILITIES: [&str; 14] = [
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

/// The number of a capability, with or without `CAP_`, in any case.
#[must_use]
pub fn capability_number(name: &str) -> Option<u32> {
    let upper = name.to_ascii_uppercase();
    let bare = upper.strip_prefix("CAP_").unwrap_or(&upper);
    NAMES.iter().position(|known| *known == bare).and_then(|number| u32::try_from(number).ok())
}

/// The names of the capabilities of a set, one bit each, by number; one without a name is shown by its number.
#[must_use]
pub fn capability_names(set: u64) -> Vec<String> {
    let numbers = (0..64_usize).filter(|number| set >> number & 1 == 1);
    numbers
        .map(|number| NAMES.get(number).map_or_else(|| number.to_string(), |name| format!("CAP_{name}")))
        .collect()
}

/// The set of these; the first unknown name otherwise.
pub(crate) fn set(names: &[String]) -> Result<CapabilitySet, String> {
    names.iter().try_fold(CapabilitySet::empty(), |set, name| {
        if name.eq_ignore_ascii_case("ALL") {
            return Ok(CapabilitySet::all());
        }
        let number = capability_number(name).ok_or_else(|| name.clone())?;
        Ok(set | CapabilitySet::from_bits_retain(1 << number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_numbers_of_the_kernel() {
        for (name, number) in [("CAP_CHOWN", 0), ("net_bind_service", 10), ("SYS_ADMIN", 21), ("CAP_BPF", 39)]
        {
            assert_eq!(capability_number(name), Some(number), "{name}");
        }
        assert_eq!(capability_number("CAP_FLY"), None);
        assert_eq!(capability_names(1 | 1 << 10 | 1 << 50), ["CAP_CHOWN", "CAP_NET_BIND_SERVICE", "50"]);
        let set = set(&["CAP_SYS_CHROOT".to_owned()]).unwrap();
        assert_eq!(set, CapabilitySet::SYS_CHROOT);
        assert!(DEFAULT_CAPABILITIES.iter().all(|name| capability_number(name).is_some()));
    }
}
