//! The filter that sends system calls to the recorder.

use std::collections::{BTreeMap, BTreeSet};

use casehard_engine::{
    seccomp::{Architecture, Comparison, Condition, Rules, Verdict, assemble, call_name, call_number},
    supervisor::Operation,
};

use crate::{Mode, call::FREQUENT};

/// Calls that would make others unseen: programs do without them when they are told that there are none.
const DENIED: [&str; 3] = ["io_uring_setup", "io_uring_enter", "io_uring_register"];

/// The filter of a mode: every call but the frequent ones comes to the recorder; in the light mode also not opening
/// for reading, which leaves an access time.
pub(crate) fn filter(mode: Mode) -> Vec<Operation> {
    let rules: Vec<Rules> =
        Architecture::of_this_machine().iter().map(|&architecture| rules(architecture, mode)).collect();
    // In an architecture that nobody knows nothing could be seen.
    assemble(&rules, Verdict::KillProcess)
}

fn rules(architecture: Architecture, mode: Mode) -> Rules {
    let mut calls: BTreeMap<u32, Vec<(Vec<Condition>, Verdict)>> = BTreeMap::new();
    let mut rule = |name: &str, conditions: Vec<Condition>, verdict| {
        if let Some(number) = call_number(architecture, name) {
            calls.entry(number).or_default().push((conditions, verdict));
        }
    };
    for name in FREQUENT {
        rule(name, Vec::new(), Verdict::Allow);
    }
    for name in DENIED {
        rule(name, Vec::new(), Verdict::Errno(libc::ENOSYS as u16));
    }
    // These very flags are how C libraries and Rust write `fstat`.
    for (name, flags) in [("newfstatat", 3), ("fstatat64", 3), ("statx", 2)] {
        let empty =
            Condition { argument: flags, comparison: Comparison::Equal, value: libc::AT_EMPTY_PATH as u64 };
        let current = libc::AT_FDCWD as u32;
        let open =
            Condition { argument: 0, comparison: Comparison::Masked(0xffff_ffff), value: u64::from(current) };
        rule(name, vec![open], Verdict::Notify);
        rule(name, vec![empty], Verdict::Allow);
    }
    if mode == Mode::Light {
        for (name, flags) in [("open", 1), ("openat", 2)] {
            let other = libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC | libc::O_PATH | libc::O_DIRECTORY;
            let mask = u64::from(other.cast_unsigned());
            let reading = Condition { argument: flags, comparison: Comparison::Masked(mask), value: 0 };
            rule(name, vec![reading], Verdict::Allow);
        }
        for name in ["getdents", "getdents64"] {
            rule(name, Vec::new(), Verdict::Allow);
        }
    }
    Rules { architecture, calls, otherwise: Verdict::Notify, unknown: Verdict::Errno(libc::ENOSYS as u16) }
}

/// The filter of the full mode as `linux.seccomp` of the OCI runtime specification has it, which is also what Docker and
/// Podman take for a profile: listened to at `socket`. What is not recorded is allowed, as without a profile.
#[must_use]
pub fn oci_filter(socket: &str) -> String {
    let own = Architecture::of_this_machine();
    let conditional = [("newfstatat", 3), ("fstatat64", 3), ("statx", 2)];
    let names: BTreeSet<&str> = own
        .iter()
        .flat_map(|&architecture| (0..1024).filter_map(move |number| call_name(architecture, number)))
        .filter(|name| !FREQUENT.contains(name) && !DENIED.contains(name))
        .filter(|name| !conditional.iter().any(|(known, _)| known == name))
        .collect();
    let mut rules = vec![
        serde_json::json!({ "names": DENIED, "action": "SCMP_ACT_ERRNO", "errnoRet": libc::ENOSYS }),
        serde_json::json!({ "names": names, "action": "SCMP_ACT_NOTIFY" }),
    ];
    rules.extend(conditional.map(|(name, flags)| {
        let other = serde_json::json!({ "index": flags, "value": libc::AT_EMPTY_PATH, "op": "SCMP_CMP_NE" });
        serde_json::json!({ "names": [name], "action": "SCMP_ACT_NOTIFY", "args": [other] })
    }));
    let architectures: &[&str] = if cfg!(target_arch = "aarch64") {
        &["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
    } else {
        &["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    };
    let whole = serde_json::json!({
        "defaultAction": "SCMP_ACT_ALLOW",
        "architectures": architectures,
        "listenerPath": socket,
        "syscalls": rules,
    });
    format!("{whole:#}\n")
}

/// The frequent calls that a mode does not look at, by name: those of this machine's own architecture.
pub(crate) fn unseen(mode: Mode) -> impl Iterator<Item = &'static str> {
    let own = Architecture::of_this_machine()[0];
    let light: &[&str] = if mode == Mode::Light { &["open", "openat", "getdents64"] } else { &[] };
    FREQUENT.into_iter().chain(light.iter().copied()).filter(move |name| call_number(own, name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Call, call};

    #[test]
    fn the_program_fits_the_kernel_and_hides_no_path() {
        for mode in [Mode::Full, Mode::Light] {
            assert!(filter(mode).len() < 4096);
        }
        for name in FREQUENT {
            assert_eq!(call(name), Call::Other, "{name} is not looked at");
        }
    }
}
