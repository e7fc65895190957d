//! `k8s-ssh-port`: a container opens the SSH port.

use crate::deployment::*;

rule! {
    "k8s-ssh-port", Kubernetes, Low, true,
    "a container opens the SSH port",
    ["kube-linter:ssh-port", "kubescape:C-0042"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        for port in container.node.get("ports").map(Node::items).unwrap_or_default() {
            if let Some(node) = port.get("containerPort").filter(|node| node.integer() == Some(22)) {
                report.at(node.range.clone(), format!("container {} of {} opens the SSH port", container.name, workload.resource.title()));
            }
        }
    }
}
