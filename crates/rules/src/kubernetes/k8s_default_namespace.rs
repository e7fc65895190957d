//! `k8s-default-namespace`: a resource is put into the default namespace.

use crate::deployment::*;

rule! {
    "k8s-default-namespace", Kubernetes, Low, false,
    "a resource is put into the default namespace",
    ["trivy:KSV-0110", "trivy:KSV-0037", "checkov:CKV_K8S_21", "kube-linter:use-namespace"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for workload in input.pods() {
        if let Some(node) = workload.resource.node.at(&["metadata", "namespace"]).filter(|node| matches!(node.text(), Some("default" | "kube-system"))) {
            report.at(node.range.clone(), format!("{} is put into namespace {}", workload.resource.title(), node.text().unwrap_or_default()));
        }
    }
}
