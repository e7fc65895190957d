//! `k8s-privileged`: a container is privileged.

use crate::deployment::*;

rule! {
    "k8s-privileged", Kubernetes, Critical, true,
    "a container is privileged",
    ["trivy:KSV-0017", "checkov:CKV_K8S_16", "kube-linter:privileged-container", "kubescape:C-0057", "polaris:runAsPrivileged", "pss-baseline:privileged-containers"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        if let Some(node) = container.own(&["privileged"]).filter(|node| node.bool() == Some(true)) {
            report
                .at(node.range.clone(), format!("container {} of {} has all rights of the node", container.name, workload.resource.title()))
                .evidence_fix("take the privileges away", vec![replace(node.range.clone(), "false")]);
        }
    }
}
