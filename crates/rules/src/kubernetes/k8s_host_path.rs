//! `k8s-host-path`: a directory of the node is mounted.

use crate::deployment::*;

rule! {
    "k8s-host-path", Kubernetes, High, true,
    "a directory of the node is mounted",
    ["trivy:KSV-0023", "kubescape:C-0045", "kubescape:C-0048", "kube-linter:sensitive-host-mounts", "kube-linter:writable-host-mount", "pss-baseline:hostpath-volumes"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for workload in input.pods() {
        for volume in workload.pod.get("volumes").map(Node::items).unwrap_or_default() {
            let Some(entry) = volume.entry("hostPath") else { continue };
            let path = entry.node.get("path").and_then(Node::text).unwrap_or_default();
            if runtime_socket(path) {
                continue;
            }
            let found = report.at(entry.key_range.clone(), format!("{} mounts {path} of the node", workload.resource.title()));
            if sensitive_place(path) {
                found.severity(casehard_finding::Severity::Critical);
            }
        }
    }
}
