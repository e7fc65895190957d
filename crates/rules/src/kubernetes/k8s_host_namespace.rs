//! `k8s-host-namespace`: a pod shares a namespace of the node.

use crate::deployment::*;

rule! {
    "k8s-host-namespace", Kubernetes, High, true,
    "a pod shares a namespace of the node",
    ["trivy:KSV-0008", "trivy:KSV-0009", "trivy:KSV-0010", "checkov:CKV_K8S_17", "checkov:CKV_K8S_18", "checkov:CKV_K8S_19", "kube-linter:host-network", "kube-linter:host-pid", "kube-linter:host-ipc", "kubescape:C-0038", "kubescape:C-0041", "pss-baseline:host-namespaces"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for workload in input.pods() {
        for (key, what) in [("hostNetwork", "network"), ("hostPID", "processes"), ("hostIPC", "memory segments")] {
            if let Some(node) = workload.pod.get(key).filter(|node| node.bool() == Some(true)) {
                report
                    .at(node.range.clone(), format!("{} shares the {what} of the node", workload.resource.title()))
                    .evidence_fix("stay apart from the node", vec![replace(node.range.clone(), "false")]);
            }
        }
    }
}
