//! `k8s-capability-regained`: a container gets a capability other than NET_BIND_SERVICE.

use crate::deployment::*;

rule! {
    "k8s-capability-regained", Kubernetes, Medium, true,
    "a container gets a capability other than NET_BIND_SERVICE",
    ["pss-restricted:capabilities-add", "trivy:KSV-0106"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    const DEFAULT: [&str; 12] = ["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"];
    for (workload, container) in input.containers() {
        for node in container.own(&["capabilities", "add"]).map(Node::items).unwrap_or_default() {
            if let Some(name) = node.text().filter(|name| DEFAULT.contains(name)) {
                report.at(node.range.clone(), format!("container {} of {} gets {name} back", container.name, workload.resource.title()));
            }
        }
    }
}
