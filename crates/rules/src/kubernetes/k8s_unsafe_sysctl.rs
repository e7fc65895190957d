//! `k8s-unsafe-sysctl`: a kernel setting beyond the pod's own is changed.

use crate::deployment::*;

rule! {
    "k8s-unsafe-sysctl", Kubernetes, Medium, true,
    "a kernel setting beyond the pod's own is changed",
    ["trivy:KSV-0026", "kube-linter:unsafe-sysctls", "pss-baseline:sysctls"]
}

/// What the baseline of the Pod Security Standards lets through.
const SAFE: [&str; 10] = [
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
];

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for workload in input.pods() {
        for sysctl in workload.pod.at(&["securityContext", "sysctls"]).map(Node::items).unwrap_or_default() {
            let Some(name) = sysctl.get("name") else { continue };
            if name.text().is_some_and(|text| !SAFE.contains(&text)) {
                report.at(name.range.clone(), format!("{} changes {} of the node", workload.resource.title(), name.text().unwrap_or_default()));
            }
        }
    }
}
