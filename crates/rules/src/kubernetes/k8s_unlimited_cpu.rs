//! `k8s-unlimited-cpu`: a container may use all processors.

use crate::deployment::*;

rule! {
    "k8s-unlimited-cpu", Kubernetes, Low, false,
    "a container may use all processors",
    ["trivy:KSV-0011", "checkov:CKV_K8S_11", "kubescape:C-0270", "polaris:cpuLimitsMissing"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        let pod_wide = container.pod.at(&["resources", "limits", "cpu"]).is_some();
        if container.kind != ContainerKind::Ephemeral && !pod_wide && container.node.at(&["resources", "limits", "cpu"]).is_none() {
            report.at(container.range(), format!("container {} of {} may use all processors", container.name, workload.resource.title()));
        }
    }
}
