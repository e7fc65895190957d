//! `k8s-unlimited-memory`: a container may use all memory.

use crate::deployment::*;

rule! {
    "k8s-unlimited-memory", Kubernetes, Medium, true,
    "a container may use all memory",
    ["trivy:KSV-0018", "checkov:CKV_K8S_13", "kube-linter:unset-memory-requirements", "kubescape:C-0271", "polaris:memoryLimitsMissing"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        let pod_wide = container.pod.at(&["resources", "limits", "memory"]).is_some();
        if container.kind != ContainerKind::Ephemeral && !pod_wide && container.node.at(&["resources", "limits", "memory"]).is_none() {
            report.at(container.range(), format!("container {} of {} may use all memory", container.name, workload.resource.title()));
        }
    }
}
