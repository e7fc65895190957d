//! `k8s-host-port`: a container takes a port of the node.

use crate::deployment::*;

rule! {
    "k8s-host-port", Kubernetes, Medium, true,
    "a container takes a port of the node",
    ["trivy:KSV-0024", "checkov:CKV_K8S_26", "kubescape:C-0044", "pss-baseline:host-ports"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        for port in container.node.get("ports").map(Node::items).unwrap_or_default() {
            if let Some(node) = port.get("hostPort").filter(|node| node.integer().is_some_and(|port| port != 0)) {
                report.at(node.range.clone(), format!("container {} of {} takes a port of the node", container.name, workload.resource.title()));
            }
        }
    }
}
