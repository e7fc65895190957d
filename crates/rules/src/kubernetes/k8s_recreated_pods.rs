//! `k8s-recreated-pods`: all pods are stopped before new ones are started.

use crate::deployment::*;

rule! {
    "k8s-recreated-pods", Kubernetes, Info, false,
    "all pods are stopped before new ones are started",
    ["kube-linter:no-rolling-update-strategy", "kube-score:deployment-strategy"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for workload in input.pods().filter(|workload| workload.resource.kind == "Deployment") {
        let strategy = workload.resource.node.at(&["spec", "strategy", "type"]);
        if let Some(node) = strategy.filter(|node| node.text() == Some("Recreate")) {
            report.at(node.range.clone(), format!("{} is away while it is updated", workload.resource.title()));
        }
    }
}
