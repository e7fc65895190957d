//! `k8s-no-requests`: a container does not say what it needs.

use crate::deployment::*;

rule! {
    "k8s-no-requests", Kubernetes, Low, true,
    "a container does not say what it needs",
    ["trivy:KSV-0015", "trivy:KSV-0016", "checkov:CKV_K8S_10", "checkov:CKV_K8S_12", "kube-linter:unset-cpu-requirements", "kubescape:C-0268", "kubescape:C-0269"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        let says = |what: &str| ["requests", "limits"].iter().any(|kind| container.node.at(&["resources", kind, what]).is_some() || container.pod.at(&["resources", kind, what]).is_some());
        let missing: Vec<&str> = ["cpu", "memory"].into_iter().filter(|what| !says(what)).collect();
        if container.kind == ContainerKind::Main && !missing.is_empty() {
            report.at(container.range(), format!("container {} of {} does not say how much {} it needs", container.name, workload.resource.title(), missing.join(" and ")));
        }
    }
}
