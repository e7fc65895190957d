//! `k8s-capability-added`: a container gets a capability beyond the default.

use crate::deployment::*;

rule! {
    "k8s-capability-added", Kubernetes, High, true,
    "a container gets a capability beyond the default",
    ["trivy:KSV-0022", "trivy:KSV-0005", "checkov:CKV_K8S_25", "checkov:CKV_K8S_39", "kubescape:C-0046", "pss-baseline:capabilities"]
}

/// What the baseline of the Pod Security Standards lets through.
const BASELINE: [&str; 13] = [
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
];

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        for node in container.own(&["capabilities", "add"]).map(Node::items).unwrap_or_default() {
            let Some(name) = node.text() else { continue };
            if !BASELINE.contains(&name) {
                report.at(node.range.clone(), format!("container {} of {} gets {name}", container.name, workload.resource.title()));
            }
        }
    }
}
