//! `k8s-privileged-port`: a container listens on a port below 1024.

use crate::deployment::*;

rule! {
    "k8s-privileged-port", Kubernetes, Low, false,
    "a container listens on a port below 1024",
    ["kube-linter:privileged-ports", "trivy:KSV-0117"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        for port in container.node.get("ports").map(Node::items).unwrap_or_default() {
            if let Some(node) = port.get("containerPort").filter(|node| node.integer().is_some_and(|port| port < 1024 && port != 22)) {
                report.at(node.range.clone(), format!("container {} of {} listens on port {}", container.name, workload.resource.title(), node.text().unwrap_or_default()));
            }
        }
    }
}
