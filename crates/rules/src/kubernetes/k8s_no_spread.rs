//! `k8s-no-spread`: all pods of a workload may run on one node.

use crate::deployment::*;

rule! {
    "k8s-no-spread", Kubernetes, Info, false,
    "all pods of a workload may run on one node",
    ["kube-linter:no-anti-affinity", "kube-score:deployment-has-host-podantiaffinity", "polaris:topologySpreadConstraint"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for workload in input.pods().filter(|workload| matches!(workload.resource.kind.as_str(), "Deployment" | "StatefulSet")) {
        let Some(replicas) = workload.resource.node.at(&["spec", "replicas"]).filter(|node| node.integer().is_some_and(|count| count > 1)) else { continue };
        let spread = workload.pod.at(&["affinity", "podAntiAffinity"]).is_some() || workload.pod.get("topologySpreadConstraints").is_some_and(|constraints| !constraints.items().is_empty());
        if !spread {
            report.at(replicas.range.clone(), format!("nothing keeps the pods of {} on different nodes", workload.resource.title()));
        }
    }
}
