//! `compose-capability-added`: a service gets a capability that reaches beyond it.

use crate::deployment::*;

rule! {
    "compose-capability-added", Compose, High, true,
    "a service gets a capability that reaches beyond it",
    ["cis:5.4"]
}

/// What Docker gives by default, and what is harmless beside it.
const HARMLESS: [&str; 14] = [
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT", "IPC_LOCK",
];

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        for (name, range) in service.texts("cap_add") {
            let upper = name.to_ascii_uppercase();
            let short = upper.strip_prefix("CAP_").unwrap_or(&upper);
            if !HARMLESS.contains(&short) && !name.contains('$') {
                report.at(range, format!("service {} gets {short}, which reaches beyond the container", service.name));
            }
        }
    }
}
