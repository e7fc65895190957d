//! The profile as a document.
//!
//! The form is Docker's (`moby` `profiles/seccomp`), which Podman and CRI-O read too. Containerd reads the OCI form,
//! of which everything here but the comments and the map of architectures is part. System calls are given by name, so one profile
//! serves both architectures; a name that a machine does not know is passed over.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    runtimes::{FILES, HAS_SOCKETS, NETWORK, PROCESS, RUNTIMES},
    same::SAME,
};
use crate::Breadth;

/// Flags of `clone` that make namespaces (`linux/sched.h`): `NEWNS`, `NEWCGROUP`, `NEWUTS`, `NEWIPC`, `NEWUSER`,
/// `NEWPID`, `NEWNET`.
const NEW_NAMESPACES: u64 = 0x7e02_0000;
/// Programs that call these make or enter namespaces on purpose.
const NAMESPACES: [&str; 2] = ["unshare", "setns"];
const EPERM: u32 = 1;
const ENOSYS: u32 = 38;

/// Calls that Linux has had only since 5.1, when all architectures began to count alike (424 and up). Libraries try
/// them and fall back to older ones where the kernel has none, which they know by `ENOSYS` and by nothing else.
const RECENT: &[&str] = &[
    "cachestat",
    "clone3",
    "close_range",
    "epoll_pwait2",
    "faccessat2",
    "fchmodat2",
    "file_getattr",
    "file_setattr",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "futex_requeue",
    "futex_wait",
    "futex_waitv",
    "futex_wake",
    "getxattrat",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "landlock_add_rule",
    "landlock_create_ruleset",
    "landlock_restrict_self",
    "listmount",
    "listxattrat",
    "lsm_get_self_attr",
    "lsm_list_modules",
    "lsm_set_self_attr",
    "map_shadow_stack",
    "memfd_secret",
    "mount_setattr",
    "move_mount",
    "mseal",
    "open_tree",
    "open_tree_attr",
    "openat2",
    "pidfd_getfd",
    "pidfd_open",
    "pidfd_send_signal",
    "process_madvise",
    "process_mrelease",
    "quotactl_fd",
    "removexattrat",
    "set_mempolicy_home_node",
    "setxattrat",
    "statmount",
];

/// All system calls that a profile of `seen` allows, sorted.
#[must_use]
pub fn allowed(seen: &BTreeSet<String>, breadth: Breadth) -> BTreeSet<&str> {
    groups(seen, breadth).into_iter().flat_map(|(_, names)| names).collect()
}

/// What is allowed, by the reason why; each name stands once, with the first reason.
fn groups(seen: &BTreeSet<String>, breadth: Breadth) -> Vec<(String, BTreeSet<&str>)> {
    let mut groups =
        vec![("what the application did".to_owned(), with_same(seen.iter().map(String::as_str)))];
    let [files, sockets] = by_rule(seen, breadth);
    let rules = [
        ("what every process does", PROCESS),
        ("what is done with files", files),
        ("what is done with sockets", sockets),
    ];
    let rules = rules.into_iter().filter(|(_, calls)| !calls.is_empty());
    groups.extend(rules.map(|(what, calls)| (what.to_owned(), with_same(calls.iter().copied()))));
    groups.extend(RUNTIMES.iter().map(|(who, calls)| (who.to_string(), with_same(calls.iter().copied()))));
    let mut known = BTreeSet::new();
    for (_, names) in &mut groups {
        names.retain(|name| known.insert(*name));
        // `clone` has a condition, and `clone3` has one that a filter cannot look at.
        if !makes_namespaces(seen) {
            names.remove("clone3");
        }
    }
    groups
}

pub(super) fn makes_namespaces(seen: &BTreeSet<String>) -> bool {
    NAMESPACES.iter().any(|name| seen.contains(*name))
}

/// The calls on files and those on sockets that are allowed whether or not they were made.
pub(super) fn by_rule(seen: &BTreeSet<String>, breadth: Breadth) -> [&'static [&'static str]; 2] {
    match breadth {
        Breadth::Seen => [&[], &[]],
        Breadth::Rules if has_sockets(seen) => [FILES, NETWORK],
        Breadth::Rules => [FILES, &[]],
    }
}

fn has_sockets(seen: &BTreeSet<String>) -> bool {
    HAS_SOCKETS.iter().any(|name| seen.contains(*name))
}

fn with_same<'a>(names: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut all: BTreeSet<&str> = names.collect();
    for group in SAME {
        if group.iter().any(|name| all.contains(name)) {
            all.extend(*group);
        }
    }
    all
}

/// The seccomp profile for an application whose system calls were `seen`.
///
/// Everything else fails: with `ENOSYS` where the call is so new that libraries do without it, with `EPERM` otherwise. As in
/// Docker's own profile `clone` makes no namespaces, unless the application was seen to make some, and `clone3`, whose flags no
/// filter can see, falls back to it. The profile serves x86-64 (without its 32-bit modes) and 64-bit Arm.
#[must_use]
pub fn seccomp(seen: &BTreeSet<String>, breadth: Breadth) -> Value {
    let mut rules = Vec::new();
    let mut known = BTreeSet::new();
    for (why, mut names) in groups(seen, breadth) {
        known.extend(names.iter().copied());
        if !makes_namespaces(seen) {
            names.remove("clone");
        }
        if !names.is_empty() {
            rules.push(json!({ "names": names, "action": "SCMP_ACT_ALLOW", "comment": why }));
        }
    }
    if !makes_namespaces(seen) {
        rules.push(json!({
            "names": ["clone"],
            "action": "SCMP_ACT_ALLOW",
            "args": [{ "index": 0, "value": NEW_NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }],
            "comment": "processes and threads, no namespaces",
        }));
    }
    let recent: Vec<&str> = RECENT.iter().copied().filter(|name| !known.contains(name)).collect();
    rules.push(json!({
        "names": recent,
        "action": "SCMP_ACT_ERRNO",
        "errnoRet": ENOSYS,
        "comment": "new calls that libraries do without",
    }));
    json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": EPERM,
        "archMap": [
            { "architecture": "SCMP_ARCH_X86_64", "subArchitectures": [] },
            { "architecture": "SCMP_ARCH_AARCH64", "subArchitectures": [] }
        ],
        "syscalls": rules,
    })
}

#[cfg(test)]
mod tests {
    use casehard_engine::seccomp::{Architecture, call_name, call_number};

    use super::*;

    fn seen(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn one_of_a_family_brings_the_others_and_nothing_else() {
        let seen = seen(&["accept", "bind"]);
        let allowed = allowed(&seen, Breadth::Rules);
        assert!(allowed.contains("accept4") && allowed.contains("bind") && allowed.contains("execveat"));
        for dangerous in DANGEROUS {
            assert!(call_number(Architecture::X86_64, dangerous).is_some(), "{dangerous} is no call");
            assert!(!allowed.contains(dangerous), "{dangerous}");
        }
    }

    /// Ways into the kernel, out of the container, or to what others have.
    const DANGEROUS: &[&str] = &[
        "acct",
        "add_key",
        "adjtimex",
        "bpf",
        "chroot",
        "clock_settime",
        "clone3",
        "delete_module",
        "fanotify_init",
        "finit_module",
        "fsopen",
        "init_module",
        "io_uring_setup",
        "ioperm",
        "iopl",
        "kcmp",
        "kexec_load",
        "keyctl",
        "lookup_dcookie",
        "mbind",
        "mount",
        "move_mount",
        "move_pages",
        "name_to_handle_at",
        "open_by_handle_at",
        "open_tree",
        "perf_event_open",
        "personality",
        "pidfd_getfd",
        "pivot_root",
        "process_vm_readv",
        "process_vm_writev",
        "ptrace",
        "quotactl",
        "reboot",
        "request_key",
        "setdomainname",
        "sethostname",
        "setns",
        "settimeofday",
        "swapon",
        "syslog",
        "umount2",
        "unshare",
        "userfaultfd",
        "vhangup",
        "vmsplice",
    ];

    #[test]
    fn the_next_request_may_take_another_path() {
        // `sem_open`, `git init`, a log that is rotated, a pool of processes, a shell's job: nobody made these in the run.
        let nothing = seen(&[]);
        let plain = allowed(&nothing, Breadth::Rules);
        for name in ["link", "rename", "unlink", "ftruncate", "flock", "poll", "pipe2", "socketpair", "kill"]
        {
            assert!(plain.contains(name), "{name}");
        }
        // Who has no sockets makes none; who has one may use it either way round.
        assert!(!plain.contains("socket") && !plain.contains("connect") && !plain.contains("listen"));
        let client = seen(&["connect"]);
        assert!(allowed(&client, Breadth::Rules).is_superset(&NETWORK.iter().copied().collect()));
    }

    #[test]
    fn the_narrow_profile_holds_what_was_made_and_what_every_process_needs() {
        let made = seen(&["accept", "openat", "io_uring_setup"]);
        let narrow = allowed(&made, Breadth::Seen);
        assert!(narrow.is_subset(&allowed(&made, Breadth::Rules)));
        for name in ["accept4", "open", "io_uring_setup", "futex", "exit_group", "capset"] {
            assert!(narrow.contains(name), "{name}");
        }
        for name in ["rename", "unlink", "connect", "ftruncate"] {
            assert!(!narrow.contains(name), "{name}");
        }
    }

    #[test]
    fn names_stand_once() {
        for table in [PROCESS, FILES, NETWORK].into_iter().chain(RUNTIMES.iter().map(|(_, calls)| *calls)) {
            assert_eq!(table.iter().collect::<BTreeSet<_>>().len(), table.len());
        }
        let all: Vec<_> = SAME.iter().flat_map(|group| group.iter()).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        let profile = seccomp(&seen(&["accept4", "io_uring_setup", "kill"]), Breadth::Rules);
        let rules = profile["syscalls"].as_array().unwrap();
        let names: Vec<_> = rules
            .iter()
            .flat_map(|rule| rule["names"].as_array().unwrap())
            .map(|name| name.as_str().unwrap())
            .collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn namespaces_are_for_those_who_make_them() {
        let rule = |profile: &Value, name: &str| {
            let rules = profile["syscalls"].as_array().unwrap().clone();
            rules.into_iter().find(|rule| rule["names"].as_array().unwrap().contains(&json!(name)))
        };
        let plain = seccomp(&seen(&["read"]), Breadth::Rules);
        assert_eq!(rule(&plain, "clone").unwrap()["args"][0]["op"], "SCMP_CMP_MASKED_EQ");
        assert_eq!(rule(&plain, "clone3").unwrap()["errnoRet"], ENOSYS);
        let maker = seccomp(&seen(&["unshare"]), Breadth::Rules);
        assert!(rule(&maker, "clone").unwrap()["args"].is_null());
        assert_eq!(rule(&maker, "clone3").unwrap()["action"], "SCMP_ACT_ALLOW");
    }

    #[test]
    fn new_calls_are_those_that_all_architectures_number_alike() {
        let all: BTreeSet<&str> =
            (424..1000).filter_map(|number| call_name(Architecture::X86_64, number)).collect();
        assert_eq!(all, RECENT.iter().copied().collect());
    }

    /// A profile that was learned on x86-64 must hold on 64-bit Arm: what only the one has must have a name on the other.
    #[test]
    fn what_only_one_architecture_has_is_in_a_family_with_what_the_other_has() {
        // Of the processor itself, or gone from every kernel.
        let without = [
            "_sysctl",
            "afs_syscall",
            "arch_prctl",
            "create_module",
            "epoll_ctl_old",
            "epoll_wait_old",
            "get_kernel_syms",
            "get_thread_area",
            "getpmsg",
            "ioperm",
            "iopl",
            "map_shadow_stack",
            "modify_ldt",
            "putpmsg",
            "query_module",
            "security",
            "set_thread_area",
            "sysfs",
            "tuxcall",
            "uretprobe",
            "uselib",
            "ustat",
            "vserver",
        ];
        for number in 0..600 {
            let Some(name) = call_name(Architecture::X86_64, number) else { continue };
            if call_number(Architecture::Aarch64, name).is_some() || without.contains(&name) {
                continue;
            }
            let family = SAME.iter().find(|group| group.contains(&name));
            let other = family.is_some_and(|group| {
                group.iter().any(|name| call_number(Architecture::Aarch64, name).is_some())
            });
            assert!(other, "{name}");
        }
    }
}
