//! `k8s-host-users`: a pod shares the users of the node.

use crate::deployment::*;

rule! {
    "k8s-host-users", Kubernetes, Info, false,
    "a pod shares the users of the node",
    []
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for workload in input.pods() {
        if workload.pod.get("hostUsers").and_then(Node::bool) != Some(false) {
            report.at(workload.pod_key.clone(), format!("{} shares the users of the node", workload.resource.title()));
        }
    }
}
