//! `k8s-single-replica`: a deployment has one pod.

use crate::deployment::*;

rule! {
    "k8s-single-replica", Kubernetes, Info, false,
    "a deployment has one pod",
    ["kube-linter:minimum-three-replicas", "kube-score:deployment-replicas", "polaris:deploymentMissingReplicas"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for workload in input.pods().filter(|workload| workload.resource.kind == "Deployment") {
        let replicas = workload.resource.node.at(&["spec", "replicas"]);
        // What something else scales states no number.
        if let Some(node) = replicas.filter(|node| node.integer() == Some(1)) {
            report.at(node.range.clone(), format!("{} is away while its one pod moves to another node", workload.resource.title()));
        }
    }
}
